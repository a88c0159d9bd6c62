"""An organ of tone wheels: nine drawbars, contacts that close one by one, percussion.

Wheels are those of equal temperament, a footage as so many semitones; above the last wheel an octave is repeated, below
the first one too. A drawbar's step is 3 dB. The click of a key is what its nine contacts make, each at its own moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.dsp.tones.tables import RATE, Array, hertz

#: 16, 5 1/3, 8, 4, 2 2/3, 2, 1 3/5, 1 1/3 and 1 foot.
_FOOTAGES = (-12, 7, 0, 12, 19, 24, 28, 31, 36)
_FIRST_WHEEL, _LAST_WHEEL = 24, 114
_CONTACTS_S, _CLOSING_S = 0.005, 0.0008
_PERCUSSION = 4


@dataclass(frozen=True)
class Registration:
    """`drawbars`: 0 to 8 for each footage; `percussion_s`: decay of the third harmonic struck anew, 0 for none."""

    drawbars: tuple[int, ...]
    percussion_s: float = 0.0


def organ(pitch: int, seconds: float, stops: Registration, take: int) -> Array:
    """A held key from its contact on, float32 [T]; a full 8-foot drawbar alone has a peak of 0.2."""
    rng = np.random.default_rng([21, pitch, take])
    t = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros(len(t))
    for number, (drawbar, footage) in enumerate(zip(stops.drawbars, _FOOTAGES, strict=True)):
        phase, closes = rng.random(), rng.uniform(0.0, _CONTACTS_S)
        level = 10.0 ** (3.0 * (drawbar - 8) / 20.0) if drawbar else 0.0
        struck = (
            0.9 * np.exp(-t / stops.percussion_s) if number == _PERCUSSION and stops.percussion_s else 0.0
        )
        if not level and not np.any(struck):
            continue
        wheel = pitch + footage
        while wheel > _LAST_WHEEL:
            wheel -= 12
        while wheel < _FIRST_WHEEL:
            wheel += 12
        contact = np.clip((t - closes) / _CLOSING_S, 0.0, 1.0)
        out += contact * (level + struck) * np.sin(2 * np.pi * (hertz(wheel) * t + phase))
    return (0.2 * out).astype(np.float32)
