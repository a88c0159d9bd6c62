"""A speaker that turns: a horn for what is high, a drum for what is low, two microphones at its sides.

What turns comes nearer and goes away: its delay and its level swing (Smith, Serafin, Abel and Berners, "Doppler
simulation and the Leslie", DAFx 2002). Where it points is a matter of the song's time, so that stretches are pieces of
the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import sosfilt

from studio.dsp.filters import sections
from studio.dsp.tones.tables import RATE, Array

_CROSSOVER_HZ = 800.0
_SOUND_M_S = 343.0
#: Radius in metres, depth of the level's swing, for horn and drum; the drum is a tenth slower.
_HORN, _DRUM = (0.18, 0.45), (0.10, 0.25)
_SLOWER = 0.9


@dataclass(frozen=True)
class Rotor:
    """`turns_hz`: of the horn, .7 slow and 6.7 fast; `width`: how far apart the microphones hear, 0 to 1."""

    turns_hz: float
    width: float = 0.7


def turn(audio: Array, rotor: Rotor, first: int) -> Array:
    """Mono float32 [T] -> left and right [2, T]; `first` is the stretch's first sample in the song."""
    low = sosfilt(sections(2, _CROSSOVER_HZ, "lowpass", RATE), audio)
    parts = ((audio - low, rotor.turns_hz, *_HORN), (low, _SLOWER * rotor.turns_hz, *_DRUM))
    t = (first + np.arange(len(audio))) / RATE
    sides = []
    for side in (-1.0, 1.0):
        heard = np.zeros(len(audio))
        for sound, turns_hz, radius, depth in parts:
            angle = 2 * np.pi * turns_hz * t + side * rotor.width * np.pi / 4
            near = np.cos(angle)
            delay = radius / _SOUND_M_S * RATE * (1.0 - near)
            heard += (1.0 + depth * near) * _late(sound, delay)
        sides.append(heard)
    return np.stack(sides).astype(np.float32)


def _late(sound: np.ndarray, delay: np.ndarray) -> np.ndarray:
    at = np.arange(len(sound)) - delay
    index = np.floor(at).astype(np.int64)
    share = at - index
    padded = np.concatenate([np.zeros(64), sound, np.zeros(1)])
    index = np.maximum(index + 64, 0)
    return padded[index] + share * (padded[index + 1] - padded[index])
