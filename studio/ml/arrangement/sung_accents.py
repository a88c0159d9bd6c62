"""The sung rhythm as the band hears it: how much weight lies on each sixteenth of the grid.

A syllable that is clear, loud and long is an accent; so is one after a rest. What is kept is relative to the syllables
about it, so that a singer who is loud everywhere does not make the band busier everywhere: it moves strokes from where
nothing is sung to where something is, and only within the bars in which there is singing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import Syllable
from studio.core.grid import STEPS_PER_BEAT, BeatGrid

#: A syllable twice as long as the singer's usual one, or 6 dB louder, has about so many times its weight.
_LENGTH_POWER, _LOUDER_6_DB = 0.4, 1.4
#: Quarters after which the weight of a rest before a syllable no longer grows, and what it then multiplies by.
_REST_QUARTERS, _AFTER_REST = 2.0, 1.3
#: Quarters, each side, that count as the singing about a sixteenth.
_ABOUT = 4


def sung_weights(syllables: Sequence[Syllable], grid: BeatGrid) -> NDArray[np.float32]:
    """Weight of the syllables that begin on each sixteenth.

    Returns:
        float32 [beats, 4], 0 where none begins, about 1 on an ordinary clear one, at most 2.
    """
    steps = grid.beats * STEPS_PER_BEAT
    out = np.zeros(steps, dtype=np.float32)
    if not syllables:
        return out.reshape(grid.beats, STEPS_PER_BEAT)
    onset = np.asarray(grid.beat_of([s.onset_s for s in syllables]))
    end = np.asarray(grid.beat_of([s.end_s for s in syllables]))
    length = np.maximum(end - onset, 0.05)
    level = np.array([s.loudness_db for s in syllables])
    rest = np.clip(onset - np.concatenate([[onset[0] - _REST_QUARTERS], end[:-1]]), 0.0, _REST_QUARTERS)
    weight = np.array([s.strength for s in syllables])
    weight = weight * (length / np.median(length)) ** _LENGTH_POWER
    weight = weight * _LOUDER_6_DB ** np.clip((level - np.median(level)) / 6.0, -2.0, 2.0)
    weight = weight * (1.0 + (_AFTER_REST - 1.0) * rest / _REST_QUARTERS)
    weight /= max(float(np.median(weight)), 1e-6)
    where = np.round(onset * STEPS_PER_BEAT).astype(int)
    inside = (where >= 0) & (where < steps)
    np.maximum.at(out, where[inside], np.minimum(weight[inside], 2.0).astype(np.float32))
    return out.reshape(grid.beats, STEPS_PER_BEAT)


def sung_accents(syllables: Sequence[Syllable], grid: BeatGrid) -> NDArray[np.float32]:
    """`sung_weights` less their mean about each quarter, 0 where nothing is sung: float32 [beats, 4], -1 to 2."""
    weights = sung_weights(syllables, grid)
    beats = weights.mean(axis=1)
    window = np.ones(2 * _ABOUT + 1)
    # Edges count the quarters that are there.
    about = np.convolve(beats, window, mode="full")[_ABOUT : _ABOUT + len(beats)]
    count = np.convolve(np.ones(len(beats)), window, mode="full")[_ABOUT : _ABOUT + len(beats)]
    sung = np.convolve(beats > 0, np.ones(3), mode="full")[1:-1] > 0
    accents = (weights - (about / count)[:, None]) * sung[:, None]
    return np.clip(accents, -1.0, 2.0).astype(np.float32)
