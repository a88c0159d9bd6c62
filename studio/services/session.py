"""One vocal on the desk: what was estimated, what the user set instead, and every candidate made so far.

Candidates are only ever added, numbered through the whole session, so that a new request cannot cost an old result.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.core.analysis import Given, VocalAnalysis
from studio.core.errors import StudioError
from studio.core.music import Chord
from studio.core.request import Candidate, Controls, GenerationRequest
from studio.services.export import ExportRequest
from studio.services.report import write_json
from studio.services.results import Results
from studio.services.vocal import Vocal

_NOTES = "session.json"


@dataclass(frozen=True, eq=False)
class Made:
    """What a candidate was made from: the analysis and seed of its request, SHA-256 of the models by name.

    `analysis` is None for a candidate read back from disk, which stands on the session's own.
    """

    analysis: VocalAnalysis | None
    seed: int
    models: Mapping[str, str]


@dataclass(eq=False)
class Session:
    """Changed on the main thread only.

    Attributes:
        folder: where finished candidates are kept as they come; None until the first is.
        analysis: with the user's values where there are any; None until it is done.
        chords: the user's, one a bar from `first_bar` on, repeated to the end; None leaves them to the model.
        made: by number, like `candidates`.
        picked: number of the winner.
    """

    vocal: Vocal
    folder: Path | None = None
    analysis: VocalAnalysis | None = None
    chords: tuple[Chord, ...] | None = None
    candidates: dict[int, Candidate] = field(default_factory=dict)
    made: dict[int, Made] = field(default_factory=dict)
    picked: int | None = None

    @property
    def given(self) -> Given:
        return self.analysis.given if self.analysis else Given()

    def add(self, candidate: Candidate, made: Made) -> Candidate:
        """Takes a finished candidate in under the next number of the session, and returns it so numbered."""
        number = max(self.candidates, default=0) + 1
        settings = dict(candidate.settings)
        if number != candidate.number:
            settings["number_in_request"] = candidate.number
        numbered = dataclasses.replace(candidate, number=number, settings=settings)
        self.candidates[number] = numbered
        self.made[number] = made
        return numbered

    def export_request(self, number: int, parent: Path) -> ExportRequest:
        """What to write of one candidate. Raises StudioError while the vocal is not analysed."""
        made = self.made[number]
        analysis = made.analysis or self.analysis
        if analysis is None:
            raise _still_listening("export")
        return ExportRequest(parent, self.vocal, analysis, self.candidates[number], made.seed, made.models)

    def request(
        self, *, candidates: int, seed: int, style: str | None = None, density: str | None = None
    ) -> GenerationRequest:
        """What to ask of the generator. Raises StudioError while the vocal is not analysed."""
        if self.analysis is None:
            raise StudioError(
                "Cannot generate yet", seen="a vocal still being analysed", todo="Wait a moment"
            )
        analysis = self.analysis
        if self.chords is not None:
            analysis = dataclasses.replace(analysis, chords=self.bar_chords())
        chords = None if self.chords is None else self.bar_chords()
        controls = Controls(style=style, density=density, chords=chords)
        return GenerationRequest(self.vocal.audio, analysis, candidates, seed, controls)

    def bar_chords(self) -> tuple[Chord, ...]:
        """One chord for each bar of the grid: the user's where there are any, else the proposal."""
        if self.analysis is None:
            return ()
        if not self.chords:
            return self.analysis.chords
        return self.analysis.grid.in_bars(self.chords)

    @property
    def first_bar(self) -> int:
        """The bar of the grid that gets the first chord, see `BeatGrid.first_bar`; 0 while there is no grid."""
        return self.analysis.grid.first_bar if self.analysis else 0

    def set_bar_chord(self, bar: int, chord: Chord) -> None:
        """Makes one bar of the grid the user's, and with it the whole progression as it stands."""
        chords = list(self.bar_chords())
        if self.first_bar <= bar < len(chords):
            chords[bar] = chord
            self.chords = tuple(chords[self.first_bar :])


def restored(results: Results, folder: Path) -> Session:
    """The session a folder of results holds, not analysed yet; new candidates will be kept beside the old."""
    session = Session(results.vocal, folder)
    for candidate in results.candidates:
        seed = candidate.settings.get("seed", results.seed)
        session.candidates[candidate.number] = candidate
        session.made[candidate.number] = Made(None, int(str(seed)), results.models)
    picked = _read_notes(folder).get("picked")
    session.picked = picked if picked in session.candidates else None
    return session


def write_notes(session: Session) -> None:
    """Keeps what the candidates' own folders do not say, which is the pick. Nothing to do without a folder."""
    if session.folder is not None:
        session.folder.mkdir(parents=True, exist_ok=True)
        write_json(session.folder / _NOTES, {"vocal": str(session.vocal.path), "picked": session.picked})


def _read_notes(folder: Path) -> dict[str, object]:
    """Empty when there are none, or none that can be read: a pick is no reason to refuse a folder."""
    try:
        notes = json.loads((folder / _NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _still_listening(what: str) -> StudioError:
    return StudioError(
        f"Cannot {what} yet", seen="a vocal still being analysed", todo="Wait a moment, then try again"
    )
