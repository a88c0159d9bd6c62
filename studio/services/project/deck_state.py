"""What a listener has said about the candidates: the pick, favourites, stars, notes, what is hidden, the blind order.

Immutable, so that undo is a list of earlier states. Poor fits are hidden until the listener says otherwise; what is
heard, picked, liked or rated stays in sight, and nothing is ever deleted.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

MOST_STARS = 5
#: How far below the vocal all candidates are matched: about where the generator's own mix lies.
MATCH_LU = 1.0
#: Beyond this a candidate is not matched but at fault.
MOST_MATCH_DB = 15.0


@dataclass(frozen=True)
class Remark:
    """About one candidate. `stars` 0 is unrated; `hidden` None leaves it to the fit report."""

    favourite: bool = False
    stars: int = 0
    note: str = ""
    hidden: bool | None = None


_NOTHING = Remark()


@dataclass(frozen=True)
class DeckState:
    """Remarks by candidate number, and the number of the winner."""

    picked: int | None = None
    remarks: Mapping[int, Remark] = field(default_factory=dict)

    def remark(self, number: int) -> Remark:
        return self.remarks.get(number, _NOTHING)

    def with_remark(self, number: int, **changes: Any) -> DeckState:
        """The state with fields of one remark changed."""
        return replace(self, remarks={**self.remarks, number: replace(self.remark(number), **changes)})

    def with_pick(self, number: int) -> DeckState:
        """Picks a candidate, or takes the pick back from it."""
        return replace(self, picked=None if self.picked == number else number)

    def hidden(self, poor: Collection[int], numbers: Iterable[int], *, keep: int | None = None) -> set[int]:
        """Which of the candidates are out of sight: the listener's choice first, then poor fits.

        Args:
            poor: those with problems in their fit report.
            keep: the one that is heard, which no measure takes away.
        """
        out = set()
        for number in numbers:
            remark = self.remark(number)
            liked = number in (self.picked, keep) or remark.favourite or remark.stars > 0
            if number in poor and not liked if remark.hidden is None else remark.hidden:
                out.add(number)
        return out

    def to_json(self) -> dict[str, object]:
        """For `deck_from_json`; remarks that say nothing are left out."""
        return {
            "picked": self.picked,
            "remarks": {
                str(number): {k: v for k, v in vars(remark).items() if v != getattr(_NOTHING, k)}
                for number, remark in sorted(self.remarks.items())
                if remark != _NOTHING
            },
        }


def deck_from_json(content: Mapping[str, Any], numbers: Collection[int]) -> DeckState:
    """What `to_json` wrote, for the candidates there still are; what cannot be read is left out."""
    remarks = {}
    found = content.get("remarks")
    for number in numbers:
        entry = found.get(str(number)) if isinstance(found, Mapping) else None
        if isinstance(entry, Mapping):
            hidden, stars = entry.get("hidden"), entry.get("stars", 0)
            remarks[number] = Remark(
                favourite=entry.get("favourite") is True,
                stars=min(max(0, stars), MOST_STARS) if isinstance(stars, int) else 0,
                note=str(entry.get("note", "")),
                hidden=hidden if isinstance(hidden, bool) else None,
            )
    picked = content.get("picked")
    return DeckState(picked if isinstance(picked, int) and picked in numbers else None, remarks)


def blind_order(numbers: Sequence[int], chance: random.Random) -> tuple[int, ...]:
    """The candidates in an order that says nothing; never the one they stand in, where there are two or more."""
    order = list(numbers)
    while len(order) > 1 and order == list(numbers):
        chance.shuffle(order)
    return tuple(order)


def blind_label(place: int) -> str:
    """'A' for the first place, then 'B'; after 'Z' 'AA'."""
    label = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        label = chr(65 + letter) + label
    return label


def match_gain(band_lufs: float, vocal_lufs: float) -> float:
    """Linear gain that puts a band MATCH_LU below its vocal, so that all candidates of a vocal are equally loud.

    Not for silence, which stays as it is; and never more than MOST_MATCH_DB up or down.
    """
    if band_lufs < -70.0 or vocal_lufs < -70.0:
        return 1.0
    gain_db = vocal_lufs - MATCH_LU - band_lufs
    return float(10 ** (min(max(-MOST_MATCH_DB, gain_db), MOST_MATCH_DB) / 20))
