"""Where sung sounds begin: a spectral-flux curve of 5 ms steps.

The pitch tracker's 16 ms frames are too coarse to place a beat within 30 ms, and it does not see a syllable
repeated on one pitch. Flux follows SuperFlux (Boeck and Widmer, DAFx 2013): each band is compared with the loudest
of its neighbours a little earlier, so that vibrato does not look like a row of onsets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from studio.analysis.pitch import ANALYSIS_RATE
from studio.core.audio import Samples

_WINDOW = 512
_HOP = 80
_BANDS = 48
_LAG = 4  # frames: 20 ms
_BLOCK_FRAMES = 4096
_FLOOR_DB = -45.0
#: Where vowels are strong, and pops, breaths and consonants weak.
VOWELS_HZ = (300.0, 1500.0)


@dataclass(frozen=True, eq=False)
class OnsetCurve:
    """Onset strength.

    Attributes:
        strength: float64 [F], 0 and up; about 1 at a clear syllable start of this recording.
        level_db: float64 [F], RMS level in dBFS.
        vowel_db: float64 [F], level between VOWELS_HZ in dB, up to a constant.
        hop_s: seconds between frames; frame 0 is centred on sample 0.
    """

    strength: NDArray[np.float64]
    level_db: NDArray[np.float64]
    vowel_db: NDArray[np.float64]
    hop_s: float = _HOP / ANALYSIS_RATE

    def index(self, time_s: float) -> int:
        """The frame nearest a time, kept inside the curve."""
        return int(np.clip(round(time_s / self.hop_s), 0, len(self.strength) - 1))

    def peak_near(self, time_s: float, before_s: float, after_s: float) -> tuple[float, float]:
        """The strongest point of a window around a time: (its time, its strength)."""
        low, high = self.index(time_s - before_s), self.index(time_s + after_s) + 1
        best = low + int(np.argmax(self.strength[low:high]))
        return best * self.hop_s, float(self.strength[best])


def _bands() -> NDArray[np.float64]:
    """Triangles spaced evenly in log frequency from 80 Hz to 7.5 kHz, [BANDS, bins]."""
    bins = np.fft.rfftfreq(_WINDOW, 1 / ANALYSIS_RATE)
    edges = np.geomspace(80.0, 7500.0, _BANDS + 2)
    # Low triangles are narrower than a bin; widening them keeps each band from falling between bins.
    low = np.minimum(edges[:-2], edges[1:-1] - bins[1])
    high = np.maximum(edges[2:], edges[1:-1] + bins[1])
    rise = (bins - low[:, None]) / (edges[1:-1] - low)[:, None]
    fall = (high[:, None] - bins) / (high - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rise, fall))


def onset_curve(signal: Samples) -> OnsetCurve:
    """Onset strength of a float32 [T] signal at ANALYSIS_RATE; worked in blocks, so memory stays small."""
    frames = len(signal) // _HOP + 1
    window = np.hanning(_WINDOW)
    bank = _bands()
    padded = np.concatenate([np.zeros(_WINDOW // 2), signal, np.zeros(_WINDOW)])
    strength, level, vowel = np.zeros(frames), np.full(frames, -120.0), np.full(frames, -120.0)
    bins = np.fft.rfftfreq(_WINDOW, 1 / ANALYSIS_RATE)
    vowels = (bins >= VOWELS_HZ[0]) & (bins < VOWELS_HZ[1])
    # Sounds 45 dB below a full voice are no onsets: the room between the phrases must stay quiet.
    floor = max(2e-3, float(np.sqrt(np.mean(np.square(signal)))) * np.sum(window) * 10 ** (_FLOOR_DB / 20))
    for start in range(0, frames, _BLOCK_FRAMES):
        first = max(0, start - _LAG)
        last = min(frames, start + _BLOCK_FRAMES)
        views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[first * _HOP : last * _HOP : _HOP][
            : last - first
        ]
        spectrum = np.abs(np.fft.rfft(views * window, axis=1))
        bands = np.log10(spectrum @ bank.T + floor)
        reference = maximum_filter1d(bands, 3, axis=1)
        flux = np.zeros(last - first)
        flux[_LAG:] = np.maximum(0.0, bands[_LAG:] - reference[:-_LAG]).mean(axis=1)
        strength[start:last] = flux[start - first :]
        power = np.square(spectrum[:, vowels]).sum(axis=1)
        vowel[start:last] = (10 * np.log10(power + 1e-9))[start - first :]
        energy = np.square(views).mean(axis=1)
        level[start:last] = (10 * np.log10(energy + 1e-12))[start - first :]
    # The lag compares two frames: the change lies half way between them.
    strength = np.roll(strength, -_LAG // 2)
    strength = uniform_filter1d(strength, 3)
    peaks = strength[1:-1][(strength[1:-1] > strength[:-2]) & (strength[1:-1] >= strength[2:])]
    loud = np.sort(peaks)[-max(1, frames // 100) :] if len(peaks) else np.array([1.0])
    return OnsetCurve(strength / max(float(np.median(loud)), 0.02), level, vowel)
