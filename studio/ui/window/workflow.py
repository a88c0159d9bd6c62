"""From a file to candidates to an export: submits the jobs, keeps the session, and tells the window by signals.

Every job carries the session it was started for; what arrives for a session that is no longer on the desk is still
saved, only not shown. Finished candidates are written to the user's data folder at once, so nothing waits for a
question when the window closes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, Signal

from studio.audio.source import Source
from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.engines import ENGINES
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.music import Chord
from studio.core.request import GenerationRequest, Regenerate, Vary
from studio.services.exporting.export import ExportedCandidate
from studio.services.jobs import Job, JobRunner
from studio.services.measuring.fit_report import FitReport, report_fit
from studio.services.project.deck_state import DeckState
from studio.services.project.history import Change
from studio.services.project.results import Results
from studio.services.project.session import Made, Session, restored
from studio.services.project.session_mix import VOCAL
from studio.services.vocal import Vocal
from studio.ui.generating.generation import Generation
from studio.ui.generating.request_panel import Wishes
from studio.ui.listening.playback import Playback
from studio.ui.timeline.spectrogram_jobs import Pictures
from studio.ui.window.bridge import Bridge
from studio.ui.window.keeper import Keeper
from studio.ui.window.undo import Undo
from studio.ui.window.use_cases import UseCases


class Workflow(QObject):
    """Main thread only. `session` is what is on the desk, None before the first vocal."""

    busy_changed = Signal(str)
    opened = Signal(object)
    analysis_changed = Signal(object)
    candidate_added = Signal(object)
    exported = Signal(object)
    #: What the listener says of the candidates, or the blind order.
    deck_changed = Signal(object)
    fit_ready = Signal(int)
    failed = Signal(object)

    def __init__(self, use_cases: UseCases, playback: Playback, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._use = use_cases
        self._playback = playback
        self.bridge = Bridge(self)
        self.runner = JobRunner(self.bridge.post)
        self._keeper = Keeper(use_cases, self.runner, self._on_failed)
        self.pictures = Pictures(self.runner, self._on_failed, self)
        self.generation = Generation(use_cases, self.runner, self.bridge, self._on_failed, self)
        self.undo = Undo(self)
        self.session: Session | None = None
        self._opening: Job[Any] | None = None
        self._analysis_job: Job[Any] | None = None
        self._given = Given()

    # Opening

    def open(self, path: Path, given: Given = Given()) -> None:  # noqa: B008  # immutable
        """Reads a vocal in the background and puts it on the desk; then it is drawn and analysed with what is given."""
        if self._opening is not None:
            self._opening.cancel()

        def run(path: Path, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[Vocal, Source]:
            vocal = self._use.open_vocal(path)
            cancel.check()
            return vocal, self._playback.player.prepare(vocal.audio)

        def on_done(done: tuple[Vocal, Source]) -> None:
            if self._opening is job:
                self._put_on_desk(Session(done[0]), done[1], given)

        self.busy_changed.emit(f"Opening {path.name} …")
        self._opening = job = self.runner.submit(
            "Opening", run, path, on_done=on_done, on_failed=self._on_failed
        )

    def open_results(self, folder: Path) -> None:
        """Puts a folder of finished candidates on the desk, as `generate` or an earlier session left it."""
        if self._opening is not None:
            self._opening.cancel()

        def run(folder: Path, /, *, on_step: StepCallback, cancel: CancelToken) -> tuple[Results, Source]:
            results = self._use.open_results(folder, on_step=on_step, cancel=cancel)
            return results, self._playback.player.prepare(results.vocal.audio)

        def on_done(done: tuple[Results, Source]) -> None:
            if self._opening is not job:
                return
            results, samples = done
            self._put_on_desk(restored(results, folder), samples, results.given)
            for candidate in results.candidates:
                self._show_candidate(candidate)

        self.busy_changed.emit(f"Opening {folder.name} …")
        self._opening = job = self.runner.submit(
            "Opening", run, folder, on_done=on_done, on_failed=self._on_failed
        )

    def _put_on_desk(self, session: Session, samples: Source, given: Given) -> None:
        self.generation.cancel()
        self.pictures.clear()
        self._opening = None
        self.session = session
        self.undo.clear()
        self._playback.load_vocal(samples, session.vocal.audio.duration_s)
        self.busy_changed.emit("")
        self.opened.emit(session)
        self.pictures.draw(VOCAL, session.vocal.audio)
        self._analyse(session, given)

    # Analysis

    def set_given(self, given: Given) -> None:
        """Takes the user's tempo, key, meter or downbeat and listens again with them."""
        session, before = self.session, self._given
        if session is not None:
            what = "Tempo, key or bar lines"
            self.undo.do(
                Change(what, lambda: self._analyse(session, before), lambda: self._analyse(session, given))
            )

    def listen_again(self) -> None:
        """Analyses a vocal that was replaced; the song keeps its beats and key, which the bands play to."""
        if self.session is not None:
            self._analyse(self.session, self._given, song=self.session.analysis)

    def set_chords(self, chords: tuple[Chord, ...] | None) -> None:
        """The user's progression from the session's first bar on, or None for the proposal."""
        session = self.session
        if session is None:
            return
        before = session.chords

        def put(chords: tuple[Chord, ...] | None) -> None:
            session.chords = chords
            self.analysis_changed.emit(session)
            self._keeper.keep_notes(session)

        self.undo.do(Change("Chords", lambda: put(before), lambda: put(chords)))

    def set_bar_chord(self, bar: int, chord: Chord) -> None:
        if self.session is not None:
            self.set_chords(self.session.with_bar_chord(bar, chord))

    def _analyse(self, session: Session, given: Given, song: VocalAnalysis | None = None) -> None:
        if self._analysis_job is not None:
            self._analysis_job.cancel()
        if song is not None and song.given != given:
            song = None  # the values are newer than that analysis
        self._given = given

        def run(audio: Audio, /, *, on_step: StepCallback, cancel: CancelToken) -> VocalAnalysis:
            return self._use.analyse(audio, given, song=song, on_step=on_step, cancel=cancel)

        def on_done(analysis: VocalAnalysis) -> None:
            if session is not self.session or self._analysis_job is not job:
                return
            self._analysis_job = None
            session.analysis = analysis
            self._playback.timeline.set_grid(analysis.grid)
            self.busy_changed.emit("")
            self.analysis_changed.emit(session)
            self.generation.warm_up()

        def on_step(progress: Progress, remaining_s: float | None) -> None:
            if self._analysis_job is job:
                self.busy_changed.emit(f"Listening to the vocal: {progress.stage} {progress.fraction:.0%}")

        def on_failed(error: Exception) -> None:
            if self._analysis_job is job:
                self._analysis_job = None
            self._on_failed(error)
            if session is self.session:
                self.analysis_changed.emit(session)

        self.busy_changed.emit("Listening to the vocal …")
        job = self.runner.submit(
            "Listening", run, session.vocal.audio, on_step=on_step, on_done=on_done, on_failed=on_failed
        )
        self._analysis_job = job

    # Generation

    def generate(self, wishes: Wishes) -> None:
        """Starts a request in the background; its candidates are added to those there are."""
        session = self.session
        if session is None or self.generation.running:
            return
        try:
            request = session.request(
                candidates=wishes.candidates, seed=wishes.seed, controls=wishes.controls
            )
            # What the engine cannot heed was greyed out: the fields and chords stay for the next request.
            heeded = ENGINES[wishes.engine].heeded(request.controls)
            request = dataclasses.replace(request, engine=wishes.engine, controls=heeded)
        except StudioError as error:
            self._on_failed(error)
            return
        self._start(session, request)

    def change(self, change: Vary | Regenerate) -> None:
        """Makes one new candidate out of another, which stays."""
        session = self.session
        if session is None or self.generation.running:
            return
        # Never the same seed twice: each change of a candidate is another one.
        seed = session.made[change.parent.number].seed + max(session.candidates)
        try:
            request = session.change_request(change, candidates=1, seed=seed)
        except StudioError as error:
            self._on_failed(error)
            return
        self._start(session, request)

    def _start(self, session: Session, request: GenerationRequest) -> None:
        self.generation.start(request, lambda candidate: self._on_candidate(session, request, candidate))

    def _on_candidate(self, session: Session, request: GenerationRequest, candidate: Candidate) -> None:
        numbered = session.add(
            candidate, Made(request.analysis_of(candidate.number), request.seed, self._use.models())
        )
        self._keeper.keep(session, numbered.number)
        if session is self.session:
            self._show_candidate(numbered)

    def _show_candidate(self, candidate: Candidate) -> None:
        """Gives a candidate its row, its picture and its place in the player."""
        session = self.session
        self.candidate_added.emit(candidate)

        def run(
            stems: Mapping[str, Audio], /, *, on_step: StepCallback, cancel: CancelToken
        ) -> dict[str, Source]:
            return {stem: self._playback.player.prepare(audio) for stem, audio in stems.items()}

        def on_done(prepared: dict[str, Source]) -> None:
            if session is self.session:
                self._playback.add_candidate(candidate.number, prepared)

        self.runner.submit("Loading", run, candidate.stems, on_done=on_done, on_failed=self._on_failed)
        self.pictures.draw(candidate.number, _band(candidate))
        if session is not None:
            self._measure(session, candidate)

    def _measure(self, session: Session, candidate: Candidate) -> None:
        analysis = session.made[candidate.number].analysis

        def run(candidate: Candidate, /, *, on_step: StepCallback, cancel: CancelToken) -> FitReport:
            return report_fit(candidate, analysis, cancel=cancel)

        def on_done(fit: FitReport) -> None:
            session.fits[candidate.number] = fit
            if session is self.session:
                self.fit_ready.emit(candidate.number)

        self.runner.submit("Measuring", run, candidate, on_done=on_done, on_failed=self._on_failed)

    # What the listener says

    def set_deck(self, what: str, deck: DeckState) -> None:
        """Takes in what was said of the candidates; it can be undone, and is kept at once."""
        session = self.session
        if session is None or deck == session.deck:
            return
        before = session.deck

        def put(deck: DeckState) -> None:
            session.deck = deck
            self._deck_changed(session)

        self.undo.do(Change(what, lambda: put(before), lambda: put(deck)))

    def set_blind(self, order: tuple[int, ...] | None) -> None:
        """Starts a blind comparison in an order of all candidates, or ends it."""
        if self.session is not None:
            self.session.blind = order
            self._deck_changed(self.session)

    def _deck_changed(self, session: Session) -> None:
        self.deck_changed.emit(session)
        self._keeper.keep_notes(session)

    # Keeping, exporting

    def save(self) -> Path | None:
        """Writes what was said once more; everything else is kept as it comes. The folder, if there is one yet."""
        session = self.session
        if session is None or session.folder is None:
            return None
        self._keeper.keep_notes(session)
        return session.folder

    def export(self, number: int, parent: Path) -> None:
        """Writes one candidate into a folder of the user's choice, verified."""
        session = self.session
        if session is None or number not in session.candidates:
            return
        self.busy_changed.emit(f"Exporting candidate {number} …")
        self._keeper.write(session, number, parent, on_done=self._on_exported)

    def _on_exported(self, result: ExportedCandidate) -> None:
        self.busy_changed.emit("")
        self.exported.emit(result)

    def close(self) -> None:
        """Stops the generator, keeps what it had finished, waits for all jobs and ends the threads."""
        self.runner.stop_generator()
        # Candidates that were handed over while we waited are still in the queue: they are kept as well.
        QCoreApplication.sendPostedEvents(self.bridge)
        self.runner.shutdown()
        QCoreApplication.sendPostedEvents(self.bridge)
        self.bridge.close()
        self._playback.close()

    def _on_failed(self, error: Exception) -> None:
        self.busy_changed.emit("")
        self.failed.emit(error)


def _band(candidate: Candidate) -> Callable[[], Audio]:
    """The sum of a candidate's stems, made when called."""

    def make() -> Audio:
        stems = list(candidate.stems.values())
        return Audio(np.sum([s.samples for s in stems], axis=0, dtype=np.float32), stems[0].sample_rate)

    return make
