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
#: A phase of 32 bits is a place in the table and a fraction of these bits.
_PART_BITS = 32 - 14
_ATTACK_S = 0.003
_RELEASE_S = 3.0
_CLICK_S = 0.012
_DAMPING_S = 0.01
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
def _comb(pitch: int, sample_rate: int) -> tuple[Array, Array]:
    """One period of the comb of a MIDI pitch, band-limited, and the step from each value to the next."""
    harmonics = max(1, int(0.46 * sample_rate / _frequency(pitch)))
    k = np.arange(1, harmonics + 1)
    phases = np.random.default_rng(pitch).uniform(0.0, 2 * np.pi, harmonics)
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
    spectrum[1 : harmonics + 1] = np.exp(1j * phases) / k
    wave = np.fft.irfft(spectrum, _TABLE) * _TABLE / 2
    return wave.astype(np.float32), np.diff(wave, append=wave[0]).astype(np.float32)


def _wave(pitch: int, start: int, frames: int, sample_rate: int) -> Array:
    """The comb of a pitch from sample `start` of the song on.

    The phase counts from sample 0 in units of 2^-32 of a period and wraps by itself: exact after ten minutes, and
    the same wherever a stretch begins.
    """
    values, steps = _comb(pitch, sample_rate)
    turn = round(_frequency(pitch) / sample_rate * 2**32)
    phase = np.arange(frames, dtype=np.uint32)
    phase *= np.uint32(turn)
    phase += np.uint32(start * turn % 2**32)
    whole = (phase >> np.uint32(_PART_BITS)).astype(np.intp)
    phase &= np.uint32(2**_PART_BITS - 1)
    wave = steps.take(whole)
    wave *= phase.astype(np.float32) * np.float32(2.0**-_PART_BITS)
    wave += values.take(whole)
    return wave


@lru_cache(maxsize=4)
def _envelopes(sample_rate: int) -> tuple[Array, Array, Array, Array]:
    """Shapes by sample: attack, release, damping before a new stroke, and the fade of the onset's click."""
    release = np.arange(round(_RELEASE_S * sample_rate)) / sample_rate
    damping = round(_DAMPING_S * sample_rate)
    shapes = (
        np.arange(round(_ATTACK_S * sample_rate)) / (_ATTACK_S * sample_rate),
        0.95 * np.exp(-release / 0.09) + 0.05 * np.exp(-release),
        1.0 - np.arange(damping) / damping,
        0.6 * np.exp(-np.arange(round(_CLICK_S * sample_rate)) / (0.004 * sample_rate)),
    )
    attack, fall, damp, click = (shape.astype(np.float32) for shape in shapes)
    return attack, fall, damp, click


@lru_cache(maxsize=32)
def _hit(key: int, sample_rate: int) -> tuple[Array, Array]:
    """Envelope of the noise, and the sines, of one drum hit at full level."""
    noises, sines = _DRUMS[key]
    length_s = 5.0 * max([decay for _, decay in noises] + [s[3] for s in sines])
    t = np.arange(round(length_s * sample_rate)) / sample_rate
    envelope = np.sum([amount * np.exp(-t / decay) for amount, decay in noises], axis=0)
    body = np.zeros(len(t))
    for amount, high, low, decay in sines:
        # Instantaneous frequency falls from high to low with a 30 ms time constant; phase is its integral.
        turns = low * t + (high - low) * 0.03 * (1.0 - np.exp(-t / 0.03))
        body += amount * np.exp(-t / decay) * np.sin(2 * np.pi * turns)
    return envelope.astype(np.float32), body.astype(np.float32)


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


def _add(out: Array, at: int, shape: Array) -> None:
    """Adds what of `shape`, begun at sample `at`, lies within `out`."""
    first, last = max(0, at), min(len(out), at + len(shape))
    if first < last:
        out[first:last] += shape[first - at : last - at]


def _scale(out: Array, at: int, shape: Array) -> None:
    """Like `_add`, multiplying."""
    first, last = max(0, at), min(len(out), at + len(shape))
    if first < last:
        out[first:last] *= shape[first - at : last - at]


def _tonal(notes: Sequence[Note], click: Array, start: int, frames: int, sample_rate: int) -> Array:
    out = np.zeros(frames, dtype=np.float32)
    attack, release, damping, burst = _envelopes(sample_rate)
    by_pitch: dict[int, list[Note]] = {}
    for note in sorted(notes, key=lambda n: n.start_s):
        by_pitch.setdefault(note.pitch, []).append(note)
    for pitch, struck in by_pitch.items():
        # All notes of a pitch share one wave, whose phase belongs to the timeline.
        spans = []
        for note, after in zip(struck, [*struck[1:], None], strict=True):
            on, off = (round(t * sample_rate) - start for t in (note.start_s, note.end_s))
            stop = off + len(release)
            if after is not None:
                stop = min(stop, round(after.start_s * sample_rate) - start + len(damping))
            if max(0, on) < min(frames, stop):
                spans.append((on, off, stop, after is not None, np.float32((note.velocity / 127.0) ** 1.5)))
        if not spans:
            continue
        low, high = max(0, min(s[0] for s in spans)), min(frames, max(s[2] for s in spans))
        level = np.zeros(high - low, dtype=np.float32)
        for on, off, stop, damped, loud in spans:
            first, last = max(low, on), min(high, stop)
            envelope = np.full(last - first, loud, dtype=np.float32)
            _scale(envelope, on - first, attack)
            _scale(envelope, off - first, release)
            if damped:
                _scale(envelope, stop - len(damping) - first, damping)
            level[first - low : last - low] += envelope
            first, last = max(0, on), min(frames, stop, on + len(burst))
            if first < last:
                out[first:last] += loud * click[first:last] * burst[first - on : last - on]
        level *= _wave(pitch, start + low, high - low, sample_rate)
        out[low:high] += level
    return out


def _drums(notes: Sequence[Note], bursts: Array, start: int, frames: int, sample_rate: int) -> Array:
    body = np.zeros(frames, dtype=np.float32)
    envelope = np.zeros(frames, dtype=np.float32)
    for note in notes:
        at = round(note.start_s * sample_rate) - start
        if at >= frames:
            continue
        shapes = _hit(note.pitch, sample_rate)
        if at + len(shapes[0]) <= 0:
            continue
        level = np.float32((note.velocity / 127.0) ** 1.5)
        _add(envelope, at, level * shapes[0])
        _add(body, at, level * shapes[1])
    return body + envelope * bursts


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
