"""How much room the singing leaves, and how loud it is over the form: what the density of the band leans to.

Room is musical courtesy. Where the singer comes to rest there is room for a fill or an answer, under a long note a
little, and under a fast line none: there a band plays less, so that the words are heard. It is relative to how densely
this singer sings. Level is the form: a band grows where the voice does. Both are about 0 on an ordinary bar, so that
neither makes the whole song busier or barer.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from studio.core.analysis import Syllable
from studio.core.grid import BeatGrid
from studio.ml.arrangement.sung_accents import sung_accents

#: Room in a quarter without singing, and in one that a note is held through.
_RESTING, _HELD = 1.0, 0.5
#: Syllables a quarter are averaged over neighbours with these shares.
_NEAR = np.array([0.25, 0.5, 0.25])
#: A longer rest, in quarters, is the band's own passage and no answer; only what leads back to the singer counts.
_LONGEST_ANSWER, _LEADING_BACK = 8, 2
#: Standard deviation of the smoothing of the level in bars, and the decibels that make a level of 1.
_FORM_BARS, _LEVEL_DB = 1.5, 4.0


@dataclass(frozen=True, eq=False)
class Singing:
    """What the players hear of the singer's rhythm.

    Attributes:
        accents: float32 [L, 4], see sung_accents.
        room: float32 [L], see singing_room.
        level: float32 [L], see singing_level.
    """

    accents: NDArray[np.float32]
    room: NDArray[np.float32]
    level: NDArray[np.float32]


def hear_singing(syllables: Sequence[Syllable], grid: BeatGrid) -> Singing:
    """All of it, for each quarter of a grid."""
    return Singing(
        sung_accents(syllables, grid), singing_room(syllables, grid), singing_level(syllables, grid)
    )


def singing_room(syllables: Sequence[Syllable], grid: BeatGrid) -> NDArray[np.float32]:
    """Room for the band in each quarter.

    Returns:
        float32 [beats]: 1 where the singer rests between two lines, 0 at the singer's usual density, -1 where syllables
        come twice as fast; 0 also in passages without singing, before, between and after.
    """
    room = np.zeros(grid.beats, dtype=np.float32)
    if not syllables:
        return room
    onset = np.asarray(grid.beat_of([s.onset_s for s in syllables]))
    end = np.asarray(grid.beat_of([s.end_s for s in syllables]))
    edges = np.arange(grid.beats + 1)
    count = np.histogram(onset, edges)[0].astype(np.float64)
    # A syllable just before the beat belongs to it.
    near = np.convolve(np.histogram(onset + 0.1, edges)[0], _NEAR, mode="full")[1:-1]
    held = np.zeros(grid.beats)
    for start, stop in zip(onset, end, strict=True):
        first, last = max(0, int(start)), min(grid.beats - 1, int(stop))
        for beat in range(first, last + 1):
            held[beat] += max(0.0, min(stop, beat + 1) - max(start, beat))
    held = np.minimum(held, 1.0)
    sung = (count > 0) | (held >= 0.25)
    if not sung.any():
        return room
    usual = max(float(np.median(near[sung])), 0.25)
    room[sung] = -np.clip(np.log2(np.maximum(near[sung], 1e-3) / usual), -_HELD, 1.0)
    where = np.flatnonzero(sung)
    for before, after in itertools.pairwise(where):
        if 1 < after - before <= _LONGEST_ANSWER + 1:
            room[before + 1 : after] = _RESTING
        elif after - before > _LONGEST_ANSWER + 1:
            room[after - _LEADING_BACK : after] = _RESTING
    return room


def singing_level(syllables: Sequence[Syllable], grid: BeatGrid) -> NDArray[np.float32]:
    """How loud the voice is about each bar, beside its usual level: float32 [beats], -1 to 1, one value a bar.

    A passage without singing has the level of what is about it; a song that is too short for a form has about 0.
    """
    size = grid.meter.quarters_per_bar
    level = np.zeros(grid.beats, dtype=np.float32)
    if not syllables:
        return level
    bar = np.floor(np.asarray(grid.beat_of([s.onset_s for s in syllables])) / size).astype(int)
    length = np.array([max(s.end_s - s.onset_s, 0.02) for s in syllables])
    loud = np.array([s.loudness_db for s in syllables])
    inside = (bar >= 0) & (bar < grid.bars)
    if not inside.any():
        return level
    weight = np.bincount(bar[inside], length[inside], minlength=grid.bars)
    total = np.bincount(bar[inside], (length * loud)[inside], minlength=grid.bars)
    # Beyond the ends there is nothing, rather than the song mirrored.
    spread = gaussian_filter1d(weight, _FORM_BARS, mode="constant") + 1e-6
    usual = float(np.sum(total) / np.sum(weight))
    mean = (gaussian_filter1d(total, _FORM_BARS, mode="constant") + 1e-6 * usual) / spread
    bars = np.clip((mean - usual) / _LEVEL_DB, -1.0, 1.0)
    level[:] = np.repeat(bars, size)[: grid.beats]
    return level
