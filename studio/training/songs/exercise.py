"""Singing exercises: scales, thirds and broken chords in even notes, with chords found for them.

People test a studio with scales. No chord loop fits a scale, so here the melody comes first and the chords
are the best path through the functions of the key (Viterbi over one chord a bar).
"""

from __future__ import annotations

import numpy as np

from studio.core.music import Chord, Key, Meter
from studio.training.songs.pitch_model import shift_in_scale
from studio.training.songs.progressions import MOVES, numeral
from studio.training.songs.skeleton import MelodyNote, Section, Skeleton

_UP = list(range(8))
_SCALE = [*_UP, *_UP[-2::-1]]
#: Scale steps from the tonic.
_PATTERNS = (
    _SCALE,
    [step for step in _SCALE for _ in range(2)],
    [*_UP, 7, *_UP[::-1]],
    [s + d for s in range(6) for d in (0, 2)] + [s - d for s in range(7, 1, -1) for d in (0, 2)] + [0],
    [s + d for s in range(5) for d in (0, 1, 2)] + [7, 6, 5, 4, 3, 2, 1, 0],
    [0, 2, 4, 2, 0, 3, 5, 3, 1, 4, 6, 4, 2, 4, 7, 4, 2, 0],
    [0, 1, 2, 3, 4, 3, 2, 1, 0, 2, 4, 7, 4, 2, 0],
    [0, 2, 4, 7, 9, 7, 4, 2, 0, 3, 5, 7, 5, 3, 1, 4, 6, 4, 0],
    [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0],
)
_BEAT_TONE, _OTHER_TONE = 3.0, 1.5


def exercise_skeleton(
    rng: np.random.Generator, key: Key, meter: Meter, tempo_bpm: float, source: str, licence: str
) -> Skeleton:
    """One exercise, sung again until it is eight bars or more: chords one a bar, an even mood."""
    pattern = _PATTERNS[int(rng.integers(len(_PATTERNS)))]
    size = meter.quarters_per_bar
    if meter.denominator == 8:
        value = float(rng.choice([0.5, 1.5]))
    else:
        value = float(rng.choice([0.5, 1.0, 2.0], p=[0.15, 0.6, 0.25])) if size != 3 else 1.0
    span = max(pattern) * 12 // 7 + 1
    low = int(rng.integers(48, 79 - span))
    tonic = low + (key.tonic - low) % 12
    tonic -= 12 if tonic + span > 79 else 0
    sounding = float(rng.uniform(0.75, 1.0))
    notes: list[MelodyNote] = []
    at = 0.0
    while at < 8 * size or (at < 16 * size and rng.random() < 0.4):
        for i, step in enumerate(pattern):
            last = i == len(pattern) - 1
            stop = (at // size + 1) * size if last else at + value
            end = stop if last else at + value * sounding
            notes.append(MelodyNote(at, end, shift_in_scale(tonic, step, key)))
            at = stop
        at += size if rng.random() < 0.3 else 0
    bars = int(-(-at // size))
    chords = [chord for chord in harmonise(notes, key, meter, bars) for _ in range(size)]
    energy = (int(rng.integers(0, 4)),) * (bars * size)
    sections = (Section("verse", 0, bars),)
    return Skeleton(key, meter, tempo_bpm, sections, tuple(chords), energy, tuple(notes), source, licence)


def harmonise(notes: list[MelodyNote], key: Key, meter: Meter, bars: int) -> list[Chord]:
    """One chord a bar from the key's usual triads: the path that fits notes and functions best, home at both ends."""
    moves = MOVES[key.mode]
    names = list(moves)
    chords = [numeral(name).in_key(key) for name in names]
    step = np.array([[np.log(moves[a].get(b, 0.3 if a != b else 1.0)) for b in names] for a in names])
    fit = np.zeros((bars, len(names)))
    size = meter.quarters_per_bar
    for note in notes:
        bar = min(max(int(note.start // size), 0), bars - 1)
        on_beat = note.start % size == 0
        for k, chord in enumerate(chords):
            if note.pitch % 12 in chord.pitch_classes:
                fit[bar, k] += (
                    (_BEAT_TONE if on_beat else _OTHER_TONE) * min(note.end - note.start, size) / size * 2
                )
    fit[0, 0] += 4.0
    fit[-1, 0] += 6.0
    best = fit[0].copy()
    back = np.zeros((bars, len(names)), dtype=int)
    for bar in range(1, bars):
        paths = best[:, None] + step
        back[bar] = paths.argmax(axis=0)
        best = paths.max(axis=0) + fit[bar]
    path = [int(best.argmax())]
    for bar in range(bars - 1, 0, -1):
        path.append(int(back[bar, path[-1]]))
    return [chords[k] for k in reversed(path)]
