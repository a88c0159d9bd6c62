"""The pitches of our own melodies: phrases sampled from a small probabilistic model of song.

Every note weighs five things: how far it leaps, whether it belongs to its chord (more on strong beats and long
notes), the scale, the contour of the phrase, and the note of an earlier phrase that it repeats or imitates. A
phrase is drawn by forward-filtering backward-sampling, so that its end (open or closed cadence) bends the notes
before it. Leaps are answered by a step back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Chord, Key, Meter
from studio.training.rhythm import PhraseRhythm, RhythmStyle, draw_phrase
from studio.training.skeleton import MelodyNote

#: Log-odds of an interval of 0 to 12 semitones, from what singers do: repeats and steps, few leaps, no tritone.
_INTERVALS = np.log([0.20, 0.17, 0.30, 0.125, 0.075, 0.05, 0.006, 0.032, 0.008, 0.01, 0.003, 0.001, 0.006])
_FARTHER = -9.0


@dataclass(frozen=True)
class MelodyStyle:
    """The melodic habits of one song.

    Attributes:
        rhythm: when notes come.
        low, high: MIDI range.
        chordal: how strongly chord tones are preferred; 1 is usual.
        pentatonic: how strongly the fourth and seventh (minor: second and sixth) are avoided, 0 to 2.
        leaps: above 0 flattens the preference for steps.
        repeats: added log-odds of a repeated pitch.
        scheme: letters of phrases, such as 'abac', used over and over.
    """

    rhythm: RhythmStyle
    low: int
    high: int
    chordal: float
    pentatonic: float
    leaps: float
    repeats: float
    scheme: str


@dataclass(frozen=True)
class Phrase:
    """A sung phrase: its rhythm and MIDI pitches."""

    rhythm: PhraseRhythm
    pitches: tuple[int, ...]


@dataclass(frozen=True)
class Cadence:
    """Where a phrase should end: pitch classes with log-odds, and the register it moves in."""

    closed: bool
    register: float


def sing_section(
    rng: np.random.Generator,
    style: MelodyStyle,
    key: Key,
    meter: Meter,
    chords: list[Chord],
    *,
    first_bar: int,
    lift: float,
    earlier: list[Phrase] | None = None,
) -> tuple[list[MelodyNote], list[Phrase]]:
    """Sings over the chords of one section.

    Args:
        chords: one a quarter, whole bars.
        first_bar: bar of the section in the song.
        lift: semitones by which the section's register lies above the song's.
        earlier: phrases of the same section sung before, to be repeated with small changes.

    Returns:
        Notes in quarters of the song, and the phrases for the section's return.
    """
    size = style.rhythm.bar
    bars = len(chords) // meter.quarters_per_bar
    per_phrase = min(style.rhythm.phrase_bars, bars)
    phrases: list[Phrase] = []
    notes: list[MelodyNote] = []
    named: dict[str, Phrase] = {}
    bar, index, previous = 0, 0, None
    while bar < bars:
        length = min(per_phrase, bars - bar)
        letter = style.scheme[index % len(style.scheme)]
        model = earlier[index] if earlier and index < len(earlier) else named.get(letter)
        recall = earlier is not None and index < len(earlier)
        rhythm = _rhythm(rng, style.rhythm, length, model, exact=recall)
        here = chords[bar * meter.quarters_per_bar :]
        closed = bar + length >= bars or index % 2 == 1
        middle = (style.low + style.high) / 2 + lift
        pitches = _pitches(
            rng, style, key, meter, here, rhythm, Cadence(closed, middle), model, previous, faithful=recall
        )
        phrase = Phrase(rhythm, pitches)
        named.setdefault(letter, phrase)
        phrases.append(phrase)
        offset = (first_bar + bar) * size
        notes += [
            MelodyNote((offset + o) / STEPS_PER_BEAT, (offset + o + d) / STEPS_PER_BEAT, p)
            for o, d, p in zip(rhythm.onsets, rhythm.durations, pitches, strict=True)
        ]
        previous = pitches[-1]
        bar, index = bar + length, index + 1
    return notes, phrases


def join(notes: list[MelodyNote]) -> tuple[MelodyNote, ...]:
    """Sorts notes and lets each end where the next begins; a pickup silences what it meets."""
    ordered: list[MelodyNote] = []
    for note in sorted(notes, key=lambda n: n.start):
        while ordered and ordered[-1].start >= note.start - 1e-6:
            ordered.pop()
        if ordered and ordered[-1].end > note.start:
            ordered[-1] = replace(ordered[-1], end=note.start)
        ordered.append(note)
    return tuple(ordered)


def _rhythm(
    rng: np.random.Generator, style: RhythmStyle, bars: int, model: Phrase | None, *, exact: bool
) -> PhraseRhythm:
    if model is None or model.rhythm.onsets[-1] >= bars * style.bar:
        return draw_phrase(rng, style, bars)
    rhythm = model.rhythm
    if rng.random() < (0.3 if exact else 0.4):
        return _vary(rng, rhythm)
    return rhythm


def _vary(rng: np.random.Generator, rhythm: PhraseRhythm) -> PhraseRhythm:
    """Splits one long note or joins two short ones."""
    onsets, durations = list(rhythm.onsets), list(rhythm.durations)
    k = int(rng.integers(len(onsets)))
    if durations[k] >= 4 and durations[k] % 2 == 0:
        half = durations[k] // 2
        onsets.insert(k + 1, onsets[k] + half)
        durations[k : k + 1] = [half, half]
    elif k + 1 < len(onsets) and len(onsets) > 3 and onsets[k] + durations[k] == onsets[k + 1]:
        durations[k : k + 2] = [durations[k] + durations[k + 1]]
        del onsets[k + 1]
    return PhraseRhythm(tuple(onsets), tuple(durations), (-1,) * len(onsets))


def _pitches(
    rng: np.random.Generator,
    style: MelodyStyle,
    key: Key,
    meter: Meter,
    chords: list[Chord],
    rhythm: PhraseRhythm,
    cadence: Cadence,
    model: Phrase | None,
    previous: int | None,
    *,
    faithful: bool,
) -> tuple[int, ...]:
    candidates = np.arange(style.low, style.high + 1)
    emission, dissonant = _emissions(rng, style, key, meter, chords, rhythm, cadence, candidates)
    if model is not None:
        _recall(rng, emission, candidates, rhythm, model, key, faithful=faithful)
    distance = np.abs(candidates[:, None] - candidates[None, :])
    table = np.concatenate([_INTERVALS / (1 + style.leaps), np.full(64, _FARTHER)])
    table[0] += style.repeats
    move = table[distance]
    # A dissonance is left by step or stays: passing and neighbour notes, appoggiaturas.
    leave = np.where(distance > 2, -2.5, 0.0)
    count = len(rhythm.onsets)
    steps = [move + dissonant[i][:, None] * leave for i in range(count)]
    ahead = np.zeros((count, len(candidates)))
    for i in range(count - 2, -1, -1):
        ahead[i] = _log_sum(steps[i] + (emission[i + 1] + ahead[i + 1])[None, :])
    pitches: list[int] = []
    motif_shift: dict[int, int] = {}
    for i in range(count):
        logits = emission[i] + ahead[i]
        if pitches:
            logits = logits + steps[i - 1][pitches[-1] - style.low]
            if len(pitches) > 1:
                logits = logits + _answer(candidates, pitches[-2], pitches[-1])
        elif previous is not None:
            logits = logits + 0.5 * table[np.abs(candidates - previous)]
        source = rhythm.motif[i]
        if model is None and 0 <= source < i:
            if source not in motif_shift:
                if source - 1 in motif_shift and rhythm.motif[i - 1] == source - 1:
                    motif_shift[source] = motif_shift[source - 1]
                else:
                    motif_shift[source] = int(rng.choice([0, 0, 0, -1, 1, -2, 2]))
            logits = logits + 2.2 * (candidates == shift_in_scale(pitches[source], motif_shift[source], key))
        weights = np.exp(logits - logits.max())
        mark = np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), side="right")
        pitches.append(int(candidates[min(int(mark), len(candidates) - 1)]))
    return tuple(pitches)


def _emissions(
    rng: np.random.Generator,
    style: MelodyStyle,
    key: Key,
    meter: Meter,
    chords: list[Chord],
    rhythm: PhraseRhythm,
    cadence: Cadence,
    candidates: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-weights [notes, candidates] and, likewise, 1 where a candidate is no chord tone."""
    count = len(rhythm.onsets)
    classes = candidates % 12
    scale = np.zeros(12)
    scale[[c for c in range(12) if c not in key.scale]] = -7.0
    shy = (5, 11) if key.mode == "major" else (2, 8)
    for degree in shy:
        scale[(key.tonic + degree) % 12] -= style.pentatonic
    emission = np.zeros((count, len(candidates)))
    dissonant = np.zeros((count, len(candidates)))
    curve = _contour(rng, count, style, cadence.register)
    size = style.rhythm.bar
    for i, (onset, duration) in enumerate(zip(rhythm.onsets, rhythm.durations, strict=True)):
        chord = _chord_under(chords, onset, duration)
        tones = np.zeros(12)
        row = scale.copy()
        if chord.root is not None:
            members = list(chord.pitch_classes)
            tones[members] = 1.0
            row[members] = np.maximum(row[members], -0.8)
            if chord.quality in ("maj", "7"):
                row[(chord.root + 3) % 12] -= 2.0  # the minor third against a major chord
        strong = 1.0 if onset % size == 0 else 0.6 if onset % STEPS_PER_BEAT == 0 else 0.15
        weight = style.chordal * (0.35 + 0.8 * strong + 0.35 * min(duration / STEPS_PER_BEAT, 3))
        row = row + weight * tones
        if i == count - 1:
            row = row + _ending(key, chord, cadence.closed)
        emission[i] = row[classes] - 0.5 * ((candidates - curve[i]) / 3.2) ** 2
        dissonant[i] = 1 - tones[classes]
    return emission, dissonant


def _ending(key: Key, chord: Chord, closed: bool) -> NDArray[np.float64]:
    """Log-odds of pitch classes for the last note of a phrase."""
    row = np.zeros(12)
    if chord.root is not None:
        row[list(chord.pitch_classes[:3])] += 1.0
    third = 4 if key.mode == "major" else 3
    wanted = {0: 1.8, third: 0.8, 7: 0.5} if closed else {2: 0.8, 7: 0.8, third: 0.5, 0: -0.6}
    for degree, bonus in wanted.items():
        row[(key.tonic + degree) % 12] += bonus
    return row


def _contour(rng: np.random.Generator, count: int, style: MelodyStyle, middle: float) -> NDArray[np.float64]:
    """The curve a phrase bends towards, in MIDI pitch."""
    x = np.linspace(0, 1, count)
    shape = (
        np.sin(np.pi * x) - 0.5,
        0.5 - x,
        x - 0.5,
        0.5 - np.sin(np.pi * x),
        0.6 * np.sin(2 * np.pi * x),
        np.zeros(count),
        0.5 - np.abs(x - 0.3),
    )[int(rng.choice(7, p=[0.3, 0.22, 0.1, 0.06, 0.1, 0.12, 0.1]))]
    span = (style.high - style.low) * float(rng.uniform(0.25, 0.75))
    centre = np.clip(middle + rng.normal(0, 1.2), style.low + 3, style.high - 3)
    curve: NDArray[np.float64] = centre + span * shape
    return curve


def _recall(
    rng: np.random.Generator,
    emission: NDArray[np.float64],
    candidates: NDArray[np.int64],
    rhythm: PhraseRhythm,
    model: Phrase,
    key: Key,
    *,
    faithful: bool,
) -> None:
    """Draws each note towards the one the model phrase has at its place, perhaps a step higher or lower."""
    at = dict(zip(model.rhythm.onsets, model.pitches, strict=True))
    shift = 0 if faithful else int(rng.choice([0, -1, 1, 2, -2], p=[0.64, 0.14, 0.12, 0.05, 0.05]))
    pull = 6.0 if faithful else float(rng.uniform(1.5, 4.0))
    keep = len(rhythm.onsets) if faithful else int(np.ceil(len(rhythm.onsets) * rng.uniform(0.5, 1.0)))
    for i, onset in enumerate(rhythm.onsets[:keep]):
        if onset in at:
            emission[i] += pull * (candidates == shift_in_scale(at[onset], shift, key))


def _answer(candidates: NDArray[np.int64], before: int, last: int) -> NDArray[np.float64]:
    """After a leap, a step back; after a step, rather on than back."""
    move = last - before
    onward = (candidates - last) * np.sign(move)
    if abs(move) >= 5:
        return np.where((onward < 0) & (onward >= -4), 0.9, np.where(onward > 2, -1.5, 0.0))
    if 0 < abs(move) <= 2:
        return np.where((onward > 0) & (onward <= 2), 0.35, 0.0)
    return np.zeros(len(candidates))


def _chord_under(chords: list[Chord], onset: int, duration: int) -> Chord:
    """The chord of a note's first half; an anticipated note belongs to the beat it anticipates."""
    beat = (onset + min(2, duration - 1)) // STEPS_PER_BEAT if duration > 1 else onset // STEPS_PER_BEAT
    return chords[int(np.clip(beat, 0, len(chords) - 1))]


def shift_in_scale(pitch: int, steps: int, key: Key) -> int:
    """Moves a pitch by scale steps; a pitch outside the scale moves from its lower neighbour."""
    ladder = sorted((c - key.tonic) % 12 for c in key.scale)
    octave, degree = divmod(pitch - key.tonic, 12)
    index = max(i for i, s in enumerate(ladder) if s <= degree)
    if steps == 0:
        return pitch
    octave_up, index = divmod(index + steps, len(ladder))
    return key.tonic + 12 * (octave + octave_up) + ladder[index]


def _log_sum(values: NDArray[np.float64]) -> NDArray[np.float64]:
    top = values.max(axis=1, keepdims=True)
    result: NDArray[np.float64] = (top + np.log(np.exp(values - top).sum(axis=1, keepdims=True)))[:, 0]
    return result
