"""A song with a project folder and a maker of tones, for tests of the rating below the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from studio.core.analysis import VocalAnalysis, VocalNote
from studio.core.commands import AddScreen, Command, Judge
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.core.project import Project
from studio.core.screen import Screen, Verdict
from studio.services.project.document import State
from studio.services.project.opening import create_project
from studio.services.project.song import ref_of
from studio.services.taste.screens import SongContext
from studio.services.vocal import Vocal
from tests.services.band import make_analysis, make_vocal

RATE = 8000
SECONDS = 40.0


@dataclass
class TestSong:
    """A RatedSong whose project changes by commands."""

    __test__ = False

    context: SongContext

    @property
    def project(self) -> Project:
        return self.context.project

    def do(self, command: Command) -> None:
        self.context = replace(self.context, project=command.apply(self.project))

    def add(self, screen: Screen) -> None:
        self.do(AddScreen(screen))

    def vote(self, screen: Screen, order: Sequence[str]) -> None:
        """Best and worst by a ranking of keys; every clip was heard."""
        ranked = sorted(screen.keys, key=order.index)
        heard = dict.fromkeys(screen.keys, 9.0)
        self.do(Judge(screen.number, Verdict(ranked[0], ranked[-1], heard_s=heard)))


def analysis_of(seconds: float = SECONDS, bpm: float = 120.0) -> VocalAnalysis:
    """Sung from 8 s on to 4 s before the end, a note each quarter."""
    grid = BeatGrid.regular(bpm, Meter(4, 4), seconds)
    beat_s = grid.beat_s
    starts = np.arange(8.0, seconds - 4.0, beat_s)
    notes = tuple(
        VocalNote(float(t), float(t) + 0.9 * beat_s, 60.0 + (0, 4, 7, 9)[i % 4]) for i, t in enumerate(starts)
    )
    chords = make_analysis(seconds).chords
    return replace(
        make_analysis(seconds, grid),
        notes=notes,
        onsets_s=tuple(n.start_s for n in notes),
        chords=tuple(chords[bar % 4] for bar in range(grid.bars)),
    )


def make_song(folder: Path, *, seconds: float = SECONDS, vocal: Vocal | None = None) -> TestSong:
    """In a folder of its own, which is closed again."""
    vocal = vocal or make_vocal(seconds, level=0.2, rate=RATE)
    state = State(Project(title="song", vocal=ref_of(vocal)))
    store = create_project(folder, state)
    store.close()
    return TestSong(SongContext(store.folder, state.project, vocal, analysis_of(seconds), "heard"))
