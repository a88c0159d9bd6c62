"""What is heard: one candidate at a time with the vocal, a balance, and a stem strip shared by all candidates.

Shared solo and mute keep comparisons honest: after a switch the same stems of the next candidate sound.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from studio.core.arrangement import STEMS

#: The player's key of the vocal; a candidate's stem has the key (number, stem).
VOCAL = "vocal"


@dataclass(frozen=True)
class MixState:
    """An immutable desk; `dataclasses.replace` turns a knob.

    Attributes:
        selected: number of the candidate heard, or None for the vocal alone.
        balance: -1 the vocal alone, 0 both at full level, 1 the band alone.
        vocal_only: while held, overrides everything else.
        soloed, muted: sources, that is stems or VOCAL.
    """

    selected: int | None = None
    balance: float = 0.0
    vocal_only: bool = False
    soloed: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()

    def audible(self, source: str) -> bool:
        """Whether a source is let through: by `vocal_only` first, then solo, then mute."""
        if self.vocal_only:
            return source == VOCAL
        return source in self.soloed if self.soloed else source not in self.muted

    def gains(self, candidates: Iterable[int]) -> dict[Hashable, float]:
        """Linear gain of every source of these candidates and of the vocal."""
        vocal = 1.0 if self.vocal_only else min(1.0, 1.0 - self.balance)
        band = min(1.0, 1.0 + self.balance)
        gains: dict[Hashable, float] = {VOCAL: vocal if self.audible(VOCAL) else 0.0}
        for number in candidates:
            for stem in STEMS:
                heard = number == self.selected and self.audible(stem)
                gains[(number, stem)] = band if heard else 0.0
        return gains
