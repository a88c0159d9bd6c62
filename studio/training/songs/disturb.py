"""What a pitch tracker would hear if a real person sang a melody: disturbs notes in pitch, time and number.

The generator is trained on these and not on clean notes, so that a phone recording is nothing new to it.
Each song has its own singer and recording, from near clean to bad: one `severity` scales most of what goes
wrong. Amounts were set against sixteen sight-singers: their hand annotations (which lie 0.2 semitones off any
equal temperament), what our own note tracker makes of them (0.15 semitones more; 6 % of notes split, 3 % merged,
1 % missed) and the measures of studio.training.evaluate.melody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import VocalNote
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.training.songs.skeleton import MelodyNote

#: No shorter note leaves the tracker (analysis.notes).
MIN_NOTE_S = 0.085
PITCH_RANGE = (36.0, 90.0)


@dataclass(frozen=True)
class Singer:
    """What is constant in one recording. Pitches in semitones, times in seconds, chances per note."""

    tuning: float
    tuning_drift: float
    tuning_wander: float
    pitch_sd: float
    scoop: float
    octave_slip: float
    wrong_neighbour: float
    onset_sd_s: float
    lag_s: float
    phrase_lag_sd_s: float
    wander_s: float
    shorten_s: float
    split: float
    merge: float
    missed: float
    ghosts_per_s: float
    loudness_db: float
    loudness_sd_db: float

    @classmethod
    def draw(cls, rng: np.random.Generator, severity: float) -> Singer:
        """A random singer.

        Args:
            severity: 0 (a trained singer in a quiet room) to 1 (a phone on a table, an untrained singer).
        """
        s = float(np.clip(severity, 0, 1))

        def some(clean: float, bad: float) -> float:
            return float((clean + (bad - clean) * s) * rng.uniform(0.5, 1.5))

        return cls(
            tuning=float(rng.normal(0, 0.06 + 0.2 * s)),
            tuning_drift=float(rng.normal(0, 0.05 + 0.5 * s)),
            tuning_wander=some(0.02, 0.2),
            pitch_sd=some(0.08, 0.42),
            scoop=some(0.02, 0.2),
            octave_slip=some(0.0005, 0.012),
            wrong_neighbour=some(0.003, 0.06),
            onset_sd_s=some(0.012, 0.032),
            lag_s=float(rng.normal(0, 0.008 + 0.015 * s)),
            phrase_lag_sd_s=some(0.006, 0.025),
            wander_s=some(0.004, 0.02),
            shorten_s=float(min(0.25, 0.11 * np.exp(rng.normal(0, 0.6)))),
            split=some(0.008, 0.09),
            merge=some(0.05, 0.4),
            missed=some(0.003, 0.04),
            ghosts_per_s=some(0.01, 0.15),
            loudness_db=float(rng.uniform(-32, -14)),
            loudness_sd_db=some(1.5, 4.0),
        )


def disturb(
    melody: Sequence[MelodyNote], rng: np.random.Generator, *, tempo_bpm: float, severity: float | None = None
) -> list[VocalNote]:
    """Sings a melody as people do and hears it as trackers do.

    Args:
        melody: in order, without overlap.
        tempo_bpm: quarters a minute.
        severity: 0 to 1; drawn when None, mostly mild.

    Returns:
        Notes in seconds from the song's first downbeat, in order, without overlap, each at least MIN_NOTE_S
        long and within PITCH_RANGE. Most songs keep nearly all notes; an empty melody stays empty.
    """
    if not melody:
        return []
    singer = Singer.draw(rng, float(rng.beta(1.2, 1.8)) if severity is None else severity)
    notes = _sing(melody, rng, singer, 60.0 / tempo_bpm)
    notes = _merge_repeats(notes, rng, singer)
    notes = _split_and_miss(notes, rng, singer)
    return _tidy(notes + _ghosts(notes, rng, singer))


def sung_tempo(rng: np.random.Generator, tempo_bpm: float) -> float:
    """The tempo a singer takes a song at when nobody plays: often slower than the band would."""
    return float(np.clip(tempo_bpm * np.exp(rng.normal(-0.12, 0.17)), 45.0, 190.0))


def estimated_grid(rng: np.random.Generator, *, tempo_bpm: float, beats: int, meter: Meter) -> BeatGrid:
    """The grid an analysis finds under a song that begins at 0 s: the right beats, never quite the true times."""
    shift_s = float(np.clip(rng.normal(0.0, 0.015), -0.05, 0.05))
    times = shift_s + 60.0 / tempo_bpm * np.arange(beats + 1) + rng.normal(0.0, 0.004)
    return BeatGrid(tuple(times.tolist()), meter)


def _sing(
    melody: Sequence[MelodyNote], rng: np.random.Generator, singer: Singer, beat_s: float
) -> list[VocalNote]:
    """The singer's part: intonation, timing, breath and loudness."""
    count = len(melody)
    total_s = max(melody[-1].end * beat_s, 1.0)
    wander = (_slow_walk(rng, count) * singer.wander_s).tolist()
    sway = _slow_walk(rng, count).tolist()
    tuning = (_slow_walk(rng, count) * singer.tuning_wander + singer.tuning).tolist()
    phrase_lag, register = 0.0, float(np.mean([n.pitch for n in melody]))
    notes: list[VocalNote] = []
    for i, note in enumerate(melody):
        new_phrase = i == 0 or note.start - melody[i - 1].end >= 0.5
        breath = i == count - 1 or melody[i + 1].start - note.end >= 0.25
        if new_phrase:
            phrase_lag = float(rng.normal(0, singer.phrase_lag_sd_s))
        late = singer.lag_s + phrase_lag + wander[i] + float(rng.laplace(0, singer.onset_sd_s / np.sqrt(2)))
        start = note.start * beat_s + late
        length = (note.end - note.start) * beat_s
        if breath:
            gap = float(rng.exponential(1.5 * singer.shorten_s))
        else:  # notes in a row are bound or parted by a consonant, and short ones by less
            gap = float(rng.exponential(min(singer.shorten_s, 0.17 * length))) * (rng.random() > 0.2)
        end = note.end * beat_s + late - min(gap, 0.55 * length)
        if breath and rng.random() < 0.2:  # a last note let go early, or held over
            end += float(rng.uniform(-0.4, 0.15)) * length
        pitch = note.pitch + tuning[i] + singer.tuning_drift * start / total_s
        pitch += float(rng.normal(0, singer.pitch_sd)) * (1.4 if length < 0.15 else 1.0)
        if rng.random() < singer.scoop:
            pitch -= float(rng.uniform(0.1, 0.45))
        strong = 1.5 if abs(note.start - round(note.start)) < 0.05 else 0.0
        loudness = singer.loudness_db + strong + 0.25 * (note.pitch - register) + 2.0 * sway[i]
        loudness += float(rng.normal(0, singer.loudness_sd_db)) - (2.0 if breath else 0.0)
        sure = float(np.clip(rng.normal(0.95 - 0.5 * singer.pitch_sd, 0.08), 0.3, 1.0))
        notes.append(VocalNote(start, max(end, start + MIN_NOTE_S), pitch, min(loudness, -3.0), sure))
        notes[-1:] = _scooped(notes[-1], rng, singer)
    return notes


def _scooped(note: VocalNote, rng: np.random.Generator, singer: Singer) -> list[VocalNote]:
    """Rarely a deep scoop is heard as a short lower note before the note itself."""
    if note.end_s - note.start_s < 0.3 or rng.random() > 0.25 * singer.scoop:
        return [note]
    turn = note.start_s + float(rng.uniform(0.05, 0.12))
    low = replace(note, end_s=turn, pitch=note.pitch - float(rng.uniform(0.6, 2.2)), confidence=0.6)
    return [low, replace(note, start_s=turn)]


def _merge_repeats(notes: list[VocalNote], rng: np.random.Generator, singer: Singer) -> list[VocalNote]:
    """Two notes of one pitch with hardly a gap are often heard as one."""
    merged: list[VocalNote] = []
    for note in notes:
        last = merged[-1] if merged else None
        if (
            last is not None
            and abs(last.pitch - note.pitch) < 0.6
            and note.start_s - last.end_s < 0.06
            and rng.random() < singer.merge
        ):
            merged[-1] = replace(
                last, end_s=max(last.end_s, note.end_s), loudness_db=max(last.loudness_db, note.loudness_db)
            )
        else:
            merged.append(note)
    return merged


def _split_and_miss(notes: list[VocalNote], rng: np.random.Generator, singer: Singer) -> list[VocalNote]:
    """The tracker's part: broken notes, missed notes, octaves and neighbours."""
    heard: list[VocalNote] = []
    for note in notes:
        length = note.end_s - note.start_s
        if rng.random() < singer.missed * (2.0 if length < 0.15 else 0.7):
            continue
        if rng.random() < singer.octave_slip:
            note = replace(
                note, pitch=note.pitch + float(rng.choice([-12.0, 12.0])), confidence=0.6 * note.confidence
            )
        elif rng.random() < singer.wrong_neighbour:
            note = replace(
                note, pitch=note.pitch + float(rng.choice([-1.0, 1.0])) * float(rng.uniform(0.6, 1.2))
            )
        if length > 0.3 and rng.random() < singer.split * min(length / 0.5, 3.0):
            cut = note.start_s + length * float(rng.uniform(0.25, 0.75))
            heard.append(replace(note, end_s=cut - float(rng.uniform(0.0, 0.06))))
            note = replace(note, start_s=cut, pitch=note.pitch + float(rng.normal(0, singer.pitch_sd)))
        heard.append(note)
    return heard or notes[:1]


def _ghosts(notes: list[VocalNote], rng: np.random.Generator, singer: Singer) -> list[VocalNote]:
    """Breaths, clicks and talk heard as short soft notes where nobody sings."""
    ghosts: list[VocalNote] = []
    for last, following in pairwise(notes):
        gap = following.start_s - last.end_s
        if gap < 0.15:
            continue
        for _ in range(min(int(rng.poisson(singer.ghosts_per_s * gap)), 4)):
            length = float(rng.uniform(MIN_NOTE_S, 0.2))
            start = last.end_s + float(rng.uniform(0, gap - min(length, gap)))
            near = last if rng.random() < 0.5 else following
            ghosts.append(
                VocalNote(
                    start,
                    start + length,
                    near.pitch + float(rng.normal(0, 4)),
                    near.loudness_db - float(rng.uniform(4, 14)),
                    float(rng.uniform(0.2, 0.6)),
                )
            )
    return ghosts


def _tidy(notes: list[VocalNote]) -> list[VocalNote]:
    """Puts notes in order, cuts overlaps, drops what became too short, keeps pitches within PITCH_RANGE."""
    tidy: list[VocalNote] = []
    for note in sorted(notes, key=lambda n: n.start_s):
        if tidy and tidy[-1].end_s > note.start_s:
            if note.start_s - tidy[-1].start_s < MIN_NOTE_S:
                note = replace(note, start_s=tidy[-1].end_s)
            else:
                tidy[-1] = replace(tidy[-1], end_s=note.start_s)
        if note.end_s - note.start_s >= MIN_NOTE_S:
            tidy.append(replace(note, pitch=float(np.clip(note.pitch, *PITCH_RANGE))))
    return tidy


def _slow_walk(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """An autoregressive walk of unit variance over some ten notes."""
    value, walk = float(rng.normal()), []
    for step in rng.normal(size=count):
        value = 0.9 * value + 0.43589 * float(step)
        walk.append(value)
    return np.array(walk)
