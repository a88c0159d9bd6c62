"""Loudness and peaks as broadcasters measure them (ITU-R BS.1770-4, EBU R 128)."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import scipy.signal
from numpy.typing import NDArray

from studio.core.audio import Audio

SILENCE_DB = -120.0
_OVERSAMPLING = 4
#: Interpolation filter: ten zero crossings of a Kaiser-windowed sinc on either side.
_FILTER = scipy.signal.firwin(20 * _OVERSAMPLING + 1, 1 / _OVERSAMPLING, window=("kaiser", 5.0))
_BLOCK = 1 << 14
_MARGIN = 16
#: No interpolated value can exceed the largest sample by more than this factor (L1 norm of a filter phase).
_OVERSHOOT = float(max(np.abs(_FILTER[p::_OVERSAMPLING]).sum() for p in range(_OVERSAMPLING)) * _OVERSAMPLING)


def to_db(amplitude: float) -> float:
    """Amplitude -> dB, floored at SILENCE_DB."""
    return float(20 * np.log10(max(amplitude, 10 ** (SILENCE_DB / 20))))


def integrated_lufs(audio: Audio) -> float:
    """Gated integrated loudness in LUFS, floored at SILENCE_DB; shorter than 0.4 s counts as one block."""
    samples = audio.samples
    shortest = int(np.ceil(0.4 * audio.sample_rate)) + 1
    if audio.frames < shortest:
        samples = np.pad(samples, ((0, 0), (0, shortest - audio.frames)))
    if not samples.any():
        return SILENCE_DB
    with np.errstate(divide="ignore"):
        loudness = pyloudnorm.Meter(audio.sample_rate).integrated_loudness(samples.T)
    return max(float(loudness), SILENCE_DB) if np.isfinite(loudness) else SILENCE_DB


def peak_db(audio: Audio) -> float:
    """Largest sample in dBFS."""
    return to_db(float(np.abs(audio.samples).max(initial=0.0)))


def true_peak_db(audio: Audio) -> float:
    """Largest value between and on the samples, in dBTP, at four times oversampling (BS.1770-4, annex 2).

    Loud blocks are looked at first; blocks that cannot beat what was found are skipped.
    """
    highest = 0.0
    for channel in audio.samples:
        starts = np.arange(0, len(channel), _BLOCK)
        peaks = np.array([np.abs(channel[max(0, s - _MARGIN) : s + _BLOCK + _MARGIN]).max() for s in starts])
        for i in np.argsort(-peaks):
            if peaks[i] * _OVERSHOOT <= highest:
                break
            block = _with_margin(channel, int(starts[i]))
            fine = scipy.signal.resample_poly(block, _OVERSAMPLING, 1, window=_FILTER)
            inside = fine[_MARGIN * _OVERSAMPLING : -_MARGIN * _OVERSAMPLING]
            highest = max(highest, float(np.abs(inside).max()))
    return to_db(highest)


def _with_margin(channel: NDArray[np.float32], start: int) -> NDArray[np.float32]:
    """One block and its neighbours' edges, zero beyond the ends of the audio."""
    low, high = start - _MARGIN, min(start + _BLOCK, len(channel)) + _MARGIN
    inside = channel[max(0, low) : high]
    return np.pad(inside, (max(0, -low), max(0, high - len(channel))))
