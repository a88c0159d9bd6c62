"""Tempo, beats, bar lines and key from a melody alone, and whether the confidence knows when they are wrong.

    python -m studio.training.evaluate.rhythm --data DIR --first 101

POP909's melodies as a singer would give them (excerpts of 45 s, starts scattered by 25 ms, pitches by 0.2 semitones and
detuned as a whole), against the annotated beats and keys. Songs 1 to 100 are for setting thresholds, 101 to 200 for
reporting.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.analysis.key import find_key
from studio.analysis.readings import find_readings
from studio.core.analysis import UNSURE, Given, VocalNote
from studio.core.grid import BeatGrid
from studio.core.tuning import tuning_offset
from studio.training.collections.pop909 import PopSong, read_songs
from studio.training.evaluate.analysis import as_syllables, f_measure, within

_EXCERPT_S, _SCATTER_S = 45.0, 0.025
#: Beats with this F or more are called right.
RIGHT_F = 0.75


@dataclass(frozen=True)
class Heard:
    """Of one song: the tempo found over the true one, F of beats and downbeats within 70 ms, F of the beats of each
    reading, whether key and bar length are right, and the chances given to tempo and beats."""

    ratio: float
    beat_f: float
    downbeat_f: float
    readings_f: tuple[float, ...]
    key: bool
    near_key: bool
    meter: bool
    tempo_chance: float
    chances: tuple[float, ...]

    @property
    def right(self) -> bool:
        return abs(self.ratio - 1) < 0.04

    @property
    def right_but_for_octave(self) -> bool:
        return min(abs(self.ratio / octave - 1) for octave in (0.5, 1, 2)) < 0.04

    @property
    def beats_right(self) -> bool:
        return self.beat_f >= RIGHT_F

    @property
    def one_right(self) -> bool:
        return max(self.readings_f[:4]) >= RIGHT_F


def excerpt(song: PopSong) -> list[VocalNote]:
    """A stretch of the melody, sung by a person."""
    rng = np.random.default_rng(song.number * 7)
    notes = [n for n in song.notes if song.beats_s[0] <= n.start_s < song.beats_s[-1]]
    begin = notes[int(rng.integers(0, max(1, len(notes) // 2)))].start_s - 0.1
    notes = [n for n in notes if begin <= n.start_s < begin + _EXCERPT_S]
    starts, ends = (rng.normal(0, _SCATTER_S, len(notes)) for _ in range(2))
    pitch = rng.normal(0, 0.2, len(notes)) + rng.uniform(-0.4, 0.4)
    sung = []
    for n, early, late, off in zip(notes, starts, ends, pitch, strict=True):
        start = n.start_s + float(early)
        sung.append(
            VocalNote(start, max(start + 0.05, n.end_s + float(late)), n.pitch + float(off), confidence=0.9)
        )
    return sorted(sung, key=lambda note: note.start_s)


def hear(song: PopSong) -> Heard:
    """Analyses an excerpt and compares."""
    notes = excerpt(song)
    first, last = notes[0].start_s, notes[-1].start_s
    key, _ = find_key(notes)
    rhythm = find_readings(as_syllables(notes), notes, key, tuning_offset(notes), notes[-1].end_s, Given())
    inside = (song.beats_s >= first - 0.05) & (song.beats_s <= last + 0.05)
    beats, downbeats = song.beats_s[inside], song.beats_s[inside & song.downbeats]
    true_bpm = 60.0 / float(np.median(np.diff(beats)))
    span = (float(beats[0]) - 0.1, float(beats[-1]) + 0.1)
    true_key = song.key_at((first + last) / 2)

    def beat_f(grid: BeatGrid) -> float:
        return f_measure(beats, within(grid.times_s, span), 0.07)

    return Heard(
        ratio=rhythm.grid.tempo_bpm / true_bpm,
        beat_f=beat_f(rhythm.grid),
        downbeat_f=f_measure(downbeats, within(rhythm.grid.downbeats_s, span), 0.07),
        readings_f=tuple(beat_f(found.grid) for found in rhythm.readings),
        key=key == true_key,
        near_key=len(set(key.scale) & set(true_key.scale)) >= 6,
        meter=(rhythm.grid.meter.quarters_per_bar == 3) == (song.meter.quarters_per_bar == 3),
        tempo_chance=rhythm.tempo,
        chances=tuple(found.chance for found in rhythm.readings),
    )


def report(songs: Iterable[Heard]) -> str:
    """The means, and what doubting the tempo catches."""
    rows = list(songs)

    def share(values: Iterable[float]) -> float:
        found = list(values)
        return float(np.mean(found)) if found else float("nan")

    def doubted(found: Heard) -> bool:
        return found.chances[0] < UNSURE

    wrong, right = [r for r in rows if not r.beats_right], [r for r in rows if r.beats_right]
    figures = {
        "songs": len(rows),
        "tempo": share(r.right for r in rows),
        "tempo, octave errors apart": share(r.right_but_for_octave for r in rows),
        "beat F": share(r.beat_f for r in rows),
        "downbeat F": share(r.downbeat_f for r in rows),
        "key": share(r.key for r in rows),
        "key, or one that shares six notes": share(r.near_key for r in rows),
        "meter": share(r.meter for r in rows),
        "beats right (F .75 or more)": share(r.beats_right for r in rows),
        "chance given to the first reading": share(r.chances[0] for r in rows),
        "chance given to the tempo": share(r.tempo_chance for r in rows),
        "best beat F of four readings": share(max(r.readings_f[:4]) for r in rows),
        "beats right in one of four readings": share(r.one_right for r in rows),
        "wrong beats that are doubted": share(doubted(r) for r in wrong),
        "right beats that are doubted": share(doubted(r) for r in right),
    }
    return "\n".join(f"{name}: {round(value, 2)}" for name, value in figures.items())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="POP909")
    parser.add_argument("--first", type=int, default=101)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    songs = read_songs(options.data, range(options.first, options.first + options.count))
    print(report(hear(song) for song in songs))


if __name__ == "__main__":
    main()
