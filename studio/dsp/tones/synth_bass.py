"""Basses of a subtractive synthesiser: two oscillators, a falling low-pass with a peak at its edge.

The filter is in the harmonics: a wave is held at a quarter octave of cutoffs and read between them (wavetables after
Horner, Beauchamp and Haken, "Methods for multiple wavetable synthesis", JAES 41(5), 1993), four poles in magnitude.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from studio.dsp.tones.tables import RATE, Array, Curve, cycles, harmonics, hertz, read_between

_CUTOFFS_HZ = 60.0 * 2.0 ** (np.arange(33) / 4)
_ATTACK_S = 0.004


@dataclass(frozen=True)
class BassPatch:
    """One sound.

    Attributes:
        slope: level of harmonic k is k to the power of minus this.
        odd: whether even harmonics are missing.
        cents: how far the two oscillators are apart.
        sub: level of a sine at the fundamental beside them.
        cutoff_hz: where the filter ends up.
        octaves, fall_s: how far above it begins at the hardest stroke, and how fast it falls.
        peak: quality of the resonance; .7 for none.
        sustain: level held, of the first.
    """

    slope: float
    odd: bool
    cents: float
    sub: float
    cutoff_hz: float
    octaves: float
    fall_s: float
    peak: float
    sustain: float


BASSES: Mapping[str, BassPatch] = {
    "synth bass": BassPatch(1.0, False, 6.0, 0.3, 320.0, 3.2, 0.22, 1.4, 0.7),
    "round synth bass": BassPatch(1.4, True, 0.0, 0.6, 260.0, 1.8, 0.14, 0.8, 0.75),
    "sub bass": BassPatch(2.2, False, 0.0, 1.0, 200.0, 0.6, 0.10, 0.7, 0.9),
    "acid bass": BassPatch(1.0, False, 0.0, 0.2, 260.0, 3.6, 0.20, 6.0, 0.7),
}


def synth_bass(pitch: int, seconds: float, patch: BassPatch, hardness: float) -> Array:
    """A held note, float32 [T], its fundamental at about 0.3.

    Args:
        hardness: 0 to 1; opens the filter.
    """
    f0 = hertz(pitch)
    t = np.arange(round(seconds * RATE)) / RATE
    opened = patch.octaves * (0.35 + 0.65 * hardness) * np.exp(-t / patch.fall_s)
    # The edge follows the key by half, so that high notes are no duller than low ones.
    edge_hz = patch.cutoff_hz * (f0 / 55.0) ** 0.5
    place = np.clip(4 * (np.log2(edge_hz / 60.0) + opened), 0, len(_CUTOFFS_HZ) - 1.001)
    tables = cycles(_filtered(f0, patch))
    apart = 2.0 ** (patch.cents / 2400.0)
    wave = read_between(tables, f0 * apart * t, place)
    if patch.cents:
        wave = 0.5 * (wave + read_between(tables, f0 / apart * t + 0.25, place))
    wave = wave + np.float32(patch.sub) * np.sin(2 * np.pi * f0 * t).astype(np.float32)
    level = np.minimum(1.0, t / _ATTACK_S) * (patch.sustain + (1.0 - patch.sustain) * np.exp(-t / 0.35))
    return (0.3 * wave * level).astype(np.float32)


def _filtered(f0_hz: float, patch: BassPatch) -> Curve:
    """Levels of the harmonics at each cutoff, [cutoffs, K]."""
    hz = harmonics(f0_hz)
    number = np.arange(1, len(hz) + 1)
    wave = number**-patch.slope * (number % 2 if patch.odd else 1.0)
    x = (hz[None] / _CUTOFFS_HZ[:, None]) ** 2
    flat, peaked = ((1 - x) ** 2 + x / q**2 for q in (0.54, patch.peak))
    return wave / np.sqrt(flat * peaked)
