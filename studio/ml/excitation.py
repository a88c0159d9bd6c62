"""The sound source of the vocoder: what the notes alone say about the waveform.

A network that makes phase from a steady mel locks its partials to the STFT grid and sounds out of tune; so
pitch comes from here, sample-exact, and the networks only shape it. Tonal stems get a band-limited comb a
note (1/k, fixed random phases), drums get noise bursts and decaying sines; every onset gets a click of noise.
Any stretch of the song can be made on its own: nothing depends on where a window starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import Note

Array = NDArray[np.float32]

_TABLE = 16384
_ATTACK_S = 0.003
_RELEASE_S = 3.0
_CLICK_S = 0.012
_NOISE_BLOCK = 1 << 15

#: Drum hits by General MIDI key: noise bursts as (level, decay in s), then sines as (level, start Hz, end Hz,
# decay s).
_DRUMS: dict[int, tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float, float, float], ...]]] = {
    36: (((0.5, 0.005),), ((1.0, 160.0, 52.0, 0.16),)),
    38: (((0.6, 0.005), (0.5, 0.03), (0.35, 0.12)), ((0.5, 240.0, 185.0, 0.07),)),
    39: (((0.7, 0.01), (0.4, 0.08)), ()),
    42: (((0.4, 0.005), (0.4, 0.03)), ()),
    46: (((0.4, 0.005), (0.35, 0.25)), ()),
    49: (((0.5, 0.005), (0.35, 0.15), (0.3, 0.9)), ()),
    51: (((0.4, 0.005), (0.2, 0.05), (0.2, 0.6)), ((0.05, 3100.0, 3100.0, 0.3),)),
    54: (((0.4, 0.01), (0.3, 0.09)), ()),
    70: (((0.35, 0.03),), ()),
    43: (((0.4, 0.005), (0.1, 0.05)), ((0.9, 120.0, 78.0, 0.22),)),
    45: (((0.4, 0.005), (0.1, 0.05)), ((0.9, 145.0, 95.0, 0.2),)),
    47: (((0.4, 0.005), (0.1, 0.05)), ((0.9, 170.0, 115.0, 0.18),)),
    50: (((0.4, 0.005), (0.1, 0.05)), ((0.9, 200.0, 140.0, 0.16),)),
}
DRUM_KEYS = tuple(sorted(_DRUMS))


@lru_cache(maxsize=128)
def _comb(pitch: int, sample_rate: int) -> Array:
    """One period of the comb of a MIDI pitch, band-limited, plus one sample for interpolation."""
    harmonics = max(1, int(0.46 * sample_rate / _frequency(pitch)))
    k = np.arange(1, harmonics + 1)
    phases = np.random.default_rng(pitch).uniform(0.0, 2 * np.pi, harmonics)
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
    spectrum[1 : harmonics + 1] = np.exp(1j * phases) / k
    wave = np.fft.irfft(spectrum, _TABLE) * _TABLE / 2
    return np.append(wave, wave[0]).astype(np.float32)


def _frequency(pitch: float) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def noise(seed: Sequence[int], start: int, frames: int) -> Array:
    """White Gaussian noise of a timeline: a position has its sample wherever the stretch begins."""
    first, last = start // _NOISE_BLOCK, (start + frames - 1) // _NOISE_BLOCK
    blocks = [
        np.random.default_rng([*seed, block + 1_000_000]).standard_normal(_NOISE_BLOCK, dtype=np.float32)
        for block in range(first, last + 1)
    ]
    offset = start - first * _NOISE_BLOCK
    return np.concatenate(blocks)[offset : offset + frames]


def _tonal(notes: Sequence[Note], click: Array, start: int, frames: int, sample_rate: int) -> Array:
    out = np.zeros(frames, dtype=np.float32)
    begin_s, end_s = start / sample_rate, (start + frames) / sample_rate
    next_start: dict[int, float] = {}
    # Backwards, so that each note knows when its pitch is struck again and its ringing must stop.
    for note in sorted(notes, key=lambda n: n.start_s, reverse=True):
        restrike_s = next_start.get(note.pitch, np.inf)
        next_start[note.pitch] = note.start_s
        stop_s = min(note.end_s + _RELEASE_S, restrike_s + 0.01)
        if stop_s <= begin_s or note.start_s >= end_s:
            continue
        first = max(0, round((note.start_s - begin_s) * sample_rate))
        last = min(frames, round((stop_s - begin_s) * sample_rate))
        if last <= first:
            continue
        index = np.arange(first, last) + start
        t = (index / sample_rate - note.start_s).astype(np.float32)
        envelope = np.clip(t / _ATTACK_S, 0.0, 1.0)
        after = np.maximum(t - np.float32(note.end_s - note.start_s), 0.0)
        envelope *= 0.95 * np.exp(-after / 0.09) + 0.05 * np.exp(-after)
        if np.isfinite(restrike_s):
            envelope *= np.clip((np.float32(stop_s - note.start_s) - t) / 0.01, 0.0, 1.0)
        # Phase counts from sample 0 of the song, in double precision: exact after ten minutes.
        position = (index * (_frequency(note.pitch) / sample_rate) % 1.0) * _TABLE
        whole = position.astype(np.int64)
        part = (position - whole).astype(np.float32)
        table = _comb(note.pitch, sample_rate)
        level = np.float32((note.velocity / 127.0) ** 1.5)
        wave = table[whole] * (1 - part) + table[whole + 1] * part
        out[first:last] += level * envelope * wave
        burst = min(last, first + round(_CLICK_S * sample_rate))
        out[first:burst] += 0.6 * level * click[first:burst] * np.exp(-t[: burst - first] / 0.004)
    return out


def _drums(notes: Sequence[Note], bursts: Array, start: int, frames: int, sample_rate: int) -> Array:
    out = np.zeros(frames, dtype=np.float32)
    begin_s, end_s = start / sample_rate, (start + frames) / sample_rate
    for note in notes:
        noises, sines = _DRUMS[note.pitch]
        length_s = 5.0 * max([decay for _, decay in noises] + [s[3] for s in sines])
        if note.start_s >= end_s or note.start_s + length_s <= begin_s:
            continue
        first = max(0, round((note.start_s - begin_s) * sample_rate))
        last = min(frames, round((note.start_s + length_s - begin_s) * sample_rate))
        t = ((np.arange(first, last) + start) / sample_rate - note.start_s).astype(np.float32)
        t = np.maximum(t, 0.0)
        level = np.float32((note.velocity / 127.0) ** 1.5)
        envelope = sum(amount * np.exp(-t / np.float32(decay)) for amount, decay in noises)
        out[first:last] += level * envelope * bursts[first:last]
        for amount, high, low, decay in sines:
            # Instantaneous frequency falls from high to low with a 30 ms time constant; phase is its
            # integral.
            turns = low * t + (high - low) * 0.03 * (1.0 - np.exp(-t / 0.03))
            out[first:last] += level * amount * np.exp(-t / np.float32(decay)) * np.sin(2 * np.pi * turns)
    return out


def excite(
    stem: str, notes: Sequence[Note], *, seed: int, start: int, frames: int, sample_rate: int = 44100
) -> tuple[Array, Array]:
    """Excitation and noise of one stem.

    Args:
        stem: 'drums' for hits, anything else for pitched notes.
        start: first sample of the stretch on the song's timeline; may be negative.
        frames: samples wanted.

    Returns:
        (excitation, noise), each float32 [frames]; the noise has unit variance.
    """
    white = noise((seed, 0), start, frames)
    clicks = noise((seed, 1), start, frames)
    make = _drums if stem == "drums" else _tonal
    return make(notes, clicks, start, frames, sample_rate), white
