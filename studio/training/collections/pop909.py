"""POP909 (Wang et al., ISMIR 2020): sung melodies of pop songs with beats, chords and key made by people.

Read for evaluation only: the songs are in copyright, nothing is trained on them. A folder holds one folder a song
('001' ...) with its MIDI file and annotations as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import VocalNote
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter, parse_pitch_class

#: Qualities as annotated -> ours. Added notes and basses are dropped; what has no third of ours counts by its triad.
_QUALITY = {
    "maj": "maj", "maj6": "maj", "maj7": "maj7", "7": "7", "min": "min", "min6": "min", "min7": "min7",
    "minmaj7": "min", "sus2": "sus4", "sus4": "sus4", "dim": "dim", "dim7": "dim", "hdim7": "dim", "aug": "maj",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class PopSong:
    """One song.

    Attributes:
        notes: the sung melody, in seconds.
        beats_s: annotated quarters; `downbeats` tells which of them begin a bar.
        chords: (start, end, chord) in seconds, in order; Chord(None) where there is none.
        keys: (start, key) in seconds, in order.
    """

    number: int
    notes: tuple[VocalNote, ...]
    beats_s: NDArray[np.float64]
    downbeats: NDArray[np.bool_]
    meter: Meter
    chords: tuple[tuple[float, float, Chord], ...]
    keys: tuple[tuple[float, Key], ...]

    def key_at(self, time_s: float) -> Key:
        """The key that holds at a time."""
        return next((key for start, key in reversed(self.keys) if start <= time_s), self.keys[0][1])

    def chord_at(self, times_s: NDArray[np.float64]) -> list[Chord]:
        """The chords that hold at times; none between and outside the annotated ones."""
        starts = np.array([start for start, _, _ in self.chords])
        found = []
        for time, index in zip(times_s, np.searchsorted(starts, times_s, side="right") - 1, strict=True):
            inside = index >= 0 and time < self.chords[index][1]
            found.append(self.chords[index][2] if inside else Chord(None))
        return found

    def steady_grid(self, quarters: int) -> BeatGrid:
        """So many quarters of the stretch of regular bars with most notes, in whole bars from the first sung in."""
        bars = np.flatnonzero(self.downbeats)
        breaks = np.flatnonzero(np.diff(bars) != self.meter.quarters_per_bar) + 1
        lines = [self.beats_s[run] for run in np.split(bars, breaks)]
        sung = np.array([note.start_s for note in self.notes])
        counts = [int(((sung >= line[0]) & (sung < line[-1])).sum()) for line in lines]
        run = np.split(bars, breaks)[int(np.argmax(counts))]
        first = (
            int(np.searchsorted(self.beats_s[run], sung[sung >= self.beats_s[run[0]]][0], side="right")) - 1
        )
        stop = min(int(run[-1]), int(run[first]) + quarters)
        return BeatGrid(tuple(self.beats_s[run[first] : stop + 1].tolist()), self.meter)


def read_songs(folder: Path, numbers: Iterable[int]) -> list[PopSong]:
    """The songs of these numbers, in order; a number that is not there is left out."""
    return [read_song(folder / f"{n:03d}") for n in numbers if (folder / f"{n:03d}").is_dir()]


def read_song(folder: Path) -> PopSong:
    """The song of one folder."""
    number = int(folder.name)
    beats = np.loadtxt(folder / "beat_midi.txt", ndmin=2)
    # The third column numbers bars of four; the second bars of three, or half bars of four.
    in_three = np.loadtxt(folder / "beat_audio.txt", ndmin=2)[:, 1].max() == 3
    downbeats = beats[:, 1 if in_three else 2] == 1
    bar = int(np.bincount(np.diff(np.flatnonzero(downbeats))).argmax())
    return PopSong(
        number,
        _melody(folder / f"{folder.name}.mid"),
        beats[:, 0],
        downbeats,
        Meter(bar, 4),
        tuple((float(a), float(b), _chord(c)) for a, b, c in _rows(folder / "chord_midi.txt")),
        tuple((float(a), _key(k)) for a, _, k in _rows(folder / "key_audio.txt")),
    )


def _rows(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines() if line.strip()]


def _chord(label: str) -> Chord:
    match = re.match(r"([A-G][#b]*):([a-z0-9]+)", label)
    return Chord(parse_pitch_class(match[1]), _QUALITY[match[2]]) if match else Chord(None)


def _key(label: str) -> Key:
    tonic, mode = label.split(":")
    return Key(parse_pitch_class(tonic), "minor" if mode.startswith("min") else "major")


def _melody(path: Path) -> tuple[VocalNote, ...]:
    """Notes of the track 'MELODY'. The first track carries the tempo."""
    song = mido.MidiFile(path)
    voice = next(track for track in song.tracks if track.name.strip().upper() == "MELODY")
    alone = mido.MidiFile(ticks_per_beat=song.ticks_per_beat)
    alone.tracks = [song.tracks[0], voice]
    sounding: dict[int, float] = {}
    notes = []
    now = 0.0
    for message in alone:
        now += message.time
        if message.type == "note_on" and message.velocity > 0:
            sounding[message.note] = now
        elif message.type in ("note_on", "note_off") and message.note in sounding:
            start = sounding.pop(message.note)
            notes.append(VocalNote(start, max(now, start + 0.05), float(message.note), confidence=0.9))
    return tuple(sorted(notes, key=lambda note: note.start_s))
