"""A small print of a sound that survives MP3, a change of level or of sample rate, to find again what was exported.

After Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System" (ISMIR 2002, section 4): 32 bits a frame, each
the sign of how the difference of two neighbouring bands changes from frame to frame. Ours differs in the bands (60 to
4000 Hz, so that a bass has a print), in the hop (46 ms: 87 bytes a second) and in the energies, which are logarithms
above a floor: what lies far below the music is what encoders throw away. Frames of silence have no print (0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.audio import Audio
from studio.dsp.resample import resample

Print = NDArray[np.uint32]

#: What a print is made from; other rates are converted.
PRINT_RATE = 11025
_SIZE, _HOP = 4096, 512
_BANDS, _LOW_HZ, _HIGH_HZ = 33, 60.0, 4000.0
#: Below the loudest frame: what is quieter is silence; and below a frame's loudest band: what is quieter is nothing.
_SILENCE_DB, _FLOOR_DB = -60.0, -50.0
_BLOCK = 256
#: Frames that must overlap, about six seconds; a shorter sound must overlap by half of itself.
_LEAST = 128
#: A value that fills a loop is no place in it.
_MOST_PLACES = 16


@dataclass(frozen=True)
class Likeness:
    """How alike two prints are where they fit best.

    Attributes:
        errors: share of bits that differ, 0 to 0.5 or so.
        offset_s: of the first one's start in the second.
        overlap_s: how long both sound there.
    """

    errors: float
    offset_s: float
    overlap_s: float


#: Of two sounds that have nothing to do with each other.
UNLIKE = Likeness(0.5, 0.0, 0.0)


def sound_print(audio: Audio) -> Print:
    """The print of a sound, uint32 [frames]; empty for one that is silent or shorter than two frames."""
    mono = Audio(audio.samples.mean(axis=0, keepdims=True, dtype=np.float32), audio.sample_rate)
    x = resample(mono, PRINT_RATE).samples[0]
    count = 1 + (len(x) - _SIZE) // _HOP if len(x) >= _SIZE else 0
    if count < 2:
        return np.zeros(0, dtype=np.uint32)
    frames = np.lib.stride_tricks.sliding_window_view(x, _SIZE)[::_HOP]
    window = np.hanning(_SIZE).astype(np.float32)
    edges = _LOW_HZ * (_HIGH_HZ / _LOW_HZ) ** (np.arange(_BANDS + 1) / _BANDS)
    bins = np.unique(np.round(edges * _SIZE / PRINT_RATE).astype(int))
    assert len(bins) == _BANDS + 1
    power = np.empty((count, _BANDS), dtype=np.float64)
    for start in range(0, count, _BLOCK):
        spectrum = np.fft.rfft(frames[start : start + _BLOCK] * window, axis=1)
        power[start : start + _BLOCK] = np.add.reduceat(np.abs(spectrum) ** 2, bins, axis=1)[:, :_BANDS]
    peak, loudest = power.max(axis=1), power.max()
    if loudest <= 1e-9:
        return np.zeros(0, dtype=np.uint32)
    level = np.log(np.maximum(power, peak[:, None] * 10 ** (_FLOOR_DB / 10) + loudest * 1e-9))
    step = np.diff(level, axis=1)
    bits = np.diff(step, axis=0) > 0
    values = (bits.astype(np.uint64) << np.arange(_BANDS - 1, dtype=np.uint64)).sum(axis=1).astype(np.uint32)
    silent = peak[1:] < loudest * 10 ** (_SILENCE_DB / 10)
    values[silent] = 0
    return values


def likeness(one: Print, other: Print) -> Likeness:
    """Compares two prints at the offset at which most of their frames agree; UNLIKE where they share too little."""
    best = UNLIKE
    least = max(8, min(_LEAST, _sounding(one) // 2, _sounding(other) // 2))
    for offset in _offsets(one, other):
        first, second = max(0, -offset), max(0, offset)
        length = min(len(one) - first, len(other) - second)
        if length < least:
            continue
        a, b = one[first : first + length], other[second : second + length]
        both = (a != 0) & (b != 0)
        if int(np.count_nonzero(both)) < least:
            continue
        errors = float(np.bitwise_count(a[both] ^ b[both]).mean() / (_BANDS - 1))
        if errors < best.errors:
            hop_s = _HOP / PRINT_RATE
            best = Likeness(errors, offset * hop_s, float(np.count_nonzero(both)) * hop_s)
    return best


def _sounding(print_: Print) -> int:
    return int(np.count_nonzero(print_))


def _offsets(one: Print, other: Print) -> list[int]:
    """Where the second may begin to be like the first, in frames: at its start, and where most frames are equal."""
    order = np.argsort(other, kind="stable")
    sorted_ = other[order]
    low, high = np.searchsorted(sorted_, one, "left"), np.searchsorted(sorted_, one, "right")
    count = np.where((one != 0) & (high - low <= _MOST_PLACES), high - low, 0)
    near = [0, 1, -1, 2, -2]
    if not count.sum():
        return near
    source = np.repeat(np.arange(len(one)), count)
    within = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
    shifts = order[np.repeat(low, count) + within] - source
    found, votes = np.unique(shifts, return_counts=True)
    top = found[np.argsort(votes)[-3:]]
    return [*near, *(int(t + d) for t in top for d in (0, 1, -1))]
