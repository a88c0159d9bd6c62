"""What speaks for a steady grid besides where its onsets lie: the rhythm they make, and the chords that fit.

The rhythm is scored by the step tables of studio.analysis.meter_prior: how likely the next onset is on that place of
the bar, given the place of this one. It is what tells the beat from the off-beat, and a tempo from its double.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.analysis.meter_prior import LONGEST_STEP, place_log_probability, step_log_probability
from studio.analysis.tempo_search import LAG_S, Onsets
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Meter

_SCATTER_S = 0.04
_SHARPEST = 3.0
#: Onsets trusted less than this make no rhythm.
_HEARD = 0.3


class Pulse(Protocol):
    """Beats in time."""

    @property
    def period_s(self) -> float: ...

    @property
    def tempo_bpm(self) -> float: ...

    def position_of(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fractional beat positions, [N]."""


@dataclass(frozen=True)
class SteadyGrid:
    """Beats `period_s` apart, one of them at `beat_s`."""

    beat_s: float
    period_s: float

    @property
    def tempo_bpm(self) -> float:
        return 60.0 / self.period_s

    def position_of(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Fractional beat positions, [N]; 0 is `beat_s`."""
        return np.asarray((times_s - self.beat_s) / self.period_s)


@dataclass(frozen=True, eq=False)
class Placed:
    """Onsets on the sixteenths of a grid.

    Attributes:
        times_s: float64 [M], of the beat each onset means: a little before its vowel.
        sixteenths: int64 [M], strictly increasing, multiples of four on the beats.
        trust: float64 [M].
        off_s: float64 [M] how much later than its sixteenth each onset is.
    """

    times_s: NDArray[np.float64]
    sixteenths: NDArray[np.int64]
    trust: NDArray[np.float64]
    off_s: NDArray[np.float64]


def place(pulse: Pulse, onsets: Onsets) -> Placed:
    """Each trusted onset on its nearest sixteenth; of several on one, the most trusted."""
    use = onsets.trust >= _HEARD
    times, trust = onsets.times_s[use] - LAG_S, onsets.trust[use]
    exact = pulse.position_of(times) * STEPS_PER_BEAT
    nearest = np.round(exact).astype(np.int64)
    order = np.lexsort((-trust, nearest))
    _, first = np.unique(nearest[order], return_index=True)
    keep = order[first]
    off = (exact[keep] - nearest[keep]) * pulse.period_s / STEPS_PER_BEAT
    return Placed(times[keep], nearest[keep], trust[keep], off)


def rhythm_scores(placed: Placed, meter: Meter) -> NDArray[np.float64]:
    """Log probability of the rhythm for each quarter that may be the first of the bar, [quarters a bar].

    Entry q puts a bar line on beat q of the grid.

    The steps are in sixteenths and the scatter in seconds, so grids of different tempo compare.
    """
    size = meter.quarters_per_bar
    if len(placed.sixteenths) < 2:
        return np.zeros(size)
    places = size * STEPS_PER_BEAT
    log_step, log_place = step_log_probability(meter), place_log_probability(meter)
    steps = np.minimum(np.diff(placed.sixteenths), LONGEST_STEP)
    at = (placed.sixteenths[None, :] - STEPS_PER_BEAT * np.arange(size)[:, None]) % places
    weight = np.sqrt(placed.trust[1:] * placed.trust[:-1])
    rhythm = log_place[at[:, 0]] + (weight * log_step[at[:, :-1], steps]).sum(axis=1)
    fit = -0.5 * np.minimum(np.square(placed.off_s / _SCATTER_S), _SHARPEST**2)
    return np.asarray(rhythm + float((placed.trust * fit).sum()))
