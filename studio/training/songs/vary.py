"""Makes a song of a tune: another key, a singable tempo, some of its sections, breaths, instrumental bars.

Folk tunes are written for fiddles: no rests, many notes. A voice breathes at the end of a phrase and sings
fewer, so some tunes keep only the notes on their beats.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.core.music import Chord, Key, Meter
from studio.training.songs.skeleton import MelodyNote, Section, Skeleton

#: Lowest and highest sung pitch after transposition.
SUNG_RANGE = (45, 81)


def vary_tune(
    tune: Skeleton,
    rng: np.random.Generator,
    *,
    tempo_range: tuple[float, float] | None = None,
    max_bars: int = 48,
) -> Skeleton:
    """A random rendition of a tune.

    Args:
        tempo_range: quarters a minute, else 60 to 180; within it about 1.5 to 4 notes a second.
        max_bars: about how many bars are kept; at least one section is.
    """
    song = _choose_sections(tune, rng, max_bars)
    if sum(n.end - n.start for n in song.melody) > 0.9 * song.beats:  # written for an instrument: no rests
        if rng.random() < 0.4:
            song = replace(song, melody=_plain(song.melody, song.meter))
        song = replace(song, melody=_breathe(song.melody, song.meter, rng))
        if rng.random() < 0.4:
            song = _with_instrumental(song, rng)
    song = transposed(song, _random_shift(song, rng))
    energy_lift = int(rng.choice([-1, 0, 1], p=[0.25, 0.55, 0.2]))
    energy = tuple(int(np.clip(e + energy_lift, 0, 3)) for e in song.energy)
    return replace(song, energy=energy, tempo_bpm=_tempo(song, rng, tempo_range or (60.0, 180.0)))


def transposed(song: Skeleton, shift: int) -> Skeleton:
    """The song moved by semitones: key, chords and melody."""
    chords = tuple(c if c.root is None else Chord((c.root + shift) % 12, c.quality) for c in song.chords)
    melody = tuple(replace(n, pitch=n.pitch + shift) for n in song.melody)
    return replace(song, key=Key((song.key.tonic + shift) % 12, song.key.mode), chords=chords, melody=melody)


def _random_shift(song: Skeleton, rng: np.random.Generator) -> int:
    low, high = min(n.pitch for n in song.melody), max(n.pitch for n in song.melody)
    least, most = SUNG_RANGE[0] - low, SUNG_RANGE[1] - high
    if least > most:  # wider than a voice: centred
        return (least + most) // 2
    return int(rng.integers(least, most + 1))


def _tempo(song: Skeleton, rng: np.random.Generator, tempo_range: tuple[float, float]) -> float:
    sung = sum(n.end - n.start for n in song.melody)
    notes_per_quarter = len(song.melody) / max(sung, 1.0)
    notes_per_second = 2.3 * float(np.exp(rng.normal(0, 0.3)))
    tempo = 60.0 * notes_per_second / notes_per_quarter
    low, high = tempo_range
    if not low <= tempo <= high:  # anywhere in the nearer half, not always the limit itself
        middle = (low + high) / 2
        tempo = float(rng.uniform(low, middle) if tempo < low else rng.uniform(middle, high))
    return round(tempo, 2)


def _choose_sections(tune: Skeleton, rng: np.random.Generator, max_bars: int) -> Skeleton:
    """A run of neighbouring sections; the pickup into the first stays."""
    first = int(rng.integers(len(tune.sections))) if rng.random() < 0.5 else 0
    last, bars = first, tune.sections[first].bars
    while last + 1 < len(tune.sections) and bars + tune.sections[last + 1].bars <= max_bars:
        last += 1
        bars += tune.sections[last].bars
        if bars >= 16 and rng.random() < 0.25:
            break
    size = tune.meter.quarters_per_bar
    start = tune.sections[first].first_bar * size
    stop = start + bars * size
    pickup = min(max(-tune.melody[0].start, 0.0), 1.5)
    melody = [
        replace(n, start=n.start - start, end=min(n.end, stop) - start)
        for n in tune.melody
        if start - pickup - 1e-6 <= n.start < stop - (pickup if last + 1 < len(tune.sections) else 0) - 1e-6
    ]
    if len(melody) < 8:
        return tune
    sections = tuple(
        replace(s, first_bar=s.first_bar - tune.sections[first].first_bar)
        for s in tune.sections[first : last + 1]
    )
    return replace(
        tune,
        sections=sections,
        chords=tune.chords[start:stop],
        energy=tune.energy[start:stop],
        melody=tuple(melody),
    )


def _plain(melody: tuple[MelodyNote, ...], meter: Meter) -> tuple[MelodyNote, ...]:
    """Only the notes that begin on a beat (in 6/8 also its last third), held until the next."""
    beat, third = (1.5, 1.0) if meter.denominator == 8 else (1.0, 0.0)
    kept: list[MelodyNote] = []
    for note in melody:
        place = note.start % beat
        if min(place, beat - place) < 1e-3 or abs(place - third) < 1e-3:
            kept.append(note)
        elif kept and note.start - kept[-1].end < 1e-3:
            kept[-1] = replace(kept[-1], end=note.end)
    return tuple(kept) if len(kept) >= 8 else melody


def _breathe(
    melody: tuple[MelodyNote, ...], meter: Meter, rng: np.random.Generator
) -> tuple[MelodyNote, ...]:
    """Shortens the last note of most phrases of four bars (two when bars are long)."""
    phrase = meter.quarters_per_bar * (4 if meter.quarters_per_bar < 4 or rng.random() < 0.6 else 2)
    pickup = max(-melody[0].start, 0.0)
    share = float(rng.uniform(0.2, 0.6))
    breathed: list[MelodyNote] = []
    for note, following in zip(melody, [*melody[1:], None], strict=True):
        turn = (note.start + pickup + 1e-6) // phrase
        ends = following is None or (following.start + pickup + 1e-6) // phrase > turn
        if ends and note.end - note.start >= 0.5 and rng.random() < 0.85:
            note = replace(note, end=note.end - share * (note.end - note.start))
        breathed.append(note)
    return tuple(breathed)


def _with_instrumental(song: Skeleton, rng: np.random.Generator) -> Skeleton:
    """Adds 2, 4 or 8 bars without singing before a section: an intro, or a solo later."""
    size = song.meter.quarters_per_bar
    place = 0 if rng.random() < 0.6 else int(rng.integers(len(song.sections)))
    section = song.sections[place]
    bars = min(int(rng.choice([2, 4, 8], p=[0.3, 0.5, 0.2])), section.bars)
    at, length = section.first_bar * size, bars * size
    end = at + section.bars * size
    chords = song.chords[end - length : end]
    level = max(song.energy[at] - (1 if place == 0 else 0), 0)
    pickup = max(-song.melody[0].start, 0.0)
    melody = [
        replace(n, start=n.start + length, end=n.end + length) if n.start >= at - pickup - 1e-6 else n
        for n in song.melody
    ]
    inserted = Section("intro" if place == 0 else "solo", section.first_bar, bars)
    later = tuple(replace(s, first_bar=s.first_bar + bars) for s in song.sections[place:])
    return replace(
        song,
        sections=(*song.sections[:place], inserted, *later),
        chords=song.chords[:at] + chords + song.chords[at:],
        energy=song.energy[:at] + (level,) * length + song.energy[at:],
        melody=tuple(melody),
    )
