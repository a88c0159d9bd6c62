"""Sung melodies of our own songs: phrases in a scheme such as 'abac', repeated, varied and recalled.

A phrase with a letter heard before takes up its rhythm and, more or less, its pitches, adapted to the
chords it now meets; when a whole section returns it is sung again with small changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Chord, Key, Meter
from studio.training.songs.pitch_model import Phrase, PhraseTask, PitchStyle, draw_pitches
from studio.training.songs.rhythm import PhraseRhythm, RhythmStyle, draw_phrase
from studio.training.songs.skeleton import MelodyNote


@dataclass(frozen=True)
class MelodyStyle:
    """How one song is sung: its rhythm, its pitches, and the letters of its phrases, used over and over."""

    rhythm: RhythmStyle
    pitch: PitchStyle
    scheme: str


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
    middle = (style.pitch.low + style.pitch.high) / 2 + lift
    phrases: list[Phrase] = []
    notes: list[MelodyNote] = []
    named: dict[str, Phrase] = {}
    bar = 0
    while bar < bars:
        index = len(phrases)
        length = min(style.rhythm.phrase_bars, bars - bar)
        letter = style.scheme[index % len(style.scheme)]
        recall = earlier is not None and index < len(earlier)
        model = earlier[index] if earlier is not None and recall else named.get(letter)
        task = PhraseTask(
            key=key,
            chords=chords[bar * meter.quarters_per_bar :],
            rhythm=_rhythm(rng, style.rhythm, length, model, recall=recall),
            bar=size,
            closed=bar + length >= bars or index % 2 == 1,
            register=middle,
            model=model,
            faithful=recall,
            previous=phrases[-1].pitches[-1] if phrases else None,
        )
        phrase = Phrase(task.rhythm, draw_pitches(rng, style.pitch, task))
        named.setdefault(letter, phrase)
        phrases.append(phrase)
        notes += _placed(phrase, (first_bar + bar) * size)
        bar += length
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


def _placed(phrase: Phrase, offset: int) -> list[MelodyNote]:
    """The phrase's notes in quarters, its first bar line at `offset` sixteenths."""
    rhythm = phrase.rhythm
    return [
        MelodyNote((offset + onset) / STEPS_PER_BEAT, (offset + onset + duration) / STEPS_PER_BEAT, pitch)
        for onset, duration, pitch in zip(rhythm.onsets, rhythm.durations, phrase.pitches, strict=True)
    ]


def _rhythm(
    rng: np.random.Generator, style: RhythmStyle, bars: int, model: Phrase | None, *, recall: bool
) -> PhraseRhythm:
    if model is None or model.rhythm.onsets[-1] >= bars * style.bar:
        return draw_phrase(rng, style, bars)
    return _vary(rng, model.rhythm) if rng.random() < (0.3 if recall else 0.4) else model.rhythm


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
