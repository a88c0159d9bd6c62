"""Band-limited cycles: a wave as its harmonics, read at any phase.

Whatever lasts (strings, basses) is read from such tables, which costs a look-up a sample whatever the number of
harmonics; above half the sample rate there are none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Curve = NDArray[np.float64]

RATE = 44100
_SIZE = 4096
#: The highest harmonic.
_TOP_HZ = 0.44 * RATE


def hertz(pitch: float) -> float:
    """Of a MIDI pitch, A = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def harmonics(f0_hz: float) -> Curve:
    """Frequencies of all harmonics below the top, at least one."""
    count = max(1, min(int(_TOP_HZ / f0_hz), _SIZE // 4))
    return f0_hz * np.arange(1, count + 1, dtype=np.float64)


def cycles(amplitudes: Curve) -> Array:
    """Tables [N, size + 1] of sine harmonics with these amplitudes [N, K], their last sample their first."""
    spectrum = np.zeros((len(amplitudes), _SIZE // 2 + 1), dtype=np.complex128)
    spectrum[:, 1 : amplitudes.shape[1] + 1] = -0.5j * _SIZE * amplitudes
    waves = np.fft.irfft(spectrum, _SIZE, axis=1)
    return np.concatenate([waves, waves[:, :1]], axis=1).astype(np.float32)


def read(table: Array, phase: Curve) -> Array:
    """One table [size + 1] at phases in cycles, linearly between its samples."""
    at = (phase - np.floor(phase)) * _SIZE
    index = at.astype(np.int32)
    share = (at - index).astype(np.float32)
    low = table[index]
    return low + share * (table[index + 1] - low)


def read_between(tables: Array, phase: Curve, place: Curve) -> Array:
    """Tables [N, size + 1] at phases in cycles and at places from 0 to N - 1 between them."""
    lower = np.minimum(place.astype(np.int32), len(tables) - 2)
    share = (place - lower).astype(np.float32)
    at = (phase - np.floor(phase)) * _SIZE
    index = at.astype(np.int32)
    between = (at - index).astype(np.float32)
    flat, first = tables.reshape(-1), lower * tables.shape[1] + index
    a = flat[first] + between * (flat[first + 1] - flat[first])
    second = first + tables.shape[1]
    b = flat[second] + between * (flat[second + 1] - flat[second])
    return a + share * (b - a)
