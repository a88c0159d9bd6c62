"""A synthetic singer whose every syllable is known: what `studio bench listening` listens to.

Melodies of eighths, sixteenths and longer notes over four-chord phrases, with rests between phrases and now and then an
anticipated bar; sung with a source of harmonics through two formants, consonants, glides from note to note, vibrato,
breaths, and a singer's scatter in time and pitch, in a small room. It is easier than real singing (docs/listening.md
says by how much): what fails here is broken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, sosfilt

from studio.core.audio import Audio
from studio.core.music import Key

RATE = 16000
_SCATTER_S = 0.02
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
#: Chord degrees of the phrases, one a bar.
_PHRASES = ((0, 4, 5, 3), (0, 3, 4, 0), (5, 3, 0, 4), (0, 5, 3, 4))
#: Rhythms of a bar as (start, length) in sixteenths, from plain to syncopated.
_BARS = (
    ((0, 4), (4, 4), (8, 4), (12, 2), (14, 2)),
    ((0, 2), (2, 2), (4, 4), (8, 2), (10, 2), (12, 4)),
    ((0, 6), (6, 2), (8, 4), (12, 4)),
    ((0, 3), (3, 3), (6, 2), (8, 2), (10, 2), (12, 4)),
    ((2, 2), (4, 2), (6, 2), (8, 2), (10, 2), (12, 4)),
    ((0, 2), (2, 1), (3, 1), (4, 2), (6, 2), (8, 8)),
)
_LAST_BAR = ((0, 4), (4, 2), (6, 6))
#: First and second formant in Hz, and what they are tuned by.
_VOWELS = ((730, 1090), (530, 1840), (390, 1990), (570, 840), (440, 1020))


@dataclass(frozen=True, eq=False)
class SungSong:
    """A vocal and the truth about it; times in seconds, `cents` above A = 440 Hz."""

    audio: Audio
    onsets_s: NDArray[np.float64]
    beats_s: NDArray[np.float64]
    downbeats_s: NDArray[np.float64]
    tempo_bpm: float
    key: Key
    cents: float


def sing_song(seed: int, seconds: float = 30.0) -> SungSong:
    """A song of about `seconds`; the same seed sings the same."""
    rng = np.random.default_rng([11, seed])
    tempo = float(np.clip(np.exp(rng.normal(np.log(100), 0.2)), 66, 148))
    key = Key(int(rng.integers(12)), str(rng.choice(["major", "minor"])))
    cents = float(rng.uniform(-45, 45))
    sixteenth = 15.0 / tempo
    first = float(rng.uniform(0.2, 1.5))
    bars = max(4, int((seconds - first - 0.5) / (16 * sixteenth)))
    notes = _melody(rng, bars, key)
    out = rng.normal(0, 10 ** (-66 / 20), int(seconds * RATE))
    onsets = []
    middle = float(rng.choice([48, 60]))
    before: float | None = None
    for start, length, pitch in notes:
        at = first + start * sixteenth + float(rng.normal(0, _SCATTER_S))
        sung = length * sixteenth * float(rng.uniform(0.8, 0.97))
        height = middle + pitch + cents / 100 + float(rng.normal(0, 0.08))
        _add_syllable(out, rng, at, sung, height, before)
        before = height if length < 5 else None
        onsets.append(at)
    room = rng.normal(0, 1, int(0.25 * RATE)) * np.exp(-np.arange(int(0.25 * RATE)) / (0.05 * RATE))
    out = out + 0.02 * fftconvolve(out, room)[: len(out)]
    out *= 0.5 / max(float(np.abs(out).max()), 1e-9)
    beats = np.asarray(first + 4 * sixteenth * np.arange(4 * bars), dtype=np.float64)
    return SungSong(
        Audio(out.astype(np.float32)[None], RATE), np.array(onsets), beats, beats[::4], tempo, key, cents
    )


def _melody(rng: np.random.Generator, bars: int, key: Key) -> list[tuple[int, int, int]]:
    """(start and length in sixteenths, semitones above C), without overlap."""
    scale, phrase = _SCALES[key.mode], _PHRASES[int(rng.integers(len(_PHRASES)))]
    favourites = rng.choice(len(_BARS), size=3, replace=False)
    notes: list[tuple[int, int, int]] = []
    degree = 0
    for bar in range(bars):
        last = bar % 4 == 3
        rhythm = _LAST_BAR if last else _BARS[int(rng.choice(favourites))]
        root = 0 if bar == bars - 1 else phrase[bar % 4]
        for place, (start, length) in enumerate(rhythm):
            if start % 8 == 0 or place == len(rhythm) - 1:  # strong places take a tone of the chord
                tones = [d for d in range(-3, 9) if (d - root) % 7 in (0, 2, 4)]
                degree = min(tones, key=lambda d: abs(d - degree) + rng.uniform(0, 1.5))
            else:
                degree = int(np.clip(degree + rng.choice([-1, 0, 1, 1, -1, 2, -2]), -3, 8))
            if last and place == len(rhythm) - 1:  # phrases close on a root, the song at home
                degree = min((root - 7, root, root + 7), key=lambda d: abs(d - degree))
            at = bar * 16 + start
            if start == 0 and bar and not last and rng.random() < 0.2:
                at -= 2  # the bar is anticipated by an eighth
                if notes and notes[-1][0] >= at:
                    notes.pop()
            if notes and notes[-1][0] + notes[-1][1] > at:
                notes[-1] = (notes[-1][0], at - notes[-1][0], notes[-1][2])
            octave, step = divmod(degree, 7)
            notes.append(
                (at, length, key.tonic % 12 + 12 * octave + scale[step] - (12 if key.tonic > 6 else 0))
            )
    return notes


def _add_syllable(
    out: NDArray[np.float64], rng: np.random.Generator, at: float, seconds: float, pitch: float, before: float | None
) -> None:  # fmt: skip
    """Adds a consonant that ends and a vowel that begins at `at`."""
    count, first = int(seconds * RATE), int(at * RATE)
    if first < 0 or first + count > len(out) or count < 200:
        return
    t = np.arange(count) / RATE
    line = pitch + 0.3 * np.sin(2 * np.pi * 5.4 * t) * np.clip((t - 0.2) / 0.2, 0, 1)
    line = line + ((before if before is not None else pitch - 1.0) - pitch) * np.exp(-t / 0.025)
    f0 = 440 * 2 ** ((line - 69) / 12)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    middle = float(np.median(f0))
    vowel = _VOWELS[int(rng.integers(len(_VOWELS)))]
    tone = np.zeros(count)
    for k in range(1, int(min(20, 0.45 * RATE / middle)) + 1):
        gain = sum(np.exp(-0.5 * ((k * middle - f) / (110 + 0.06 * f)) ** 2) for f in vowel) + 0.06
        tone += gain / k**0.6 * np.sin(k * phase)
    attack, release = int(rng.uniform(0.012, 0.035) * RATE), int(0.05 * RATE)
    shape = np.minimum(1.0, np.arange(count) / attack) * np.minimum(1.0, np.arange(count)[::-1] / release)
    out[first : first + count] += float(rng.uniform(0.6, 1.0)) * tone * shape
    if rng.random() < 0.75:
        length = int(rng.uniform(0.02, 0.09) * RATE)
        begin = max(0, first - length)
        hiss = rng.normal(0, 1, first - begin)
        high = sosfilt(np.array([[1.0, -1.6, 0.64, 1.0, -0.4, 0.1]]), hiss) if len(hiss) else hiss
        out[begin:first] += float(rng.uniform(0.02, 0.12)) * high * np.hanning(max(len(hiss), 1))[: len(hiss)]
