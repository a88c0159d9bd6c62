"""The spectrogram a person looks at: decibels on a mel, logarithmic or linear frequency axis.

Not the mel of the networks (that contract lives in core and ml): this one is sized by the pixels of a view.
Choices: a column shows the loudest of the frames it covers, so that a click stays visible when ten minutes
are squeezed into a thousand pixels; audio is visited in blocks, so memory does not grow with its length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.typing import NDArray

Scale = Literal["mel", "log", "linear"]

FLOOR_DB = -120.0
_LOWEST_HZ = {"mel": 0.0, "log": 40.0, "linear": 0.0}
_HIGHEST_HZ = 20_000.0
# The log axis magnifies the bass and needs a finer FFT there; the others favour sharp onsets.
_WINDOW_S = {"mel": 0.045, "log": 0.085, "linear": 0.045}
_BLOCK_SAMPLES = 1 << 20


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """A picture of sound.

    Attributes:
        db: float32 [bins, columns], low frequencies first, FLOOR_DB to about 0 (a full-scale sine).
        freqs_hz: float64 [bins], centre frequency of each row.
        column_s: seconds a column covers; column k shows k * column_s to (k + 1) * column_s.
    """

    db: NDArray[np.float32]
    freqs_hz: NDArray[np.float64]
    column_s: float

    def row_of(self, freq_hz: float) -> float:
        """The fractional row of a frequency, for axis ticks and readouts; clamped to the picture."""
        return float(np.interp(freq_hz, self.freqs_hz, np.arange(len(self.freqs_hz))))


def display_spectrogram(
    audio_mono: NDArray[np.float32],
    sample_rate: int,
    *,
    scale: Scale,
    bins: int = 256,
    columns_per_s: float,
) -> Spectrogram:
    """Short-time Fourier transform, Hann window, gathered into `bins` rows and columns of equal length.

    Args:
        audio_mono: float32 [T], full scale 1.0.
        sample_rate: in Hz.
        scale: frequency axis, to 20 kHz or half the sample rate.
        bins: rows.
        columns_per_s: columns a second, any positive number; the last column may be partly beyond the end.

    Returns:
        A Spectrogram of ceil(T / sample_rate * columns_per_s) columns.
    """
    if audio_mono.ndim != 1 or bins < 2 or columns_per_s <= 0:
        raise ValueError(
            "display_spectrogram needs mono audio, two or more bins and a positive columns_per_s"
        )
    n_fft = 1 << round(np.log2(_WINDOW_S[scale] * sample_rate))
    columns = int(np.ceil(len(audio_mono) / sample_rate * columns_per_s - 1e-9))
    freqs_hz = axis_frequencies(scale, bins, sample_rate)
    weights = _row_weights(freqs_hz, sample_rate, n_fft)
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
    window *= 2.0 / window.sum()  # a full-scale sine peaks at 1.0

    # Frames half a window apart see every sample; a column of several frames keeps the loudest.
    column_samples = sample_rate / columns_per_s
    per_column = max(1, int(np.ceil(column_samples / (n_fft / 2))))
    columns_a_block = max(1, _BLOCK_SAMPLES // (n_fft * per_column))
    power = np.empty((bins, columns), dtype=np.float32)
    for first in range(0, columns, columns_a_block):
        last = min(columns, first + columns_a_block)
        sub = np.arange(first * per_column, last * per_column)
        starts = np.round((sub + 0.5) * column_samples / per_column).astype(np.int64) - n_fft // 2
        spectrum = scipy.fft.rfft(_frames(audio_mono, starts, n_fft) * window, axis=1)
        rows = weights @ (spectrum.real**2 + spectrum.imag**2).T
        power[:, first:last] = rows.reshape(bins, last - first, per_column).max(axis=2)
    floor = np.float32(10.0 ** (FLOOR_DB / 10.0))
    db = np.maximum(np.float32(10.0) * np.log10(np.maximum(power, floor)), np.float32(FLOOR_DB))
    return Spectrogram(db, freqs_hz, 1.0 / columns_per_s)


def axis_frequencies(scale: Scale, bins: int, sample_rate: int) -> NDArray[np.float64]:
    """Row centres, ascending, float64 [bins]. The mel scale is O'Shaughnessy's, 2595 log10(1 + f / 700)."""
    low, high = _LOWEST_HZ[scale], min(_HIGHEST_HZ, sample_rate / 2)
    if scale == "linear":
        return np.linspace(low, high, bins)
    if scale == "log":
        return np.geomspace(low, high, bins)
    mels = np.linspace(np.log10(1 + low / 700), np.log10(1 + high / 700), bins)
    return np.asarray(700 * (10**mels - 1), dtype=np.float64)


def _row_weights(freqs_hz: NDArray[np.float64], sample_rate: int, n_fft: int) -> scipy.sparse.csr_matrix:
    """Triangles between neighbouring rows, each never narrower than two FFT bins; [bins, n_fft // 2 + 1]."""
    fft_hz = sample_rate / n_fft
    spacing = np.maximum(np.diff(freqs_hz), fft_hz)
    left = np.concatenate([spacing[:1], spacing])[:, None]
    right = np.concatenate([spacing, spacing[-1:]])[:, None]
    distance = np.arange(n_fft // 2 + 1) * fft_hz - freqs_hz[:, None]
    weights = np.clip(1 - np.where(distance < 0, -distance / left, distance / right), 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    return scipy.sparse.csr_matrix(weights.astype(np.float32))


def _frames(audio: NDArray[np.float32], starts: NDArray[np.int64], n_fft: int) -> NDArray[np.float32]:
    """Rows of n_fft samples from each start, zero outside the audio; float32 [len(starts), n_fft]."""
    low, high = int(starts[0]), int(starts[-1]) + n_fft
    block = np.zeros(high - low, dtype=np.float32)
    inside_low, inside_high = max(low, 0), min(high, len(audio))
    if inside_high > inside_low:
        block[inside_low - low : inside_high - low] = audio[inside_low:inside_high]
    return np.lib.stride_tricks.sliding_window_view(block, n_fft)[starts - low]
