"""How melodies sit in a bar: the probability of the next note's place, given the place of this one.

Places are sixteenths of a bar, so a bar has 16 of them in 4/4 and 12 in 3/4 and 6/8. The log probability of a step of
d sixteenths from place q is a sum of three small tables: how strong the place it lands on is, how common the step
is, and whether a long step leaves from a strong place. The tables were set by hand from the common practice of
songs (Temperley, Music and Probability, 2007, uses the same ingredients); every row sums to one, which is what makes
tempo octaves and meters comparable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Meter

#: Steps above this many sixteenths (4 bars of 4/4) share one tail.
LONGEST_STEP = 64

# Strength of a place: 0 bar line, 1 half bar, 2 quarter, 3 eighth, 4 sixteenth.
_LEVELS: dict[str, tuple[int, ...]] = {
    "4/4": (0, 4, 3, 4, 2, 4, 3, 4, 1, 4, 3, 4, 2, 4, 3, 4),
    "3/4": (0, 4, 3, 4, 2, 4, 3, 4, 2, 4, 3, 4),
    "6/8": (0, 4, 3, 4, 3, 4, 1, 4, 3, 4, 3, 4),
    "2/4": (0, 4, 3, 4, 2, 4, 3, 4),
}


@dataclass(frozen=True)
class PriorTables:
    """Log weights of the three tables."""

    place: tuple[float, ...] = (0.0, -0.5, -0.55, -0.75, -1.8)
    steps: tuple[tuple[int, float], ...] = (
        (0, -4.0), (1, 2.0), (2, 2.4), (3, 1.1), (4, 1.4), (6, 0.5), (8, 0.4), (12, 0.0), (16, 0.3),
    )  # fmt: skip
    odd_step: float = -0.8
    even_step: float = -0.3
    decay: float = 0.10
    """Loss for every sixteenth beyond 8."""
    long_from: tuple[float, ...] = (0.2, 0.2, 0.1, -0.3, -0.9)
    """Gain of a step of 6 or more, by the strength of the place it leaves."""


def levels(meter: Meter) -> NDArray[np.int64]:
    """Strength class of each sixteenth of a bar, 0 (bar line) to 4."""
    return np.array(_LEVELS[str(meter)])


def step_log_probability(meter: Meter, tables: PriorTables | None = None) -> NDArray[np.float64]:
    """log P(step d | place q), [places, LONGEST_STEP + 1]."""
    t = tables or PriorTables()
    level = levels(meter)
    places = meter.quarters_per_bar * STEPS_PER_BEAT
    step = np.arange(LONGEST_STEP + 1)
    common = np.where(step % 2 == 1, t.odd_step, t.even_step)
    for d, weight in t.steps:
        common[d] = weight
    common = common - t.decay * np.maximum(step - 8, 0)
    place = np.arange(places)[:, None]
    score = np.array(t.place)[level[(place + step) % places]] + common
    score = score + np.array(t.long_from)[level][:, None] * (step >= 6)
    return score - np.log(np.exp(score).sum(axis=1, keepdims=True))


def place_log_probability(meter: Meter, tables: PriorTables | None = None) -> NDArray[np.float64]:
    """log P(first note at place q), [places]."""
    weights = np.array((tables or PriorTables()).place)[levels(meter)]
    return weights - np.log(np.exp(weights).sum())
