"""The request in progress: started, followed, cancelled, and each of its candidates kept; one at a time.

A candidate is told to the document once its files stand, so that nothing is shown that a crash could take away. A
request that waits until the vocal was listened to is in progress as well: a request begun, with no analysis yet.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

import studio
from studio.core.candidate import Candidate
from studio.core.commands import AddCandidate, BeginRequest, EndRequest, PutOffRequest
from studio.core.engines import ENGINES
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.origin import Origin
from studio.core.pipeline import Run
from studio.core.project import Begun, CandidateRecord
from studio.core.request import Change, GenerationRequest
from studio.services.generating.engines import Engines
from studio.services.generating.requests import change_of, change_request, order_of
from studio.services.jobs import Job
from studio.services.project.analyses import keep_analysis, read_analysis
from studio.services.project.candidates import write_candidate
from studio.services.project.document import now
from studio.services.project.song import Song
from studio.services.project.vocal_file import open_kept
from studio.services.taste.guided import can_be_guided, choice, widened
from studio.services.taste.judged import song_of
from studio.services.vocal import Vocal, refuse_without_singing
from studio.storage.codec import damaged
from studio.storage.project_folder import FolderGone, ProjectFolder
from studio.taste.model import Taste
from studio.ui.generating.request_panel import Wishes
from studio.ui.window.workspace import Workspace

#: Gives the taste to choose by.
Guide = Callable[[], Taste | None]

#: After a cancel the window is free again no later than this.
_PATIENCE_MS = 800


@dataclasses.dataclass(eq=False)
class _Running:
    """One request on its way.

    Attributes:
        guide: what gives the taste to choose by, off the main thread; None where there is nothing to choose.
        writing: how many of its candidates are being kept.
        outcome: how the generator ended; empty while it works.
    """

    song: Song
    folder: ProjectFolder
    begun: Begun
    request: GenerationRequest
    guide: Guide | None = None
    job: Job[Any] | None = None
    writing: int = 0
    outcome: str = ""


class Generation(QObject):
    """Emits `stepped` (Progress, seconds left or None) and `ended` ('done', 'failed' or 'cancelled'), and
    `candidate_added` with a Candidate that is kept."""

    stepped = Signal(object, object)
    ended = Signal(str)
    candidate_added = Signal(object)

    def __init__(self, workspace: Workspace, engines: Engines, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._engines = workspace, engines
        self._running: _Running | None = None
        #: The song and the wishes of a request that waits until the song was listened to.
        self._waiting: tuple[Song, Wishes] | None = None
        self._warming: Job[Any] | None = None
        self._unsaved: list[tuple[_Running, Candidate, Origin]] = []
        #: The seed of the request for new candidates that ended last; None after a change, whose seed nobody chose.
        self.ended_seed: int | None = None
        #: Gives what new candidates of a song are chosen by; None where no taste is to be used.
        self.guide_of: Callable[[Song], Guide | None] = lambda _: None
        workspace.opened.connect(lambda _: self._stop_quietly())

    @property
    def running(self) -> bool:
        return self._running is not None or self._waiting is not None

    @property
    def unsaved(self) -> int:
        """Candidates that are finished but could not be written."""
        return len(self._unsaved)

    def warm_up(self) -> None:
        """Loads the models once, after the first vocal, so that the first request need not wait for them. Failing is
        told on Generate."""
        if self._warming is None:

            def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> object:
                return self._engines.load()

            self._warming = self._workspace.runner.submit("Loading models", run, None, lane="generator")

    # Requests

    def start(self, wishes: Wishes, *, each: int = 0) -> None:
        """Makes new candidates; they are added to those there are.

        Args:
            each: one in each of so many of the likeliest readings of the beat, however many were wished for; 0 makes
                as many as that, and of each reading as many as it is likely.
        """
        song = self._workspace.song
        if song is None or self.running:
            return
        if song.analysis is None or not song.is_heard:
            self._workspace.failed.emit(
                StudioError(
                    tr("Cannot generate yet"),
                    seen=tr("a vocal still being listened to"),
                    todo=tr("Wait a moment"),
                )
            )
            return
        try:
            refuse_without_singing(song.project.title, song.analysis)
        except StudioError as error:
            self._workspace.failed.emit(error)
            return
        controls, analysis = wishes.controls, song.analysis
        if each:
            analysis = analysis.with_equal_readings(each)
        if song.project.chords is not None:
            analysis = dataclasses.replace(analysis, chords=song.bar_chords())
            controls = dataclasses.replace(controls, chords=song.bar_chords())
        # What the engine cannot heed was greyed out: the fields and chords stay for the next request.
        heeded = ENGINES[wishes.engine].heeded(controls)
        request = GenerationRequest(
            song.vocal.audio, analysis, each or wishes.candidates, wishes.seed, heeded, engine=wishes.engine
        )
        # One in each of the readings: then the readings choose.
        guide = self.guide_of(song) if can_be_guided(request) and not each else None
        self._begin(song, request, song.analysis_name, guide=guide, each=each)

    def start_when_heard(self, wishes: Wishes) -> None:
        """As `start`; where the vocal is still listened to, as soon as that is done."""
        song = self._workspace.song
        if song is None or self.running:
            return
        if song.is_heard:
            self.start(wishes)
            return
        if not self._may_begin():
            return
        begun = Begun(uuid.uuid4().hex[:12], wishes.controls, wishes.candidates, wishes.seed, wishes.engine)
        if self._workspace.do(BeginRequest(begun)):
            self._wait(song, wishes)

    def _may_begin(self) -> bool:
        """Whether what is made can be kept; why not is told."""
        document = self._workspace.document
        if document.read_only:
            self._workspace.failed.emit(document.refusal)
            return False
        return self._workspace.ensure_folder() is not None

    def _wait(self, song: Song, wishes: Wishes) -> None:
        self._waiting = song, wishes
        self.on_listening(Progress("", 0.0))

    def on_listening(self, progress: Progress) -> None:
        """The vocal is being listened to: a request that waits for it tells how far that is."""
        if self._waiting is not None:
            self.stepped.emit(Progress(tr("Listening to the vocal first …"), progress.fraction), None)

    def on_heard(self, song: Song) -> None:
        """The song was listened to, or that failed: what waited for it begins, or ends."""
        if self._waiting is None or self._waiting[0] is not song:
            return
        (_, wishes), self._waiting = self._waiting, None
        if song.is_heard:
            self.start(wishes)
        if not self.running:  # why was told
            self._end_waiting("failed")

    def stop_waiting(self) -> None:
        """A request that has yet to begin is not wanted any more."""
        if self._waiting is not None:
            self._waiting = None
            self._end_waiting("cancelled")

    def _end_waiting(self, outcome: str) -> None:
        self._workspace.do(EndRequest())
        self.ended.emit(outcome)

    def change(self, change: Change) -> None:
        """Makes one new candidate out of another, or of two; they stay."""
        song = self._workspace.song
        if song is None or self.running or not self._may_begin():
            return
        try:
            record = song.project.record(change.parent.number)
            vocal, analysis = self._as_made(song, record.origin.vocal_sha256, record.origin.analysis)
            # Never the same seed twice: each change of a candidate is another one.
            seed = record.origin.seed + max(song.project.numbers)
            request = change_request(vocal.audio, analysis, change, candidates=1, seed=seed)
        except (StudioError, KeyError) as error:
            self._workspace.failed.emit(error)
            return
        self._begin(song, request, record.origin.analysis, record.origin.vocal_sha256)

    def resume(self, begun: Begun) -> None:
        """Makes the rest of a request that was cut off, as it would have been."""
        song = self._workspace.song
        if song is None or self.running or not self._may_begin():
            return
        if not self._take_up(begun):
            return
        if not begun.analysis:  # it waited for the vocal to be listened to
            wishes = Wishes(
                begun.controls, begun.candidates, begun.seed, keep_seed=False, engine=begun.engine
            )
            self._wait(song, wishes)
            if song.is_heard:
                self.on_heard(song)
            return
        made = {r.origin.number_in_request for r in song.project.candidates if r.origin.request == begun.key}
        rest = frozenset(begun.wanted) - made
        try:
            vocal, analysis = self._as_made(song, begun.vocal_sha256, begun.analysis)
            change = None
            if begun.change is not None:
                change = change_of(begun.change, song.candidates)
            if begun.each:
                analysis = analysis.with_equal_readings(begun.each)
            if begun.controls.chords is not None and change is None:
                analysis = dataclasses.replace(analysis, chords=begun.controls.chords)
            request = GenerationRequest(
                vocal.audio,
                analysis,
                begun.candidates,
                begun.seed,
                begun.controls,
                change,
                begun.engine,
                rest,
            )
        except StudioError as error:
            self._workspace.do(EndRequest())
            self._workspace.failed.emit(error)
            return
        assert song.folder is not None
        self._run(_Running(song, song.folder, begun, request))

    def forget(self, begun: Begun) -> None:
        """The rest of a request that was cut off is not wanted."""
        if self._take_up(begun):
            self._workspace.do(EndRequest())

    def put_off(self, begun: Begun) -> None:
        """The rest of a request that was cut off is not wanted now: it is offered at the next opening."""
        if self._take_up(begun):
            self._workspace.do(PutOffRequest())

    def _take_up(self, begun: Begun) -> bool:
        """Makes a request the one in progress again, where others were begun since it was."""
        current = self._workspace.project.begun
        return (current is not None and current.key == begun.key) or self._workspace.do(BeginRequest(begun))

    @staticmethod
    def _as_made(song: Song, vocal_sha256: str, name: str) -> tuple[Vocal, Any]:
        """The vocal and the analysis of an earlier request: not those of today."""
        assert song.folder is not None
        analysis = read_analysis(song.folder, name)
        if analysis is None:
            raise damaged(tr("what was heard for that candidate"), FileNotFoundError("it is gone"))
        for vocal in (song.vocal, song.base):
            if vocal.sha256 == vocal_sha256:
                return vocal, analysis
        found = next(iter(sorted(song.folder.audio.glob(f"{vocal_sha256}.*"))), None)
        if found is None:
            raise damaged(tr("the vocal of that candidate"), FileNotFoundError("it is gone"))
        return open_kept(found), analysis

    def _begin(
        self,
        song: Song,
        request: GenerationRequest,
        analysis: str,
        vocal: str = "",
        guide: Guide | None = None,
        each: int = 0,
    ) -> None:
        document = self._workspace.document
        if document.read_only:
            self._workspace.failed.emit(document.refusal)
            return
        try:
            self._engines.check_memory(request)
        except StudioError as error:
            self._workspace.failed.emit(error)
            return
        folder = self._workspace.ensure_folder()
        if folder is None:
            return
        begun = Begun(
            uuid.uuid4().hex[:12], request.controls, request.candidates, request.seed, request.engine,
            vocal or song.vocal.sha256, analysis, order_of(request.change), each=each,
        )  # fmt: skip
        if not self._workspace.do(BeginRequest(begun)):
            return
        heard = song.analysis
        if not vocal and heard is not None:

            def keep(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
                keep_analysis(folder, analysis, heard)

            self._submit_saving(keep)
        self._run(_Running(song, folder, begun, request, guide))

    def _submit_saving(self, run: Any) -> None:
        self._workspace.runner.submit(
            "Saving", run, None, lane="writer", essential=True, on_failed=self._workspace.failed.emit
        )

    def _run(self, running: _Running) -> None:
        runner, post = self._workspace.runner, self._workspace.bridge.post

        song = song_of(running.song.project)

        def run(request: GenerationRequest, /, *, on_step: StepCallback, cancel: CancelToken) -> object:
            def hand_over(candidate: Candidate) -> None:
                post(lambda: self._keep(running, candidate))

            own = Run(cancel, on_step, hand_over)
            taste = running.guide() if running.guide is not None else None
            if taste is None or not taste.enough:
                return self._engines.generate(request, own)
            pool = widened(request)

            def on_chosen(numbers: tuple[int, ...]) -> None:
                post(lambda: self._chosen(running, dataclasses.replace(pool, only=frozenset(numbers))))

            return self._engines.generate(
                pool, own, choice(taste, song, request.candidates, request.seed, on_chosen)
            )

        def on_failed(error: Exception) -> None:
            self._generator_ended(running, "failed")
            self._workspace.failed.emit(error)

        def on_step(progress: Progress, remaining_s: float | None) -> None:
            if self._running is running:
                self.stepped.emit(progress, remaining_s)

        loading = self._warming is not None and not self._warming.done
        self.stepped.emit(Progress(tr("Loading models") if loading else tr("Starting"), 0.0), None)
        self._running = running
        running.job = runner.submit(
            "Generating",
            run,
            running.request,
            lane="generator",
            on_step=on_step,
            on_done=lambda _: self._generator_ended(running, "done"),
            on_failed=on_failed,
            on_cancelled=lambda: self._generator_ended(running, "cancelled"),
        )

    def _chosen(self, running: _Running, request: GenerationRequest) -> None:
        """What is made is known now: it is kept before the first candidate comes."""
        running.request = request
        running.begun = dataclasses.replace(
            running.begun, candidates=request.candidates, only=tuple(sorted(request.only or ()))
        )
        if running.song is self._workspace.song and self._running is running:
            self._workspace.do(BeginRequest(running.begun))

    # Candidates

    def _keep(self, running: _Running, candidate: Candidate) -> None:
        """Gives a finished candidate its number and writes it; then it is told."""
        unsaved = max((c.number for _, c, _ in self._unsaved), default=0)
        number = max(running.song.next_number, unsaved + 1) + running.writing
        settings = dict(candidate.settings)
        if number != candidate.number:
            settings["number_in_request"] = candidate.number
        begun, request = running.begun, running.request
        reading = request.readings[candidate.number - 1] if request.change is None else 0
        name = f"{begun.analysis}-{reading}" if reading else begun.analysis
        heard = request.analysis_of(candidate.number)

        def keep(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
            keep_analysis(running.folder, name, heard)

        if reading:
            self._submit_saving(keep)
        origin = Origin(
            begun.vocal_sha256, name, begun.controls, begun.seed, candidate.number, begun.engine,
            candidate.models, candidate.models.get("adapter", ""),
            begun.change.parent if begun.change else None, str(settings.get("change", "")),
            begun.key, now(), studio.__version__, begun.change.other if begun.change else None,
        )  # fmt: skip
        self._write(running, dataclasses.replace(candidate, number=number, settings=settings), origin)

    def _write(self, running: _Running, candidate: Candidate, origin: Origin) -> None:
        running.writing += 1

        def run(
            _: None, /, *, on_step: StepCallback, cancel: CancelToken
        ) -> tuple[CandidateRecord, Candidate]:
            return write_candidate(running.folder, candidate, origin)

        def on_done(done: tuple[CandidateRecord, Candidate]) -> None:
            running.writing -= 1
            record, kept = done
            if running.song is self._workspace.song and self._workspace.do(AddCandidate(record)):
                running.song.candidates[kept.number] = kept
                self.candidate_added.emit(kept)
            self._end_when_kept(running)

        def on_failed(error: Exception) -> None:
            running.writing -= 1
            self._unsaved.append((running, candidate, origin))
            self._workspace.failed.emit(_unsaved(error, running.folder))
            self._end_when_kept(running)

        self._workspace.runner.submit(
            "Saving", run, None, lane="writer", essential=True, on_done=on_done, on_failed=on_failed
        )

    def save_again(self) -> None:
        """Writes what could not be written before."""
        again, self._unsaved = self._unsaved, []
        for running, candidate, origin in again:
            if running.song is self._workspace.song:
                running.folder = self._workspace.ensure_folder() or running.folder
            self._write(running, candidate, origin)

    # The end

    def cancel(self) -> None:
        """Asks the generator to stop. Where it cannot at once (models still loading), the window does not wait:
        the job ends by itself in the background, and what it still hands over is kept."""
        self.stop_waiting()
        running = self._running
        if running is not None and running.job is not None:
            running.job.cancel()
            QTimer.singleShot(_PATIENCE_MS, self, lambda: self._generator_ended(running, "cancelled"))

    def _stop_quietly(self) -> None:
        """Another song is on the desk: what still comes is kept with its own, and found there."""
        running, self._running = self._running, None
        waited, self._waiting = self._waiting, None
        self._unsaved = [u for u in self._unsaved if u[0].song is self._workspace.song]
        if running is not None and running.job is not None:
            running.job.cancel()
        if running is not None or waited is not None:
            self.ended.emit("cancelled")

    def _generator_ended(self, running: _Running, outcome: str) -> None:
        if not running.outcome:
            running.outcome = outcome
            self._end_when_kept(running)

    def _end_when_kept(self, running: _Running) -> None:
        """What could not be written leaves its request open: where the window is closed on it, the project offers to
        make the rest again."""
        if not running.outcome or running.writing:
            return
        kept = not any(unsaved[0] is running for unsaved in self._unsaved)
        begun = self._workspace.project.begun
        ours = running.song is self._workspace.song and begun is not None and begun.key == running.begun.key
        if kept and ours:
            self._workspace.do(EndRequest())
        if self._running is running:
            self._running = None
            self.ended_seed = running.begun.seed if running.begun.change is None else None
            self.ended.emit(running.outcome)


def _unsaved(error: Exception, folder: ProjectFolder) -> StudioError:
    """That candidates could not be kept: the same words for each of a request, as a dialog that is open is not shown
    again."""
    what = tr("Finished candidates are not saved yet")
    if isinstance(error, FolderGone):
        return StudioError(
            what,
            seen=tr("the project's folder is not where it was: {seen}", seen=error.seen),
            expected=error.expected,
            todo=tr("They are kept in memory: move the folder back, under its name, then save (Ctrl+S)"),
        )
    return StudioError(
        what,
        seen=error.seen if isinstance(error, StudioError) else str(error),
        expected=tr("room and permission to write in {path}", path=folder.path),
        todo=tr("They are kept in memory: make room, then save (Ctrl+S)"),
    )
