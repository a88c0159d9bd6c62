"""The chords of an instrument, heard in its sound.

A strummed guitar says its chords itself, so they are not made up for a tune: each bar's pitch classes (spectral peaks
of 80 to 1600 Hz, each octave alike, tuned to the recording) are compared with every major and minor triad and the
common sevenths of all twelve roots. A bar keeps the chord of the last unless its sound says otherwise, and chords of
the key are a little likelier than others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.analysis.pitch import ANALYSIS_RATE
from studio.core.audio import Samples
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key

_WINDOW, _HOP = 4096, 2048
_LOWEST_HZ, _HIGHEST_HZ = 75.0, 1600.0
_QUALITIES = (("maj", 0.0), ("min", 0.0), ("7", -0.5), ("min7", -0.5))
#: Shares of a chord's pitch classes: its tones, the tones above them that their overtones sound, and noise.
_TONE, _OVERTONE, _NOISE = 1.0, 0.15, 0.02
#: What agreement is worth in nats, what staying gains, and what a chord outside the key costs.
_EVIDENCE, _STAY, _FOREIGN = 14.0, 0.4, 0.7


@dataclass(frozen=True, eq=False)
class Chroma:
    """Pitch classes of a sound: `values` float32 [F, 12], `hop_s` apart, the first at `hop_s`."""

    values: NDArray[np.float32]
    hop_s: float = _HOP / ANALYSIS_RATE

    def of(self, start_s: float, end_s: float) -> NDArray[np.float64]:
        """Mean of a stretch, [12]; zeros where it is silent."""
        first, last = round(start_s / self.hop_s) - 1, round(end_s / self.hop_s) - 1
        part = self.values[max(0, first) : max(first + 1, last, 1)]
        return np.asarray(part.mean(axis=0), dtype=np.float64) if len(part) else np.zeros(12)


def sound_chroma(signal: Samples, tuning_cents: float) -> Chroma:
    """The pitch classes of a float32 [T] signal at ANALYSIS_RATE; worked frame by frame, so memory stays small."""
    bins = np.fft.rfftfreq(_WINDOW, 1 / ANALYSIS_RATE)
    use = np.flatnonzero((bins >= _LOWEST_HZ) & (bins <= _HIGHEST_HZ))
    window = np.hanning(_WINDOW)
    frames = max(1, len(signal) // _HOP - 1)
    padded = np.concatenate([signal, np.zeros(_WINDOW, dtype=np.float32)])
    values = np.zeros((frames, 12), dtype=np.float32)
    for frame in range(frames):
        spectrum = np.abs(np.fft.rfft(padded[frame * _HOP : frame * _HOP + _WINDOW] * window))
        here, below, above = spectrum[use], spectrum[use - 1], spectrum[use + 1]
        peak = np.flatnonzero((here > below) & (here >= above) & (here > 0.02 * here.max(initial=1e-9)))
        if not len(peak):
            continue
        # Parabolic interpolation of the log magnitude finds the partial between the bins.
        a, b, c = (np.log(x[peak] + 1e-9) for x in (below, here, above))
        shift = 0.5 * (a - c) / np.minimum(a - 2 * b + c, -1e-9)
        hz = (use[peak] + np.clip(shift, -0.5, 0.5)) * ANALYSIS_RATE / _WINDOW
        pitch = 69 + 12 * np.log2(hz / 440.0) - tuning_cents / 100.0
        near = np.exp(-0.5 * np.square((pitch - np.round(pitch)) / 0.25))
        np.add.at(values[frame], np.round(pitch).astype(np.int64) % 12, np.sqrt(here[peak]) * near)
    return Chroma(values)


def _templates() -> tuple[tuple[Chord, ...], NDArray[np.float64], NDArray[np.float64]]:
    chords, rows, common = [], [], []
    for root in range(12):
        for quality, price in _QUALITIES:
            chord = Chord(root, quality)
            row = np.full(12, _NOISE)
            for tone in chord.pitch_classes:
                row[(tone + 7) % 12] += _OVERTONE
                row[(tone + 4) % 12] += 0.5 * _OVERTONE
            row[list(chord.pitch_classes)] = _TONE
            row[root] *= 1.2
            chords.append(chord)
            rows.append(row / np.linalg.norm(row))
            common.append(price)
    return tuple(chords), np.stack(rows), np.array(common)


def chords_of_sound(chroma: Chroma, grid: BeatGrid, key: Key) -> tuple[Chord, ...]:
    """The chord of every bar of the grid."""
    chords, templates, common = _templates()
    scale = set(key.scale)
    foreign = np.array([sum(tone not in scale for tone in chord.pitch_classes) for chord in chords])
    price = common - _FOREIGN * np.minimum(foreign, 1)
    size = grid.meter.quarters_per_bar
    edges = grid.time_of(np.arange(0, grid.bars * size + 1, size))
    value = np.zeros(len(chords))
    back = np.zeros((grid.bars, len(chords)), dtype=np.int64)
    for bar in range(grid.bars):
        heard = chroma.of(float(edges[bar]), float(edges[bar + 1]))
        size_of = float(np.linalg.norm(heard))
        fit = _EVIDENCE * templates @ (heard / size_of) if size_of > 0 else np.zeros(len(chords))
        best = int(value.argmax())
        stay = value + _STAY
        moved = value[best] > stay
        back[bar] = np.where(moved, best, np.arange(len(chords)))
        value = np.where(moved, value[best], stay) + fit + price
    path = [int(value.argmax())]
    for bar in range(grid.bars - 1, 0, -1):
        path.append(int(back[bar, path[-1]]))
    return tuple(chords[i] for i in reversed(path))
