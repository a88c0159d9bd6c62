"""What a song is before a band plays it: key, meter, tempo, form, chords and the sung melody, in beats."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.music import Chord, Key, Meter


@dataclass(frozen=True)
class MelodyNote:
    """A sung note: quarters from the first downbeat of the song (negative for a pickup), MIDI pitch."""

    start: float
    end: float
    pitch: int


@dataclass(frozen=True)
class Section:
    """A stretch of whole bars: 'intro', 'verse', 'prechorus', 'chorus', 'bridge', 'solo' or 'ending'."""

    name: str
    first_bar: int
    bars: int


@dataclass(frozen=True)
class Skeleton:
    """A song without its band.

    Attributes:
        chords: one for each quarter; length is a whole number of bars.
        energy: 0 to 3 for each quarter, following the form.
        source, licence: where the notes come from, for the manifest of the training data.
    """

    key: Key
    meter: Meter
    tempo_bpm: float
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    energy: tuple[int, ...]
    melody: tuple[MelodyNote, ...]
    source: str
    licence: str

    @property
    def beats(self) -> int:
        return len(self.chords)
