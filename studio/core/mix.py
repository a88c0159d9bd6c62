"""What is heard: one candidate at a time with the vocal, a balance, and a stem strip shared by all candidates.

Shared solo and mute keep comparisons honest: after a switch the same stems of the next candidate sound.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from studio.core.arrangement import BAND, STEMS

#: The player's key of the vocal; a candidate's stem has the key (number, stem).
VOCAL = "vocal"
#: How far below the vocal all candidates are matched: about where the generator's own mix lies.
MATCH_LU = 1.0
#: Beyond this a candidate is not matched but at fault.
MOST_MATCH_DB = 15.0


@dataclass(frozen=True)
class Mix:
    """An immutable desk; `dataclasses.replace` turns a knob.

    Attributes:
        selected: number of the candidate heard, or None for the vocal alone.
        balance: -1 the vocal alone, 0 both at full level, 1 the band alone.
        soloed, muted: sources, that is stems or VOCAL.
        levels_db: of sources, over all candidates; 0 where there is none.
        matched: whether the bands of all candidates are made equally loud; the vocal stays as it is.
    """

    selected: int | None = None
    balance: float = 0.0
    soloed: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()
    levels_db: Mapping[str, float] = field(default_factory=dict)
    matched: bool = True

    def __post_init__(self) -> None:
        if not -1.0 <= self.balance <= 1.0:
            raise ValueError(f"a balance of {self.balance}")

    def audible(self, source: str, *, vocal_only: bool = False) -> bool:
        """Whether a source is let through: by `vocal_only` first, then solo, then mute.

        What is said of single stems does not touch a band that is one sound; a solo of the vocal silences it.
        """
        if vocal_only:
            return source == VOCAL
        if source == BAND:
            return self.soloed != {VOCAL}
        return source in self.soloed if self.soloed else source not in self.muted

    def gains(
        self, candidates: Iterable[int], match: Mapping[int, float], *, vocal_only: bool = False
    ) -> dict[Hashable, float]:
        """Linear gain of every source of these candidates and of the vocal.

        Args:
            match: the linear gains that make the bands equally loud, by candidate; 1 where there is none yet.
            vocal_only: while a key is held, overrides everything else.
        """

        def level(source: str) -> float:
            heard = self.audible(source, vocal_only=vocal_only)
            return float(10 ** (self.levels_db.get(source, 0.0) / 20)) if heard else 0.0

        vocal = 1.0 if vocal_only else min(1.0, 1.0 - self.balance)
        band = min(1.0, 1.0 + self.balance)
        gains: dict[Hashable, float] = {VOCAL: vocal * level(VOCAL)}
        for number in candidates:
            matched = band * match.get(number, 1.0) if self.matched else band
            for stem in (*STEMS, BAND):
                gains[(number, stem)] = matched * level(stem) if number == self.selected else 0.0
        return gains


def match_gain(band_lufs: float, vocal_lufs: float) -> float:
    """Linear gain that puts a band MATCH_LU below its vocal, so that all candidates of a vocal are equally loud.

    Not for silence, which stays as it is; and never more than MOST_MATCH_DB up or down.
    """
    if band_lufs < -70.0 or vocal_lufs < -70.0:
        return 1.0
    gain_db = vocal_lufs - MATCH_LU - band_lufs
    return float(10 ** (min(max(-MOST_MATCH_DB, gain_db), MOST_MATCH_DB) / 20))
