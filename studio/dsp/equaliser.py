"""A parametric equaliser: bells and shelves at fixed frequencies, at any sample rate.

Biquads by bilinear transform of the analogue prototypes in R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad
filter coefficients".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Shape = Literal["bell", "low shelf", "high shelf"]

#: A band whose middle lies above this share of half the sample rate has nothing to act on.
_TOP = 0.95


@dataclass(frozen=True)
class EqBand:
    """
    Attributes:
        hz: middle of a bell, or of a shelf's slope.
        gain_db: at the middle of a bell, or on the shelf.
        q: of a bell 1 is about 1.4 octaves wide; of a shelf .7 is the steepest without a bump.
    """

    shape: Shape
    hz: float
    gain_db: float
    q: float = 0.7


def equaliser(bands: Sequence[EqBand], sample_rate: int) -> NDArray[np.float64]:
    """Second-order sections [N, 6] for `scipy.signal.sosfilt`, one for each band within reach of the sample rate."""
    rows = [_biquad(band, sample_rate) for band in bands if band.hz < _TOP * sample_rate / 2]
    return np.array(rows) if rows else np.array([[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]])


def _biquad(band: EqBand, sample_rate: int) -> NDArray[np.float64]:
    amplitude = 10.0 ** (band.gain_db / 40.0)
    angle = 2.0 * np.pi * band.hz / sample_rate
    cos, alpha = np.cos(angle), np.sin(angle) / (2.0 * band.q)
    if band.shape == "bell":
        b = [1.0 + alpha * amplitude, -2.0 * cos, 1.0 - alpha * amplitude]
        a = [1.0 + alpha / amplitude, -2.0 * cos, 1.0 - alpha / amplitude]
    else:
        # The high shelf is the low one mirrored: cos changes its sign, and so do the odd coefficients.
        side = 1.0 if band.shape == "low shelf" else -1.0
        up, down, slope = amplitude + 1.0, amplitude - 1.0, 2.0 * np.sqrt(amplitude) * alpha
        b = [
            amplitude * (up - side * down * cos + slope),
            side * 2.0 * amplitude * (down - side * up * cos),
            amplitude * (up - side * down * cos - slope),
        ]
        a = [
            up + side * down * cos + slope,
            -side * 2.0 * (down + side * up * cos),
            up + side * down * cos - slope,
        ]
    return np.array([*b, *a]) / a[0]
