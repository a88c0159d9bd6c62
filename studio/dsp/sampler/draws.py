"""Chance that belongs to a moment: what is drawn for a note depends on the note alone, so that a change elsewhere in a
song never alters it, and the same request gives the same samples."""

from __future__ import annotations

import numpy as np

from studio.core.arrangement import Note

#: Constants of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
_STEP, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WORD = (1 << 64) - 1


def uniform(note: Note, seed: int, purpose: int) -> float:
    """A number from 0 to 1 for a note; another for each purpose."""
    state = seed & _WORD
    for value in (round(note.start_s * 1000), note.pitch, purpose):
        state = (state ^ (value & _WORD)) + _STEP & _WORD
        state = (state ^ state >> 30) * _MIX_1 & _WORD
        state = (state ^ state >> 27) * _MIX_2 & _WORD
        state ^= state >> 31
    return state / 2.0**64


def centred(note: Note, seed: int, purpose: int) -> float:
    """Roughly normal, of unit spread, never beyond 2.5: the sum of three draws."""
    parts = sum(uniform(note, seed, 16 * purpose + k) for k in range(3))
    return float(np.clip(2.0 * (parts - 1.5), -2.5, 2.5))
