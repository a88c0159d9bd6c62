"""A singer who drifts: beats as a path of tempo and phase, and whether one is plainly needed.

A path may do anything a little, so it fits better than one tempo even where there is only one. On melodies sung to a
steady beat it gains at most .25 nats a stretch beyond what its bends cost, on sight-singers without a beat and on
songs that drift .5 to 1.8: it is believed from .3 a stretch and a margin on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.analysis.tempo_search import Surfaces, follow, steady, tempo_log_prior

_GAIN, _MARGIN = 0.3, 2.0


@dataclass(frozen=True, eq=False)
class Path:
    """Beat positions at some moments; between them the tempo is even, beyond them it goes on.

    Attributes:
        times_s: float64 [W], two or more, increasing.
        beats: float64 [W], fractional, increasing.
    """

    times_s: NDArray[np.float64]
    beats: NDArray[np.float64]

    @property
    def period_s(self) -> float:
        return float((self.times_s[-1] - self.times_s[0]) / (self.beats[-1] - self.beats[0]))

    @property
    def tempo_bpm(self) -> float:
        return 60.0 / self.period_s

    def in_units_of(self, quarters: float) -> Path:
        """The same counted in beats of that many quarters."""
        return Path(self.times_s, self.beats / quarters)

    def position_of(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Beat positions, [N]."""
        index = np.clip(np.searchsorted(self.times_s, times_s) - 1, 0, len(self.times_s) - 2)
        slope = np.diff(self.beats) / np.diff(self.times_s)
        return np.asarray(self.beats[index] + (times_s - self.times_s[index]) * slope[index])


def drifting(surfaces: Surfaces, wanted: bool | None) -> Path | None:
    """The path of a singer who drifts; None where one tempo does, or where the song is too short for two stretches.

    Args:
        wanted: True to have a path in any case.
    """
    if len(surfaces.centres_s) < 2:
        return None
    bpm, phase, evidence = follow(surfaces)
    if not wanted:
        tempi, even = steady(surfaces)
        best = float((even + tempo_log_prior(tempi)[:, None]).max())
        if evidence - best < _GAIN * (len(bpm) - 1) + _MARGIN:
            return None
    return _unwrapped(surfaces, bpm, phase)


def _unwrapped(surfaces: Surfaces, bpm: NDArray[np.float64], phase: NDArray[np.float64]) -> Path:
    """Beat positions at the middles of the stretches: whole beats from the tempo, the rest from the phase."""
    centres = surfaces.centres_s
    beats = [float(-phase[0])]
    for w in range(1, len(bpm)):
        expected = beats[-1] + (centres[w] - centres[w - 1]) * float(np.sqrt(bpm[w] * bpm[w - 1])) / 60.0
        turn = (-phase[w] - expected + 0.5) % 1.0 - 0.5
        beats.append(float(expected + turn))
    return Path(centres, np.array(beats))
