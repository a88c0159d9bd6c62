"""One song and everything its user did with it: an immutable value, the one place where this is kept.

What is measured or made (the analysis, pictures, fit reports, samples) is not in here: it follows from what is, or lies
in files that this refers to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from studio.core.analysis import Given
from studio.core.band_ranges import BandComp
from studio.core.controls import Controls
from studio.core.grid import BeatGrid
from studio.core.mix import Mix
from studio.core.music import Chord
from studio.core.names import is_file_name
from studio.core.opinion import NO_OPINION, Opinion
from studio.core.origin import Origin
from studio.core.screen import Screen, Verdict
from studio.core.takes import AudioRef, Comp, Take


@dataclass(frozen=True)
class CandidateRecord:
    """A finished candidate; its files are in the project's candidates, in the folder of that name."""

    number: int
    folder: str
    origin: Origin

    def __post_init__(self) -> None:
        if not (self.folder and is_file_name(self.folder)):
            raise ValueError("a candidate's folder of a name that no folder has")


@dataclass(frozen=True)
class ChangeOrder:
    """How a candidate was to be changed: see core.request.Breed where there is an `other` parent, Vary where there is a
    distance, Reinstrument where there is an instrument, else Regenerate."""

    parent: int
    distance: str | None = None
    bars: tuple[int, int] | None = None
    stems: tuple[str, ...] = ()
    new_chords: bool = False
    other: int | None = None
    genes: Mapping[str, str] = field(default_factory=dict)
    mutation: float = 0.0
    instrument: str | None = None
    sound: str | None = None


@dataclass(frozen=True)
class Begun:
    """A request that was begun and has not ended: what is needed to offer its rest after a crash.

    Attributes:
        key: names the request; the origins of its candidates say the same.
        candidates: how many were asked for.
        vocal_sha256, analysis: see `Origin`.
        change: None for new candidates.
        only: the numbers that are wanted of them; empty for all.
        each: they are one in each of so many readings of the beat; 0 where each reading has as many as it is likely.
    """

    key: str
    controls: Controls
    candidates: int
    seed: int
    engine: str = "band"
    vocal_sha256: str = ""
    analysis: str = ""
    change: ChangeOrder | None = None
    only: tuple[int, ...] = ()
    each: int = 0

    @property
    def wanted(self) -> tuple[int, ...]:
        """The numbers, from 1, of the candidates it is to give."""
        return self.only or tuple(range(1, self.candidates + 1))


@dataclass(frozen=True)
class Loop:
    """The stretch that is repeated, and the one that recording keeps, in seconds; None for none."""

    region_s: tuple[float, float] | None = None
    looping: bool = False
    punch_s: tuple[float, float] | None = None


@dataclass(frozen=True)
class Project:
    """One song. `studio.core.commands` are the only ways from one to the next.

    Attributes:
        artist: for the names of exported files; empty for none.
        vocal: what was opened or first sung; None on an empty desk.
        given: tempo, key, bar lines: what the user said of the vocal.
        chords: the user's, one a bar from the grid's first bar on, repeated to the end; None leaves them to the model.
        pickup: the user's chords for the last bars before that one.
        takes: in the order they were sung; the comp counts them from 1.
        comp: which take is heard where; None until there is a take.
        candidates: in the order of their numbers.
        opinions: by candidate, where anything was said.
        picked: the winner.
        blind: the order of a blind comparison while it lasts.
        notes: on the song as a whole.
        adapter: the personal model in use; empty for none.
        begun: the request in progress.
        put_off: requests that were cut off and whose rest may yet be made, the last put off last.
        screens: made for blind rating, in the order of their numbers.
        verdicts: by screen, where it was voted on.
        band_comp: which candidate shall play in which bars, while a comp of them is put together.
    """

    title: str = ""
    vocal: AudioRef | None = None
    given: Given = field(default_factory=Given)
    chords: tuple[Chord, ...] | None = None
    pickup: tuple[Chord, ...] = ()
    takes: tuple[Take, ...] = ()
    comp: Comp | None = None
    candidates: tuple[CandidateRecord, ...] = ()
    opinions: Mapping[int, Opinion] = field(default_factory=dict)
    picked: int | None = None
    blind: tuple[int, ...] | None = None
    mix: Mix = field(default_factory=Mix)
    loop: Loop = field(default_factory=Loop)
    notes: str = ""
    adapter: str = ""
    begun: Begun | None = None
    screens: tuple[Screen, ...] = ()
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    artist: str = ""
    band_comp: BandComp | None = None
    put_off: tuple[Begun, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(record.number for record in self.candidates)

    def record(self, number: int) -> CandidateRecord:
        """Raises KeyError for a candidate that there is not."""
        for record in self.candidates:
            if record.number == number:
                return record
        raise KeyError(f"no candidate {number}")

    def screen(self, number: int) -> Screen:
        """Raises KeyError for a screen that there is not."""
        for screen in self.screens:
            if screen.number == number:
                return screen
        raise KeyError(f"no screen {number}")

    def opinion(self, number: int) -> Opinion:
        return self.opinions.get(number, NO_OPINION)

    def hidden(self, poor: Collection[int]) -> set[int]:
        """Which candidates are out of sight: the listener's choice first, then poor fits.

        What is heard, picked, liked or rated stays in sight unless the listener hid it; nothing is ever deleted.

        Args:
            poor: those with problems in their fit report.
        """
        out = set()
        for number in self.numbers:
            opinion = self.opinion(number)
            liked = number in (self.picked, self.mix.selected) or opinion.is_liked
            if number in poor and not liked if opinion.hidden is None else opinion.hidden:
                out.add(number)
        return out

    def bar_chords(self, grid: BeatGrid, proposed: tuple[Chord, ...]) -> tuple[Chord, ...]:
        """One chord for each bar of the grid: the user's where there are any, else the proposal."""
        return grid.in_bars(self.chords, self.pickup) if self.chords else proposed

    def with_bar_chord(
        self, grid: BeatGrid, proposed: tuple[Chord, ...], bar: int, chord: Chord
    ) -> tuple[Chord, ...] | None:
        """What `chords` would be with another one in a bar of the grid: the whole progression as it stands."""
        chords = list(self.bar_chords(grid, proposed))
        if not grid.first_bar <= bar < len(chords):
            return self.chords
        chords[bar] = chord
        return tuple(chords[grid.first_bar :])
