"""The pitches of a phrase of our own melodies, drawn from a small probabilistic model of song.

Every note weighs five things: how far it leaps, whether it belongs to its chord (more on strong beats and
long notes), the scale, the contour of the phrase, and the note of an earlier phrase or bar that it repeats
or imitates. A phrase is drawn by backward filtering and forward sampling, so that its end (an open or
closed cadence) bends the notes before it. Leaps are answered by a step back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Chord, Key
from studio.training.songs.rhythm import PhraseRhythm

#: Log-odds of an interval of 0 to 12 semitones: repeats and steps, few leaps, no tritone. With the other terms
#: they give the intervals of sung pop and folk song.
_INTERVALS = np.log([0.185, 0.175, 0.25, 0.185, 0.1, 0.095, 0.006, 0.095, 0.04, 0.05, 0.013, 0.002, 0.05])
_FARTHER = -9.0


@dataclass(frozen=True)
class PitchStyle:
    """The melodic habits of one song.

    Attributes:
        low, high: MIDI range.
        chordal: how strongly chord tones are preferred; 1 is usual.
        pentatonic: how strongly the fourth and seventh (minor: second and sixth) are avoided, 0 to 2.
        leaps: above 0 flattens the preference for steps.
        repeats: added log-odds of a repeated pitch.
    """

    low: int
    high: int
    chordal: float
    pentatonic: float
    leaps: float
    repeats: float


@dataclass(frozen=True)
class Phrase:
    """A sung phrase: its rhythm and MIDI pitches."""

    rhythm: PhraseRhythm
    pitches: tuple[int, ...]


@dataclass(frozen=True)
class PhraseTask:
    """What is settled about a phrase before its pitches are.

    Attributes:
        chords: one a quarter, from the phrase's first bar line on.
        bar: sixteenths a bar.
        closed: the phrase comes home at its end.
        register: MIDI pitch it moves about.
        model: an earlier phrase to imitate.
        faithful: imitate it nearly note by note.
        previous: the last pitch sung before.
    """

    key: Key
    chords: list[Chord]
    rhythm: PhraseRhythm
    bar: int
    closed: bool
    register: float
    model: Phrase | None
    faithful: bool
    previous: int | None


def draw_pitches(rng: np.random.Generator, style: PitchStyle, task: PhraseTask) -> tuple[int, ...]:
    """A MIDI pitch for every onset of the phrase, within the style's range."""
    candidates = np.arange(style.low, style.high + 1)
    emission, dissonant = _emissions(rng, style, task, candidates)
    if task.model is not None:
        _recall(rng, emission, candidates, task, task.model)
    distance = np.abs(candidates[:, None] - candidates[None, :])
    table = np.concatenate([_INTERVALS / (1 + style.leaps), np.full(64, _FARTHER)])
    table[0] += style.repeats
    # A dissonance is left by step or stays: passing and neighbour notes, appoggiaturas.
    moves = table[distance] + dissonant[:, :, None] * np.where(distance > 2, -2.5, 0.0)
    # Fast notes run, long notes may be left by leap.
    ease = np.array([-1.0 if d == 1 else 0.0 if d < 4 else 0.35 for d in task.rhythm.durations])
    moves += ease[:, None, None] * (distance > 4)
    count = len(task.rhythm.onsets)
    ahead = np.zeros((count, len(candidates)))
    for i in range(count - 2, -1, -1):
        ahead[i] = _log_sum(moves[i] + (emission[i + 1] + ahead[i + 1])[None, :])
    pitches: list[int] = []
    shifts: dict[int, int] = {}
    for i in range(count):
        logits = emission[i] + ahead[i]
        if i:
            logits = logits + moves[i - 1, pitches[-1] - style.low]
        elif task.previous is not None:
            logits = logits + 0.5 * table[np.abs(candidates - task.previous)]
        if i > 1:
            logits = logits + _answer(candidates, pitches[-2], pitches[-1])
        source = task.rhythm.motif[i]
        if task.model is None and 0 <= source < i:  # a bar that imitates an earlier one keeps one shift
            kept = shifts.get(source - 1) if task.rhythm.motif[i - 1] == source - 1 else None
            shifts[source] = int(rng.choice([0, 0, 0, -1, 1, -2, 2])) if kept is None else kept
            logits = logits + 2.2 * (candidates == shift_in_scale(pitches[source], shifts[source], task.key))
        weights = np.exp(logits - logits.max())
        mark = np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")
        pitches.append(int(candidates[min(int(mark), len(candidates) - 1)]))
    return tuple(pitches)


def shift_in_scale(pitch: int, steps: int, key: Key) -> int:
    """Moves a pitch by scale steps; a pitch outside the scale moves from its lower neighbour."""
    if steps == 0:
        return pitch
    ladder = sorted((c - key.tonic) % 12 for c in key.scale)
    octave, degree = divmod(pitch - key.tonic, 12)
    index = max(i for i, s in enumerate(ladder) if s <= degree)
    octave_up, index = divmod(index + steps, len(ladder))
    return key.tonic + 12 * (octave + octave_up) + ladder[index]


def _emissions(
    rng: np.random.Generator, style: PitchStyle, task: PhraseTask, candidates: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-weights [notes, candidates] and, likewise, 1 where a candidate is no chord tone."""
    key, rhythm = task.key, task.rhythm
    count, classes = len(rhythm.onsets), candidates % 12
    scale = np.full(12, -7.0)
    scale[list(key.scale)] = 0.0
    for degree in (5, 11) if key.mode == "major" else (2, 8):
        scale[(key.tonic + degree) % 12] -= style.pentatonic
    emission = np.zeros((count, len(candidates)))
    dissonant = np.zeros((count, len(candidates)))
    curve = _contour(rng, count, style, task.register)
    for i, (onset, duration) in enumerate(zip(rhythm.onsets, rhythm.durations, strict=True)):
        chord = _chord_under(task.chords, onset, duration)
        tones = np.zeros(12)
        row = scale.copy()
        if chord.root is not None:
            members = list(chord.pitch_classes)
            tones[members] = 1.0
            row[members] = np.maximum(row[members], -0.8)
            if chord.quality in ("maj", "7"):
                row[(chord.root + 3) % 12] -= 2.0  # the minor third against a major chord
        strong = 1.0 if onset % task.bar == 0 else 0.6 if onset % STEPS_PER_BEAT == 0 else 0.15
        row += style.chordal * (0.35 + 0.8 * strong + 0.35 * min(duration / STEPS_PER_BEAT, 3)) * tones
        if i == count - 1:
            row += _ending(key, chord, task.closed)
        emission[i] = row[classes] - 0.5 * ((candidates - curve[i]) / 4.3) ** 2
        dissonant[i] = 1 - tones[classes]
    return emission, dissonant


def _ending(key: Key, chord: Chord, closed: bool) -> NDArray[np.float64]:
    """Log-odds of pitch classes for the last note of a phrase."""
    row = np.zeros(12)
    row[list(chord.pitch_classes[:3])] += 1.0
    third = 4 if key.mode == "major" else 3
    wanted = {0: 1.8, third: 0.8, 7: 0.5} if closed else {2: 0.8, 7: 0.8, third: 0.5, 0: -0.6}
    for degree, bonus in wanted.items():
        row[(key.tonic + degree) % 12] += bonus
    return row


def _contour(rng: np.random.Generator, count: int, style: PitchStyle, middle: float) -> NDArray[np.float64]:
    """The curve a phrase bends towards, in MIDI pitch: most often an arch or a descent."""
    x = np.linspace(0, 1, count)
    shapes = (
        np.sin(np.pi * x) - 0.5,
        0.5 - x,
        x - 0.5,
        0.5 - np.sin(np.pi * x),
        0.6 * np.sin(2 * np.pi * x),
        np.zeros(count),
        0.5 - np.abs(x - 0.3),
    )
    shape = shapes[int(rng.choice(7, p=[0.3, 0.22, 0.1, 0.06, 0.1, 0.12, 0.1]))]
    span = (style.high - style.low) * float(rng.uniform(0.3, 0.9))
    centre = float(np.clip(middle + rng.normal(0, 1.8), style.low + 3, style.high - 3))
    curve: NDArray[np.float64] = centre + span * shape
    return curve


def _recall(
    rng: np.random.Generator,
    emission: NDArray[np.float64],
    candidates: NDArray[np.int64],
    task: PhraseTask,
    model: Phrase,
) -> None:
    """Draws each note towards the one the model phrase has at its place, perhaps a step higher or lower."""
    at = dict(zip(model.rhythm.onsets, model.pitches, strict=True))
    onsets = task.rhythm.onsets
    if task.faithful:
        shift, pull, keep = 0, 6.0, len(onsets)
    else:
        shift = int(rng.choice([0, -1, 1, 2, -2], p=[0.64, 0.14, 0.12, 0.05, 0.05]))
        pull = float(rng.uniform(1.5, 4.0))
        keep = int(np.ceil(len(onsets) * rng.uniform(0.5, 1.0)))
    for i, onset in enumerate(onsets[:keep]):
        if onset in at:
            emission[i] += pull * (candidates == shift_in_scale(at[onset], shift, task.key))


def _answer(candidates: NDArray[np.int64], before: int, last: int) -> NDArray[np.float64]:
    """After a leap, a step back; after a third, perhaps on through the chord; after a step, rather on."""
    move = last - before
    onward = (candidates - last) * np.sign(move)
    if abs(move) >= 5:
        return np.where((onward < 0) & (onward >= -4), 0.9, np.where(onward > 2, -1.5, 0.0))
    if abs(move) >= 3:
        return np.where((onward >= 3) & (onward <= 5), 0.25, 0.0)
    if move:
        return np.where((onward > 0) & (onward <= 2), 0.35, 0.0)
    return np.zeros(len(candidates))


def _chord_under(chords: list[Chord], onset: int, duration: int) -> Chord:
    """The chord an eighth into a note: an anticipated note belongs to the beat it anticipates."""
    beat = (onset + min(2, duration - 1)) // STEPS_PER_BEAT
    return chords[min(max(beat, 0), len(chords) - 1)]


def _log_sum(values: NDArray[np.float64]) -> NDArray[np.float64]:
    top = values.max(axis=1, keepdims=True)
    result: NDArray[np.float64] = (top + np.log(np.exp(values - top).sum(axis=1, keepdims=True)))[:, 0]
    return result
