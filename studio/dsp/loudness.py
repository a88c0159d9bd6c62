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
    """Gated integrated loudness in LUFS, floored at SILENCE_DB; shorter than 0.4 s counts as one block.

    The filters are pyloudnorm's; the gating is written out because that is several times as fast: both filters
    in one pass, and the energy of a block from those of its hops.
    """
    hop = round(_HOP_S * audio.sample_rate)
    hops = max(_HOPS_A_BLOCK, audio.frames // hop)
    energy = np.zeros(hops)
    for channel in audio.samples:
        weighted = scipy.signal.sosfilt(_k_weighting(audio.sample_rate), channel)[: hops * hop]
        whole = len(weighted) // hop
        energy[:whole] += np.square(weighted[: whole * hop]).reshape(whole, hop).sum(axis=1)
        if whole < hops:  # shorter than one block: what is there, and silence
            energy[whole] += np.square(weighted[whole * hop :]).sum()
    blocks = np.convolve(energy, np.ones(_HOPS_A_BLOCK), mode="valid") / (_HOPS_A_BLOCK * hop)
    absolute = blocks[blocks > 10 ** ((_ABSOLUTE_GATE_LUFS - _OFFSET_LU) / 10)]
    if not len(absolute):
        return SILENCE_DB
    gated = absolute[absolute > absolute.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
    return float(_OFFSET_LU + 10 * np.log10(gated.mean()))


@lru_cache(maxsize=8)
def _k_weighting(sample_rate: int) -> NDArray[np.float32]:
    """Head shelf and high-pass as second-order sections; float32, which halves the time and costs 0.001 LU."""
    filters = pyloudnorm.Meter(sample_rate)._filters.values()
    return np.array([np.concatenate([f.b, f.a]) for f in filters], dtype=np.float32)


def peak_db(audio: Audio) -> float:
    """Largest sample in dBFS."""
    if not audio.frames:
        return SILENCE_DB
    return to_db(float(max(audio.samples.max(), -audio.samples.min())))


def true_peak_db(audio: Audio) -> float:
    """Largest value between and on the samples, in dBTP, at four times oversampling (BS.1770-4, annex 2).

    Loud blocks are looked at first; blocks that cannot beat what was found are skipped, which is most of a song.
    """
    if not audio.frames:
        return SILENCE_DB
    highest = 0.0
    for channel in audio.samples:
        blocks = -(-len(channel) // _BLOCK)
        padded = np.zeros(blocks * _BLOCK + 2 * _MARGIN, dtype=np.float32)
        padded[_MARGIN : _MARGIN + len(channel)] = channel
        rows = np.lib.stride_tricks.sliding_window_view(padded, _BLOCK + 2 * _MARGIN)[::_BLOCK]
        peaks = np.maximum(rows.max(axis=1, initial=0.0), -rows.min(axis=1, initial=0.0))
        order = np.argsort(-peaks)
        for first in range(0, blocks, _BATCH):
            batch = order[first : first + _BATCH]
            batch = batch[peaks[batch] * _OVERSHOOT > highest]
            if not len(batch):
                break
            fine = scipy.signal.resample_poly(rows[batch], _OVERSAMPLING, 1, axis=1, window=_FILTER)
            inside = fine[:, _MARGIN * _OVERSAMPLING : -_MARGIN * _OVERSAMPLING]
            highest = max(highest, float(inside.max()), float(-inside.min()))
    return to_db(highest)
