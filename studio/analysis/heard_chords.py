"""Chords heard in the sound of an instrument: a guitar, a piano, a rough mix, as a guide or in the singer's place.

Chroma of semitone bands from 65 to 1,050 Hz, tuned to the recording, percussive sound held back by a median over time;
each quarter is compared with the chords of core.music as a player voices them (root and fifth a little stronger, the
third harmonics of all notes in), and a path is chosen that changes seldom, and then on bar lines. Where the key is
known its chords are a little likelier.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from studio.core.grid import BeatGrid
from studio.core.music import QUALITIES, Chord, Key

#: Rate of the signals, and the length and hop of the frames in samples.
RATE = 16000
_WINDOW, _HOP = 8192, 1600
_LOWEST, _HIGHEST = 36, 84  # C2 to C6
_BLOCK = 256
#: What a change of chord costs, in the units of a quarter's fit, on a bar line and within a bar.
_CHANGE_ON_BAR, _CHANGE_WITHIN = 0.12, 0.35
#: Sevenths and the like must be plain to be preferred to a triad.
_COST = {"maj": 0.0, "min": 0.0, "7": 0.05, "maj7": 0.06, "min7": 0.05, "sus4": 0.05, "dim": 0.08}

#: What a chord with a tone outside the key costs.
_FOREIGN = 0.05
#: Notes below count as the bass, and what it adds to a chord whose root it plays.
_BASS_BELOW, _BASS = 53.0, 0.15

#: How like a chord the usual quarter must be, 0 to 1: strummed guitars .94 to .97, drums and clicks .73 to .75.
_HARMONIC = 0.83

Array = NDArray[np.float64]


def chroma(signal: NDArray[np.float32]) -> Array:
    """Strength of each pitch class in frames of 0.1 s, and of each in the bass, [F, 24]; the halves have length 1
    where anything sounds.

    Args:
        signal: mono, 16 kHz.
    """
    frames = max(1, len(signal) // _HOP + 1)
    padded = np.concatenate([np.zeros(_WINDOW // 2, np.float32), signal, np.zeros(_WINDOW, np.float32)])
    window = np.hanning(_WINDOW)
    hz = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    used = (hz > 60.0) & (hz < 1100.0)
    magnitudes = np.empty((frames, int(used.sum())))
    for first in range(0, frames, _BLOCK):
        views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[first * _HOP :: _HOP]
        views = views[: min(_BLOCK, frames - first)]
        magnitudes[first : first + len(views)] = np.abs(np.fft.rfft(views * window, axis=1))[:, used]
    # What lasts: drums are gone in the median of half a second.
    steady = np.minimum(magnitudes, median_filter(magnitudes, size=(5, 1), mode="nearest"))
    pitch = 69 + 12 * np.log2(hz[used] / 440.0)
    peaks = steady * ((steady >= np.roll(steady, 1, 1)) & (steady >= np.roll(steady, -1, 1)))
    offset = float(np.angle((peaks.sum(0) * np.exp(2j * np.pi * pitch)).sum()) / (2 * np.pi))
    bands = np.zeros((len(pitch), 12))
    for note in range(_LOWEST, _HIGHEST + 1):
        near = np.exp(-0.5 * ((pitch - offset - note) / 0.25) ** 2)
        bands[:, note % 12] += near * (0.5 if note < 40 or note > 76 else 1.0)
    # The lowest note counts, not the loudest.
    deep = (
        bands * np.exp(-np.maximum(pitch - _LOWEST - 4, 0.0) / 4.0)[:, None] * (pitch < _BASS_BELOW)[:, None]
    )
    bass = steady @ deep
    bass /= np.maximum(np.linalg.norm(bass, axis=1, keepdims=True), 1e-9)
    out = np.sqrt(steady) @ bands
    out = np.maximum(out - np.median(out, axis=1, keepdims=True) * 0.6, 0.0)
    length = np.linalg.norm(out, axis=1, keepdims=True)
    quiet = steady.sum(axis=1, keepdims=True) < 0.02 * float(np.percentile(steady.sum(axis=1), 95))
    return np.where(quiet, 0.0, np.hstack([out / np.maximum(length, 1e-9), bass]))


def quarter_chroma(frames: Array, beats_s: Array) -> Array:
    """Mean of `chroma` between neighbouring beats, [beats - 1, 24], its halves of length 1; 0 where nothing sounds."""
    times = np.arange(len(frames)) * _HOP / RATE
    rows = np.zeros((len(beats_s) - 1, 24))
    for i, (start, end) in enumerate(pairwise(beats_s)):
        inside = (times >= start + 0.15 * (end - start)) & (times < end)
        if inside.any():
            rows[i] = frames[inside].mean(axis=0)
    halves = rows.reshape(-1, 2, 12)
    length = np.linalg.norm(halves, axis=2, keepdims=True)
    return (halves / np.maximum(length, 1e-9) * (length[:, :1] > 0.05)).reshape(-1, 24)


def chord_changes(frames: Array, beats_s: Array) -> Array:
    """How much the harmony of `chroma` changes on each beat, [beats], 0 to 1; 0 where nothing with a pitch sounds."""
    rows = quarter_chroma(frames, np.append(beats_s, beats_s[-1] + (beats_s[-1] - beats_s[-2])))[:, :12]
    change = np.zeros(len(beats_s))
    for i in range(1, len(beats_s)):
        before = rows[max(0, i - 2) : i].mean(axis=0)
        after = rows[i : i + 2].mean(axis=0)
        lengths = float(np.linalg.norm(before) * np.linalg.norm(after))
        change[i] = 1.0 - float(before @ after) / lengths if lengths > 0.05 else 0.0
    return change


def hear_chords(
    frames: Array, beats_s: Array, quarters_per_bar: int, downbeat: int = 0, key: Key | None = None
) -> tuple[Chord, ...]:
    """The chord of each quarter between neighbouring beats; 'no chord' where nothing with a pitch sounds, and empty
    where what sounds is no harmony.

    Args:
        frames: from `chroma`.
        downbeat: index of a beat on which a bar begins.
        key: None where nobody knows it.
    """
    rows = quarter_chroma(frames, beats_s)
    chords, templates, cost = _templates()
    if key is not None:
        scale = set(key.scale)
        cost = cost + np.array([0.0 if scale.issuperset(c.pitch_classes) else _FOREIGN for c in chords])
    alike = rows[:, :12] @ templates.T
    sounding = rows.any(axis=1)
    if not sounding.any() or float(np.median(alike[sounding].max(axis=1))) < _HARMONIC:
        return ()
    fit = alike + _BASS * rows[:, 12:][:, [chord.root or 0 for chord in chords]] - cost
    value, back = fit[0].copy(), np.zeros(fit.shape, dtype=np.int64)
    for i in range(1, len(fit)):
        change = _CHANGE_ON_BAR if (i - downbeat) % quarters_per_bar == 0 else _CHANGE_WITHIN
        best = int(value.argmax())
        moved = value[best] - change
        back[i] = np.where(value >= moved, np.arange(len(chords)), best)
        value = np.maximum(value, moved) + fit[i]
    path = [int(value.argmax())]
    for i in range(len(fit) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    silent = Chord(None)
    return tuple(chords[k] if row.any() else silent for k, row in zip(reversed(path), rows, strict=True))


def hear_bar_chords(frames: Array, grid: BeatGrid, key: Key) -> tuple[Chord, ...]:
    """The chord that sounds longest in each bar of a grid; empty where what sounds is no harmony.

    A bar in which nothing sounds has the chord before it, the first ones that after them.
    """
    size = grid.meter.quarters_per_bar
    quarters = hear_chords(frames, np.asarray(grid.times_s), size, key=key)
    if not quarters:
        return ()
    bars: list[Chord | None] = []
    for first in range(0, len(quarters), size):
        heard = Counter(c for c in quarters[first : first + size] if c.root is not None)
        bars.append(heard.most_common(1)[0][0] if heard else bars[-1] if bars else None)
    known = next((chord for chord in bars if chord is not None), Chord(None))
    return tuple(known if chord is None else chord for chord in bars)


@lru_cache(maxsize=1)
def _templates() -> tuple[tuple[Chord, ...], Array, Array]:
    chords, rows, cost = [], [], []
    for quality, tones in QUALITIES.items():
        for root in range(12):
            row = np.zeros(12)
            for tone in tones:
                strong = 1.15 if tone in (0, 7) else 1.0
                # The third harmonic is a fifth up, the fifth a major third.
                for interval, level in ((0, 1.0), (7, 0.22), (4, 0.1)):
                    row[(root + tone + interval) % 12] += strong * level
            chords.append(Chord(root, quality))
            rows.append(row / np.linalg.norm(row))
            cost.append(_COST[quality])
    return tuple(chords), np.array(rows), np.array(cost)
