"""One vocal on the desk: what was estimated, what the user set instead, and every candidate made so far.

Candidates are only ever added, numbered through the whole session, so that a new request cannot cost an old result.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate, recipe_of
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.music import Chord
from studio.core.request import GenerationRequest, Regenerate, Vary
from studio.services.exporting.export import ExportRequest
from studio.services.measuring.fit_report import FitReport
from studio.services.project.deck_state import DeckState, deck_from_json
from studio.services.project.results import Results
from studio.services.vocal import Vocal
from studio.storage.atomic import write_json
from studio.storage.json_file import BadFile, read_json

_NOTES = "session.json"
_WRITING = threading.Lock()
_NO_WISHES = Controls()


@dataclass(frozen=True, eq=False)
class Made:
    """What a candidate was made from: the analysis and seed of its request, SHA-256 of the models by name."""

    analysis: VocalAnalysis
    seed: int
    models: Mapping[str, str]


@dataclass(eq=False)
class Session:
    """Changed on the main thread only.

    Attributes:
        folder: where finished candidates are kept as they come; None until the first is.
        analysis: with the user's values where there are any; None until it is done.
        chords: the user's, one a bar from `first_bar` on, repeated to the end; None leaves them to the model.
        made, fits: by number, like `candidates`; a fit report comes some time after its candidate.
        deck: what the listener said about them.
        blind: their order while the listener must not know which is which; None otherwise.
    """

    vocal: Vocal
    folder: Path | None = None
    analysis: VocalAnalysis | None = None
    chords: tuple[Chord, ...] | None = None
    candidates: dict[int, Candidate] = field(default_factory=dict)
    made: dict[int, Made] = field(default_factory=dict)
    fits: dict[int, FitReport] = field(default_factory=dict)
    deck: DeckState = field(default_factory=DeckState)
    blind: tuple[int, ...] | None = None

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
        if self.blind is not None:
            self.blind = (*self.blind, number)
        return numbered

    @property
    def poor(self) -> set[int]:
        """The candidates with problems in their fit report."""
        return {number for number, fit in self.fits.items() if fit.problems}

    def export_request(self, number: int, parent: Path) -> ExportRequest:
        """What to write of one candidate."""
        made = self.made[number]
        return ExportRequest(
            parent, self.vocal, made.analysis, self.candidates[number], made.seed, made.models
        )

    def request(self, *, candidates: int, seed: int, controls: Controls = _NO_WISHES) -> GenerationRequest:
        """What to ask of the generator; the session's chords are added to the wishes.

        Raises:
            StudioError: while the vocal is not analysed.
        """
        if self.analysis is None:
            raise StudioError(
                "Cannot generate yet", seen="a vocal still being analysed", todo="Wait a moment"
            )
        analysis = self.analysis
        if self.chords is not None:
            analysis = dataclasses.replace(analysis, chords=self.bar_chords())
            controls = dataclasses.replace(controls, chords=self.bar_chords())
        return GenerationRequest(self.vocal.audio, analysis, candidates, seed, controls)

    def change_request(self, change: Vary | Regenerate, *, candidates: int, seed: int) -> GenerationRequest:
        """What to ask of the generator to change one of the candidates. Raises StudioError where that cannot be."""
        analysis = self.made[change.parent.number].analysis
        return change_request(self.vocal.audio, analysis, change, candidates=candidates, seed=seed)

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

    def with_bar_chord(self, bar: int, chord: Chord) -> tuple[Chord, ...] | None:
        """What `chords` would be with another one in a bar of the grid: the whole progression as it stands."""
        chords = list(self.bar_chords())
        if not self.first_bar <= bar < len(chords):
            return self.chords
        chords[bar] = chord
        return tuple(chords[self.first_bar :])


def change_request(
    vocal: Audio, analysis: VocalAnalysis, change: Vary | Regenerate, *, candidates: int, seed: int
) -> GenerationRequest:
    """The request for a change: on the parent's beats and with its wishes.

    Args:
        analysis: what the parent was made for.

    Raises:
        StudioError: for a parent without a recipe.
    """
    controls = recipe_of(change.parent).controls
    if isinstance(change, Vary):  # made from the recipe alone
        change = dataclasses.replace(change, parent=dataclasses.replace(change.parent, stems={}))
    return GenerationRequest(vocal, analysis, candidates, seed, controls, change)


def restored(results: Results, folder: Path) -> Session:
    """The session a folder of results holds, its vocal not analysed yet; new candidates will be kept beside the old."""
    session = Session(results.vocal, folder)
    for candidate in results.candidates:
        seed = candidate.settings.get("seed", results.seed)
        session.candidates[candidate.number] = candidate
        session.made[candidate.number] = Made(
            results.analyses[candidate.number], int(str(seed)), results.models
        )
    notes = _read_notes(folder)
    session.chords = _read_chords(notes.get("chords"))
    session.deck = deck_from_json(notes, session.candidates.keys())
    blind = notes.get("blind")
    if isinstance(blind, list):
        known = [number for number in blind if isinstance(number, int) and number in session.candidates]
        session.blind = (*known, *(number for number in session.candidates if number not in known))
    return session


def write_notes(session: Session) -> None:
    """Keeps what the candidates' own folders do not say: what the listener said, and typed chords. Nothing to do
    without a folder."""
    if session.folder is None:
        return
    session.folder.mkdir(parents=True, exist_ok=True)
    with _WRITING:  # of two writers the later one has the later state
        chords = None if session.chords is None else [chord.name() for chord in session.chords]
        notes = {
            "vocal": str(session.vocal.path),
            **session.deck.to_json(),
            "blind": session.blind,
            "chords": chords,
        }
        write_json(session.folder / _NOTES, notes)


def _read_chords(names: object) -> tuple[Chord, ...] | None:
    if not isinstance(names, list):
        return None
    try:
        return tuple(Chord.parse(str(name)) for name in names) or None
    except StudioError:
        return None


def _read_notes(folder: Path) -> dict[str, object]:
    """Empty when there are none, or none that can be read: a lost remark is no reason to refuse a folder."""
    try:
        return read_json(folder / _NOTES, dict[str, object])
    except BadFile:
        return {}
