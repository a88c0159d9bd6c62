"""How melodies sit in a bar: the probability of the next note's place, given the place of this one.

Places are quarters of the grid's beat, so a bar has 16 of them in 4/4, 12 in 3/4 and 6/8, 28 in 7/8 (counted in
eighths). 5/4 and 7/8 have the formula alone. The tables were counted on
melodies that may be used for it (see studio/training/fit_rhythm_prior.py) and smoothed towards a small formula:
strong places are likelier, common steps are likelier, long steps leave from strong places. Every row sums to one,
which is what makes tempo octaves and meters comparable.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Meter

#: Steps above this many sixteenths (4 bars of 4/4) share one tail.
LONGEST_STEP = 64
TABLE_PATH = Path(__file__).with_name("rhythm_prior.json")

# Strength of a place: 0 bar line, 1 half bar, 2 quarter, 3 eighth, 4 sixteenth.
_LEVELS: dict[str, tuple[int, ...]] = {
    "4/4": (0, 4, 3, 4, 2, 4, 3, 4, 1, 4, 3, 4, 2, 4, 3, 4),
    "3/4": (0, 4, 3, 4, 2, 4, 3, 4, 2, 4, 3, 4),
    "6/8": (0, 4, 3, 4, 3, 4, 1, 4, 3, 4, 3, 4),
    "2/4": (0, 4, 3, 4, 2, 4, 3, 4),
    "5/4": (0, 4, 3, 4, 2, 4, 3, 4, 2, 4, 3, 4, 1, 4, 3, 4, 2, 4, 3, 4),
    # Counted in eighths, four and three.
    "7/8": (0, 4, 4, 4, 3, 4, 4, 4, 2, 4, 4, 4, 3, 4, 4, 4, 1, 4, 4, 4, 3, 4, 4, 4, 3, 4, 4, 4),
}
_PLACE = np.array([0.0, -0.5, -0.55, -0.75, -1.8])
_STEPS = {0: -4.0, 1: 2.0, 2: 2.4, 3: 1.1, 4: 1.4, 6: 0.5, 8: 0.4, 12: 0.0, 16: 0.3}
_ODD_STEP, _EVEN_STEP, _DECAY = -0.8, -0.3, 0.10
_LONG_FROM = np.array([0.2, 0.2, 0.1, -0.3, -0.9])
#: Counts the formula is worth in every row.
_FORMULA_COUNTS = 20.0


def formula(meter: Meter) -> NDArray[np.float64]:
    """log P(step d | place q) before anything was counted, [places, LONGEST_STEP + 1]."""
    level = np.array(_LEVELS[str(meter)])
    places = meter.quarters_per_bar * STEPS_PER_BEAT
    step = np.arange(LONGEST_STEP + 1)
    common = np.where(step % 2 == 1, _ODD_STEP, _EVEN_STEP)
    for d, weight in _STEPS.items():
        common[d] = weight
    place = np.arange(places)[:, None]
    score = _PLACE[level[(place + step) % places]] + common - _DECAY * np.maximum(step - 8, 0)
    score = score + _LONG_FROM[level][:, None] * (step >= 6)
    return np.asarray(score - np.log(np.exp(score).sum(axis=1, keepdims=True)))


def smooth_steps(counts: NDArray[np.float64], meter: Meter) -> NDArray[np.float64]:
    """Counted steps [places, LONGEST_STEP + 1] and the formula, as log P(step d | place q)."""
    joined = counts + _FORMULA_COUNTS * np.exp(formula(meter))
    return np.asarray(np.log(joined / joined.sum(axis=1, keepdims=True)))


@functools.cache
def _tables() -> dict[str, dict[str, NDArray[np.float64]]]:
    read = json.loads(TABLE_PATH.read_text(encoding="utf-8"))
    return {meter: {name: np.array(rows) for name, rows in table.items()} for meter, table in read.items()}


def step_log_probability(meter: Meter) -> NDArray[np.float64]:
    """log P(step d | place q), [places, LONGEST_STEP + 1]."""
    table = _tables().get(str(meter))
    return formula(meter) if table is None else table["step"]


def place_log_probability(meter: Meter) -> NDArray[np.float64]:
    """log P(a note at place q), [places]."""
    table = _tables().get(str(meter))
    if table is not None:
        return table["place"]
    strength = np.exp(_PLACE[np.array(_LEVELS[str(meter)])])
    return np.asarray(np.log(strength / strength.sum()))
