"""A clavinet: a string under a rubber tip, heard by two pickups at odds, damped by wool when the key is let go.

Partials of a stiff string (Fletcher 1964), struck at one place and heard at two; high ones die first.
"""

from __future__ import annotations

import numpy as np

from studio.dsp.tones.tables import RATE, Array, hertz

_STIFFNESS, _PARTIALS = 1.2e-4, 30
_STRUCK, _NEAR, _FAR = 0.075, 0.11, 0.23
_TOP_HZ, _HEARD = 9000.0, 7.0


def clavinet(pitch: int, seconds: float, hardness: float) -> Array:
    """A key held, float32 [T]; about 0.3 at its loudest."""
    f0 = hertz(pitch) / np.sqrt(1.0 + _STIFFNESS)
    t = np.arange(round(seconds * RATE)) / RATE
    number = np.arange(1, _PARTIALS + 1)
    hz = number * f0 * np.sqrt(1.0 + _STIFFNESS * number**2)
    number, hz = number[hz < _TOP_HZ], hz[hz < _TOP_HZ]
    heard = np.sin(np.pi * number * _NEAR) - 0.7 * np.sin(np.pi * number * _FAR)
    level = np.sin(np.pi * number * _STRUCK) * heard * number ** -(0.55 - 0.25 * hardness)
    level /= np.sqrt(np.square(level).sum())
    fades_s = 1.5 * (220.0 / hertz(pitch)) ** 0.3 / (1.0 + (hz / 1800.0) ** 1.2)
    out = np.zeros(len(t))
    for amplitude, partial_hz, fade_s in zip(level, hz, fades_s, strict=True):
        heard_s = t[: round(_HEARD * fade_s * RATE)]  # until it is 61 dB down
        out[: len(heard_s)] += (
            amplitude * np.exp(-heard_s / fade_s) * np.sin(2 * np.pi * partial_hz * heard_s)
        )
    tip = np.exp(-t / 0.0015) * np.random.default_rng([23, pitch]).standard_normal(len(t))
    return (0.2 * np.minimum(1.0, t / 0.0006) * (out + 0.15 * hardness * tip)).astype(np.float32)
