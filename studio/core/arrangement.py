"""The arrangement as a musician reads it: chords, and notes in seconds for each stem."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key

#: The four stems, in the order of every array with an S axis.
STEMS = ("drums", "bass", "harmony", "lead")
#: The only stem of an engine that makes the whole band as one sound.
BAND = "band"


@dataclass(frozen=True)
class Note:
    """One played note: seconds, MIDI pitch (General MIDI percussion key for drums), velocity 1 to 127."""

    start_s: float
    end_s: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Part:
    """What one stem plays. `instrument` names an entry of studio.core.instruments; 'none' plays nothing."""

    instrument: str
    notes: tuple[Note, ...]

    @property
    def is_heard(self) -> bool:
        """Whether it plays a note; an instrument may be chosen that has none."""
        return self.instrument != "none" and bool(self.notes)


@dataclass(frozen=True)
class Arrangement:
    """A whole song for the band.

    Attributes:
        chords: one for each quarter of the grid; empty from an engine that knows none.
        parts: by stem name; empty from an engine that knows no notes.
        tuning_cents: where the pitched stems are tuned, in cents above A = 440 Hz; drums have no tuning.
    """

    grid: BeatGrid
    key: Key
    style: str
    chords: tuple[Chord, ...]
    parts: dict[str, Part]
    tuning_cents: float = 0.0

    def bar_chords(self) -> tuple[Chord, ...]:
        """The chord on each downbeat."""
        return self.chords[:: self.grid.meter.quarters_per_bar]
