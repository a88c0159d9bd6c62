"""How players of strings, winds and pads swell and fade: the level of a stem over time, from its notes alone.

A bow or a breath is not a key: long notes begin softly, grow and die away, short ones are as they are. One curve is for
all notes of a stem, as a pedal or MIDI's expression controller (11) would do it, so that whoever plays the stem can
follow it. It depends on nothing but the notes about a moment.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import Part
from studio.core.instruments import instrument

#: Decibels by which a long note is softer at its beginning, by stem; and what is left of it at its end.
_DEPTH_DB = {"lead": 5.0, "harmony": 2.5}
_AT_END = 0.7
#: Where within a note it is loudest, and how long a note must be: as deep as it goes from the second on.
_PEAK = 0.45
_SHORTEST_S, _LONG_S = 0.6, 1.6
#: Notes that begin within it begin together; and the time in which a level changes between two notes.
_TOGETHER_S, _GLIDE_S = 0.06, 0.03
#: Those that last as long as the key but have no breath: amplifiers, and keys without a pedal for it.
_STEADY = frozenset({"driven guitar", "distorted guitar", "percussive organ", "rock organ", "synth brass"})


def swells(stem: str, name: str) -> bool:
    """Whether an instrument of a stem swells."""
    return stem in _DEPTH_DB and name not in _STEADY and instrument(stem, name).sustained


def swell_points(stem: str, part: Part) -> NDArray[np.float64]:
    """The curve of a stem as points (seconds, decibels), straight between them; [0, 2] where it is level."""
    if not part.notes or not swells(stem, part.instrument):
        return np.zeros((0, 2))
    starts, ends = np.array(sorted((n.start_s, n.end_s) for n in part.notes)).T
    where = np.flatnonzero(np.append(True, np.diff(starts) > _TOGETHER_S))
    begun = starts[where]
    released = np.maximum.reduceat(ends, where)
    points: list[tuple[float, float]] = []
    for start_s, end_s in zip(begun, np.minimum(released, np.append(begun[1:], np.inf)), strict=True):
        length_s = end_s - start_s
        depth = _DEPTH_DB[stem] * float(np.clip((length_s - _SHORTEST_S) / (_LONG_S - _SHORTEST_S), 0.0, 1.0))
        points.append((start_s, -depth))
        if depth:
            points.append((start_s + _PEAK * length_s, 0.0))
            points.append((end_s - _GLIDE_S, -_AT_END * depth))
    return np.array(points)


def swell_gain(points: NDArray[np.float64], first: int, frames: int, sample_rate: int) -> NDArray[np.float32]:
    """The curve as a factor for each sample from sample `first` on, float32 [frames]."""
    at = np.arange(first, first + frames) / sample_rate
    level_db = np.interp(at, points[:, 0], points[:, 1])
    return np.asarray(10.0 ** (level_db / 20.0), dtype=np.float32)
