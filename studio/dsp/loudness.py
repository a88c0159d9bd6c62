"""Loudness and peaks as broadcasters measure them (ITU-R BS.1770-4, EBU R 128)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyloudnorm
import scipy.signal
from numpy.typing import NDArray

from studio.core.audio import Audio

SILENCE_DB = -120.0

# Gating (BS.1770-4, section 5.1): blocks of 400 ms, a new one every 100 ms.
_HOP_S, _HOPS_A_BLOCK = 0.1, 4
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_OFFSET_LU = -0.691

_OVERSAMPLING = 4
#: Interpolation filter: ten zero crossings of a Kaiser-windowed sinc on either side.
_FILTER = scipy.signal.firwin(20 * _OVERSAMPLING + 1, 1 / _OVERSAMPLING, window=("kaiser", 5.0)).astype(
    np.float32
)
_BLOCK, _MARGIN = 2048, 16
_BATCH = 256
#: No interpolated value can exceed the largest sample by more than this factor (L1 norm of a filter phase).
_OVERSHOOT = float(max(np.abs(_FILTER[p::_OVERSAMPLING]).sum() for p in range(_OVERSAMPLING)) * _OVERSAMPLING)


def to_db(amplitude: float) -> float:
    """Amplitude -> dB, floored at SILENCE_DB."""
    return float(20 * np.log10(max(amplitude, 10 ** (SILENCE_DB / 20))))


def integrated_lufs(audio: Audio) -> float:
    """Gated integrated loudness in LUFS, floored at SILENCE_DB; shorter than 0.4 s counts as one block."""
    loudness = IntegratedLoudness(audio.sample_rate, audio.channels)
    loudness.feed(audio.samples)
    return loudness.lufs()


class IntegratedLoudness:
    """The same of a signal that comes in pieces.

    The filters are pyloudnorm's; the gating is written out because that is several times as fast: both filters
    in one pass, and the energy of a block from those of its hops.
    """

    def __init__(self, sample_rate: int, channels: int = 2) -> None:
        self._filter = k_weighting(sample_rate)
        self._state = np.zeros((len(self._filter), channels, 2), np.float32)
        self._hop = round(_HOP_S * sample_rate)
        self._energies: list[NDArray[np.float64]] = []
        self._begun, self._begun_frames = 0.0, 0  # of the hop that is not whole yet

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Takes the next frames, [C, T]."""
        weighted, self._state = scipy.signal.sosfilt(self._filter, samples, zi=self._state)
        power = np.square(weighted).sum(axis=0)
        first = min(self._hop - self._begun_frames, len(power))
        self._begun += float(power[:first].sum(dtype=np.float64))
        self._begun_frames += first
        if self._begun_frames < self._hop:
            return
        whole = (len(power) - first) // self._hop
        inner = power[first : first + whole * self._hop].reshape(whole, self._hop)
        self._energies += [np.array([self._begun]), inner.sum(axis=1, dtype=np.float64)]
        left = power[first + whole * self._hop :]
        self._begun, self._begun_frames = float(left.sum(dtype=np.float64)), len(left)

    def lufs(self) -> float:
        """Of everything fed so far."""
        energy = np.concatenate([np.zeros(0), *self._energies])
        if len(energy) < _HOPS_A_BLOCK:  # shorter than one block: what is there, and silence
            energy = np.append(energy, self._begun)
            energy = np.pad(energy, (0, max(0, _HOPS_A_BLOCK - len(energy))))
        return gated_lufs(energy / self._hop)


def gated_lufs(energy: NDArray[np.float64]) -> float:
    """Integrated loudness from the mean squares of tenths of a second, summed over the channels.

    Floored at SILENCE_DB, which also stands for less than one block of 0.4 s.
    """
    if len(energy) < _HOPS_A_BLOCK:
        return SILENCE_DB
    blocks = np.convolve(energy, np.ones(_HOPS_A_BLOCK), mode="valid") / _HOPS_A_BLOCK
    absolute = blocks[blocks > 10 ** ((_ABSOLUTE_GATE_LUFS - _OFFSET_LU) / 10)]
    if not len(absolute):
        return SILENCE_DB
    gated = absolute[absolute > absolute.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
    return lufs_of(float(gated.mean()))


def lufs_of(energy: float) -> float:
    """Loudness of a mean square of K-weighted samples, summed over the channels (BS.1770-4, equation 2)."""
    return max(SILENCE_DB, float(_OFFSET_LU + 10 * np.log10(max(energy, 1e-30))))


@lru_cache(maxsize=8)
def k_weighting(sample_rate: int) -> NDArray[np.float32]:
    """Head shelf and high-pass as second-order sections; float32, which halves the time and costs 0.001 LU."""
    filters = pyloudnorm.Meter(sample_rate)._filters.values()
    return np.array([np.concatenate([f.b, f.a]) for f in filters], dtype=np.float32)


def peak_db(audio: Audio) -> float:
    """Largest sample in dBFS."""
    if not audio.frames:
        return SILENCE_DB
    return to_db(float(max(audio.samples.max(), -audio.samples.min())))


def true_peak_db(audio: Audio) -> float:
    """Largest value between and on the samples, in dBTP, at four times oversampling (BS.1770-4, annex 2)."""
    meter = TruePeak(audio.channels)
    meter.feed(audio.samples)
    return meter.db()


class TruePeak:
    """The same of a signal that comes in pieces.

    Loud blocks are looked at first; blocks that cannot beat what was found are skipped, which is most of a song.
    """

    def __init__(self, channels: int = 2) -> None:
        self._highest = 0.0
        self._recent: NDArray[np.float32] = np.zeros((channels, 2 * _MARGIN), np.float32)

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Takes the next frames, [C, T]."""
        for i, channel in enumerate(samples):
            self._recent[i] = self._look(np.concatenate([self._recent[i], channel]))

    def db(self) -> float:
        """The highest so far, when silence follows."""
        for row in self._recent:
            self._look(np.concatenate([row, np.zeros(_MARGIN, np.float32)]))
        return to_db(self._highest)

    def take(self) -> float:
        """The highest amplitude between and on the samples since the last call; the last 16 samples wait for more."""
        highest, self._highest = self._highest, 0.0
        return highest

    def _look(self, channel: NDArray[np.float32]) -> NDArray[np.float32]:
        """Takes in what has _MARGIN samples on either side; returns what must precede the next piece."""
        inside = len(channel) - 2 * _MARGIN
        if not inside:
            return channel
        blocks = -(-inside // _BLOCK)
        padded = np.zeros(blocks * _BLOCK + 2 * _MARGIN, dtype=np.float32)
        padded[: len(channel)] = channel
        rows = np.lib.stride_tricks.sliding_window_view(padded, _BLOCK + 2 * _MARGIN)[::_BLOCK]
        peaks = np.maximum(rows.max(axis=1, initial=0.0), -rows.min(axis=1, initial=0.0))
        order = np.argsort(-peaks)
        for first in range(0, blocks, _BATCH):
            batch = order[first : first + _BATCH]
            batch = batch[peaks[batch] * _OVERSHOOT > self._highest]
            if not len(batch):
                break
            fine = scipy.signal.resample_poly(rows[batch], _OVERSAMPLING, 1, axis=1, window=_FILTER)
            # What was padded beyond the piece is not sound yet.
            fine = fine[:, _MARGIN * _OVERSAMPLING : -_MARGIN * _OVERSAMPLING]
            fine[batch == blocks - 1, (inside - (blocks - 1) * _BLOCK) * _OVERSAMPLING :] = 0.0
            self._highest = max(self._highest, float(fine.max()), float(-fine.min()))
        return channel[inside:].copy()
