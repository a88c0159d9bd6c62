"""A tune as a set of numbers that transposing it, or playing it faster, does not change: to find out what it is like.

A phrase is GRAM notes in a row. What is kept of it is the steps between its pitches and how each note's length (from
onset to onset) goes with the one before, both coarse, hashed to 32 bits. The hash says nothing of the tune to who does
not have it. After the n-grams of Downie, "Evaluating a Simple Approach to Music Information Retrieval" (PhD thesis,
1999), with the rhythm beside the intervals.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Prints = NDArray[np.uint32]

#: Notes of a phrase, and of the stretch within which phrases are counted.
GRAM, STRETCH = 8, 32
#: Onsets are told apart to so much of a beat; steps of pitch beyond the other are one.
_STEP_BEATS, _WIDEST = 0.25, 12
#: Steps of a phrase that must lead to another pitch: repeated notes and strummed chords are no tune.
_MOVING = 4
#: The print of a phrase that is no tune; it is like nothing.
NO_TUNE = 0
#: Lengths are compared in half octaves of time.
_HALF, _LONGEST = 2.0, 4


def tune_print(onsets_beats: Sequence[float], pitches: Sequence[int]) -> Prints:
    """The phrases of a line of single notes, uint32 [max(0, notes - GRAM)], in order.

    Args:
        onsets_beats: increasing; of notes at one time the highest is the line's.
        pitches: MIDI.
    """
    line = _line(onsets_beats, pitches)
    if len(line) <= GRAM:
        return np.zeros(0, dtype=np.uint32)
    at, pitch = line[:, 0], line[:, 1]
    step = np.clip(np.diff(pitch), -_WIDEST, _WIDEST) + _WIDEST
    length = np.diff(at).astype(np.float64)
    ratio = np.clip(np.rint(_HALF * np.log2(length[1:] / length[:-1])), -_LONGEST, _LONGEST) + _LONGEST
    # Interval k and the ratio of the note after it to the one before: one symbol a note.
    symbol = (step[:-1] * (2 * _LONGEST + 1) + ratio.astype(np.int64)).astype(np.uint64)
    count = len(symbol) - (GRAM - 1) + 1
    value = np.full(count, 0xCBF29CE484222325, dtype=np.uint64)  # FNV-1a, 64 bits, folded
    for k in range(GRAM - 1):
        value = (value ^ symbol[k : k + count]) * np.uint64(0x100000001B3)
    value ^= value >> np.uint64(32)
    prints = (value & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    moving = np.convolve(np.diff(pitch)[:-1] != 0, np.ones(GRAM - 1, dtype=int), "valid")
    return np.where(moving >= _MOVING, prints, np.uint32(NO_TUNE))


def _line(onsets: Sequence[float], pitches: Sequence[int]) -> NDArray[np.int64]:
    """[notes, 2] steps of time and pitches, one note at a time: the highest."""
    steps = np.rint(np.asarray(onsets, dtype=np.float64) / _STEP_BEATS).astype(np.int64)
    notes = (
        np.stack([steps, np.asarray(pitches, dtype=np.int64)], axis=1)
        if len(steps)
        else np.zeros((0, 2), int)
    )
    notes = notes[np.lexsort((-notes[:, 1], notes[:, 0]))]
    first = np.concatenate([[True], np.diff(notes[:, 0]) > 0]) if len(notes) else np.zeros(0, bool)
    return np.asarray(notes[first], dtype=np.int64)
