"""What is heard: one candidate at a time with the vocal, a balance, and a stem strip shared by all candidates.

Shared solo and mute keep comparisons honest: after a switch the same stems of the next candidate sound.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from studio.core.arrangement import BAND, STEMS

#: The player's key of the vocal; a candidate's stem has the key (number, stem).
VOCAL = "vocal"


@dataclass(frozen=True)
class MixState:
    """Gains, mute and solo of a mix; `dataclasses.replace` turns a knob.

    Attributes:
        selected: number of the candidate heard, or None for the vocal alone.
        balance: -1 the vocal alone, 0 both at full level, 1 the band alone.
        vocal_only: while held, overrides everything else.
        soloed, muted: sources, that is stems or VOCAL.
        levels_db: of sources, over all candidates; 0 where there is none.
        matched: whether the bands of all candidates are made equally loud; the vocal stays as it is.
        match: the linear gains that do it, by candidate; 1 where there is none yet.
    """

    selected: int | None = None
    balance: float = 0.0
    vocal_only: bool = False
    soloed: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()
    levels_db: Mapping[str, float] = field(default_factory=dict)
    matched: bool = True
    match: Mapping[int, float] = field(default_factory=dict)

    def audible(self, source: str) -> bool:
        """Whether a source is let through: by `vocal_only` first, then solo, then mute.

        What is said of single stems does not touch a band that is one sound; a solo of the vocal silences it.
        """
        if self.vocal_only:
            return source == VOCAL
        if source == BAND:
            return self.soloed != {VOCAL}
        return source in self.soloed if self.soloed else source not in self.muted

    def _level(self, source: str) -> float:
        """Linear, 0 where the source is not let through."""
        return float(10 ** (self.levels_db.get(source, 0.0) / 20)) if self.audible(source) else 0.0

    def gains(self, candidates: Iterable[int]) -> dict[Hashable, float]:
        """Linear gain of every source of these candidates and of the vocal."""
        vocal = 1.0 if self.vocal_only else min(1.0, 1.0 - self.balance)
        band = min(1.0, 1.0 + self.balance)
        gains: dict[Hashable, float] = {VOCAL: vocal * self._level(VOCAL)}
        for number in candidates:
            level = band * self.match.get(number, 1.0) if self.matched else band
            for stem in (*STEMS, BAND):
                gains[(number, stem)] = level * self._level(stem) if number == self.selected else 0.0
        return gains
