"""Guides with known beats: a click, a drum loop with swung hats, a strummed guitar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.audio import Audio
from studio.core.music import Chord

RATE = 44100
Samples = NDArray[np.float64]


def _add(out: Samples, at_s: float, sound: Samples) -> None:
    at = round(at_s * RATE)
    if at < 0:
        sound, at = sound[-at:], 0
    sound = sound[: max(0, len(out) - at)]
    out[at : at + len(sound)] += sound


def _tone(hz: float, length_s: float, decay_s: float) -> Samples:
    t = np.arange(round(length_s * RATE)) / RATE
    return np.asarray(np.sin(2 * np.pi * hz * t) * np.exp(-t / decay_s))


def beats(tempo_bpm: float, start_s: float, duration_s: float) -> Samples:
    period = 60.0 / tempo_bpm
    return np.asarray(np.arange(start_s, duration_s, period))


def click(beats_s: Samples, duration_s: float, size: int = 4) -> Audio:
    out = np.zeros(round(duration_s * RATE))
    for i, time_s in enumerate(beats_s):
        _add(out, float(time_s), _tone(1760.0 if i % size == 0 else 1320.0, 0.05, 0.008))
    return Audio(out[None].astype(np.float32) * 0.4, RATE)


def drum_loop(beats_s: Samples, duration_s: float, swing: float = 2 / 3, seed: int = 0) -> Audio:
    """Kick on one and three and before four, snare on two and four, hats on swung eighths."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(duration_s * RATE))
    period = float(beats_s[1] - beats_s[0])
    t = np.arange(round(0.3 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (50 * t + 100 * 0.03 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.1)
    snare = rng.standard_normal(len(t)) * np.exp(-t / 0.06) * 0.5 + _tone(190.0, 0.3, 0.05) * 0.5
    for i, time_s in enumerate(beats_s):
        if i % 4 in (0, 2):
            _add(out, float(time_s), kick)
        else:
            _add(out, float(time_s), snare)
        if i % 4 == 2:
            _add(out, float(time_s) + swing * period, 0.7 * kick)
        for offset, loud in ((0.0, 0.3), (swing, 0.2)):
            hat = np.diff(rng.standard_normal(2001)) * np.exp(-np.arange(2000) / RATE / 0.015)
            _add(out, float(time_s) + offset * period, loud * hat)
    return Audio(out[None].astype(np.float32) * 0.4, RATE)


def _string(hz: float, length_s: float, rng: np.random.Generator) -> Samples:
    """A plucked string: harmonics that decay the faster the higher they are."""
    t = np.arange(round(length_s * RATE)) / RATE
    out = np.zeros(len(t))
    for k in range(1, 16):
        if k * hz > 8000:
            break
        level = abs(np.sin(np.pi * k * 0.17)) / k
        out += level * np.sin(2 * np.pi * k * hz * t + rng.uniform(0, 6.28)) * np.exp(-t * (0.8 + 0.5 * k))
    out[: round(0.002 * RATE)] *= np.linspace(0, 1, round(0.002 * RATE))
    return out


_OPEN = (40, 45, 50, 55, 59, 64)


def voicing(chord: Chord) -> list[int]:
    """The nearest chord tone at or above each open string, from the lowest root up."""
    tones = set(chord.pitch_classes)
    notes = [next(p for p in range(string, string + 12) if p % 12 in tones) for string in _OPEN]
    first = next((i for i, pitch in enumerate(notes[:3]) if pitch % 12 == chord.root), 0)
    return notes[first:]


#: Down and up strokes of a bar in eighths, with their loudness.
_STRUMS = ((0, 1.0), (2, 0.8), (3, 0.5), (5, 0.55), (6, 0.8), (7, 0.5))


def strummed(
    beats_s: Samples, duration_s: float, chords: list[Chord], cents: float = 0.0, seed: int = 0
) -> Audio:
    """One chord a bar of four, eighths, strings 6 ms apart, beginning on the beat."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(duration_s * RATE))
    period = float(beats_s[1] - beats_s[0])
    for bar, start in enumerate(beats_s[::4]):
        notes = voicing(chords[bar % len(chords)])
        for eighth, loud in _STRUMS:
            order = notes if eighth % 2 == 0 else notes[::-1][:4]
            for i, pitch in enumerate(order):
                hz = 440.0 * 2.0 ** ((pitch - 69 + cents / 100) / 12)
                _add(
                    out,
                    float(start) + eighth * period / 2 + 0.006 * i,
                    0.12 * loud * _string(hz, 0.9 * period, rng),
                )
    return Audio(out[None].astype(np.float32), RATE)
