"""How strongly each semitone sounds, stretch by stretch: what a player hears of the register that is taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from studio.core.audio import Audio

PITCHES = 128
#: Semitones below A1 cannot be told apart by the window, those above C8 carry nothing.
_LOWEST, _HIGHEST = 33, 108
_WINDOW_S, _HOP_S = 0.19, 0.095
#: What lies this far below the loudest semitone of its moment counts for nothing.
_RANGE_DB = 40.0
#: So does a moment this far below the loudest ones of the recording.
_QUIET_DB = 30.0
_BLOCK = 64


def pitch_salience(audio: Audio, edges_s: Sequence[float]) -> NDArray[np.float64]:
    """Level of each semitone (A4 = 440 Hz), partials as they come.

    Args:
        edges_s: rising times in seconds; beyond the audio there is silence.

    Returns:
        float64 [len(edges_s) - 1, 128]: 1 where a MIDI pitch is the loudest all the time, 0 where it does not
        sound or lies outside A1 to C8.
    """
    audio = audio.carried()
    rate = audio.sample_rate
    size, hop = int(_WINDOW_S * rate), int(_HOP_S * rate)
    n_fft = scipy.fft.next_fast_len(2 * size, real=True)
    window = np.hanning(size).astype(np.float32)
    bins = _semitone_bins(rate, n_fft)
    count = max(0, (audio.frames - size) // hop + 1)
    levels = np.zeros((count, len(bins)), dtype=np.float32)
    for first in range(0, count, _BLOCK):
        stop = min(count, first + _BLOCK)
        part = audio.samples[:, first * hop : (stop - 1) * hop + size].mean(axis=0)
        rows = np.lib.stride_tricks.sliding_window_view(part, size)[::hop]
        power = np.square(np.abs(scipy.fft.rfft(rows * window, n_fft, axis=1)))
        levels[first:stop] = np.stack([power[:, low:high].max(axis=1) for low, high in bins], axis=1)
    salience = np.zeros((len(edges_s) - 1, PITCHES))
    if not count or not levels.any():
        return salience
    db = 10 * np.log10(levels + 1e-20)
    loudest = db.max(axis=1)
    shares = np.clip(1.0 + (db - loudest[:, None]) / _RANGE_DB, 0.0, 1.0)
    shares[loudest < np.percentile(loudest, 95) - _QUIET_DB] = 0.0
    centres = (np.arange(count) * hop + size / 2) / rate
    row = np.searchsorted(np.asarray(edges_s), centres, side="right") - 1
    inside = (row >= 0) & (row < len(salience))
    sums = np.zeros((len(salience), len(bins)))
    np.add.at(sums, row[inside], shares[inside])
    frames = np.bincount(row[inside], minlength=len(salience))
    salience[:, _LOWEST : _LOWEST + len(bins)] = sums / np.maximum(frames, 1)[:, None]
    return salience


def _semitone_bins(sample_rate: int, n_fft: int) -> list[tuple[int, int]]:
    """First and last bin (exclusive) of each semitone from _LOWEST on, as far as half the sample rate."""
    bins = []
    for pitch in range(_LOWEST, _HIGHEST + 1):
        low, high = (440.0 * 2 ** ((pitch + side - 69) / 12) * n_fft / sample_rate for side in (-0.5, 0.5))
        if high >= n_fft // 2:
            break
        first = round(low)
        bins.append((first, max(first + 1, round(high))))
    return bins
