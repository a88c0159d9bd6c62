"""A plain harmonisation of a melody: one chord a bar, from the triads of the key and its dominant seventh.

A hidden Markov model: a chord emits the sung pitch classes of its bar, weighted by length and by place in the bar,
and follows the last chord by common practice (fourths down and fifths, stepwise motion, staying). Viterbi gives
the proposal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.analysis.key import note_weights
from studio.core.analysis import VocalNote
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key
from studio.core.tuning import tuning_offset

# (degree in semitones above the tonic, quality, how common it is)
_MAJOR_CHORDS = ((0, "maj", 1.0), (2, "min", 0.5), (4, "min", 0.3), (5, "maj", 0.9), (7, "maj", 0.9),
                 (9, "min", 0.8), (7, "7", 0.2))  # fmt: skip
_MINOR_CHORDS = ((0, "min", 1.0), (3, "maj", 0.6), (5, "min", 0.6), (7, "min", 0.3), (8, "maj", 0.7),
                 (10, "maj", 0.6), (7, "7", 0.4))  # fmt: skip
#: Probability of a sung pitch class under a chord: chord tone, other scale tone, foreign tone (each of them).
_CHORD_TONE, _SCALE_TONE, _FOREIGN_TONE = 0.24, 0.065, 0.01
_STAY = 0.6
_EVIDENCE = 4.0  # how many independent draws a bar full of singing is worth


def key_chords(key: Key) -> tuple[tuple[Chord, ...], NDArray[np.float64]]:
    """The chords a proposal may use, and how common each is."""
    table = _MAJOR_CHORDS if key.mode == "major" else _MINOR_CHORDS
    chords = tuple(Chord((key.tonic + degree) % 12, quality) for degree, quality, _ in table)
    common = np.array([weight for _, _, weight in table])
    return chords, common / common.sum()


def chord_emissions(chords: Sequence[Chord], key: Key) -> NDArray[np.float64]:
    """log P(pitch class | chord), [chords, 12]."""
    rows = []
    for chord in chords:
        row = np.full(12, _FOREIGN_TONE)
        row[list(key.scale)] = _SCALE_TONE
        row[list(chord.pitch_classes)] = _CHORD_TONE
        if chord.quality == "7":
            row[chord.pitch_classes[3]] = 0.6 * _CHORD_TONE
        rows.append(np.log(row / row.sum()))
    return np.stack(rows)


def chord_transitions(chords: Sequence[Chord], common: NDArray[np.float64]) -> NDArray[np.float64]:
    """log P(next chord | chord), [chords, chords]."""
    matrix = np.tile(common, (len(chords), 1))
    for i, a in enumerate(chords):
        for j, b in enumerate(chords):
            interval = ((b.root or 0) - (a.root or 0)) % 12
            matrix[i, j] *= {5: 1.6, 7: 1.2, 2: 1.1, 9: 1.2, 0: _STAY}.get(interval, 0.9)
            if a.quality == "7" and interval == 5:
                matrix[i, j] *= 3.0
    logs: NDArray[np.float64] = np.log(matrix / matrix.sum(axis=1, keepdims=True))
    return logs


def bar_chroma(
    notes: Sequence[VocalNote], downbeats_s: Sequence[float], offset: float
) -> NDArray[np.float64]:
    """Sung weight of each pitch class in each bar, [bars, 12]: share of the bar, first beats a little heavier."""
    edges = np.asarray(downbeats_s, dtype=np.float64)
    chroma = np.zeros((len(edges) - 1, 12))
    for note, weight in zip(notes, note_weights(notes), strict=True):
        confidence = weight / max(min(note.end_s - note.start_s, 1.0), 1e-9)
        first, last = np.searchsorted(edges, [note.start_s + 1e-6, note.end_s], side="right") - 1
        for bar in range(max(first, 0), min(last, len(edges) - 2) + 1):
            width = edges[bar + 1] - edges[bar]
            start, end = max(note.start_s, edges[bar]), min(note.end_s, edges[bar + 1])
            if end <= start:
                continue
            emphasis = 1.3 if start - edges[bar] < 0.13 * width else 1.0
            chroma[bar, round(note.pitch - offset) % 12] += confidence * emphasis * (end - start) / width
    return chroma


def _log_likelihood(chroma: NDArray[np.float64], chords: Sequence[Chord], key: Key) -> NDArray[np.float64]:
    return _EVIDENCE * chroma @ chord_emissions(chords, key).T


def harmonise(
    notes: Sequence[VocalNote], grid: BeatGrid, key: Key, offset: float | None = None
) -> tuple[Chord, ...]:
    """The likeliest chord of every bar of the grid; `offset` is the tuning in semitones."""
    offset = tuning_offset(notes) if offset is None else offset
    edges = _bar_edges(grid)
    chords, common = key_chords(key)
    fit = _log_likelihood(bar_chroma(notes, edges, offset), chords, key)
    move = chord_transitions(chords, common)
    value = np.log(common) + fit[0]
    back = np.zeros(fit.shape, dtype=np.int64)
    for bar in range(1, len(fit)):
        options = value[:, None] + move
        back[bar] = options.argmax(axis=0)
        value = options.max(axis=0) + fit[bar]
    # Songs come home.
    value = value + np.where([chord.root == key.tonic for chord in chords], 1.0, 0.0)
    path = [int(value.argmax())]
    for bar in range(len(fit) - 1, 0, -1):
        path.append(int(back[bar, path[-1]]))
    return tuple(chords[i] for i in reversed(path))


def _bar_edges(grid: BeatGrid) -> list[float]:
    """Bar lines of the grid, the last bar closed even when the grid ends inside it."""
    size = grid.meter.quarters_per_bar
    return [float(t) for t in grid.time_of(np.arange(0, grid.bars * size + 1, size))]
