"""Exports of candidates, each with the vocal and the analysis it was made for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.services.exporting.export import ExportedCandidate, export_candidate, measure_levels
from studio.services.exporting.levels import Levels
from studio.services.exporting.output_folder import check_writable
from studio.services.exporting.settings import ExportSettings
from studio.services.jobs import Job
from studio.services.project.song import ExportJob, export_job, export_request
from studio.ui.window.workspace import Workspace

TITLE = "Exporting"
#: What is done about levels by candidate, or in words how it stands with that.
Measured = Mapping[int, Levels] | str


class Exporting(QObject):
    """Emits `exported` with a tuple of ExportedCandidate."""

    exported = Signal(object)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._measuring: Job[dict[int, Levels]] | None = None
        #: A candidate that is there never changes.
        self._known: dict[tuple[object, ...], Levels] = {}

    @property
    def running(self) -> bool:
        return self._workspace.runner.running(TITLE)

    def export(self, numbers: Sequence[int], parent: Path, settings: ExportSettings) -> None:
        """Writes candidates into a folder of the user's choice, proved. Closing the window waits for it."""
        song = self._workspace.song
        if song is None or song.folder is None:
            return
        jobs = tuple(export_job(song, n, parent, settings) for n in numbers if n in song.candidates)
        if not jobs:
            return

        def run(
            jobs: tuple[ExportJob, ...], /, *, on_step: StepCallback, cancel: CancelToken
        ) -> tuple[ExportedCandidate, ...]:
            check_writable(parent)  # before candidates are read and their levels measured
            done: list[ExportedCandidate] = []
            for job in jobs:

                def step(progress: Progress) -> None:
                    on_step(Progress(progress.stage, (len(done) + progress.fraction) / len(jobs)))

                done.append(export_candidate(export_request(job), on_step=step, cancel=cancel))
            return tuple(done)

        def on_done(result: tuple[ExportedCandidate, ...]) -> None:
            self._workspace.busy_changed.emit("")
            self.exported.emit(result)

        def on_failed(error: Exception) -> None:
            self._workspace.busy_changed.emit("")
            self._workspace.failed.emit(error)

        what = (
            tr("candidate {numbers}", numbers=numbers[0])
            if len(jobs) == 1
            else tr("{count} candidates", count=len(jobs))
        )
        self._workspace.busy_changed.emit(tr("Exporting {what} …", what=what))
        self._workspace.runner.submit(
            TITLE,
            run,
            jobs,
            essential=True,
            on_done=on_done,
            on_failed=on_failed,
            on_step=lambda progress, _: self._workspace.busy_changed.emit(
                tr("Exporting {what}: {fraction:.0%}", what=what, fraction=progress.fraction)
            ),
        )

    def measure(
        self, numbers: Sequence[int], settings: ExportSettings, told: Callable[[Measured], None]
    ) -> None:
        """Says what an export will do about the levels of each candidate: how far it is with measuring, then the answer
        or why there is none. An earlier question is dropped, but not what was measured for it."""
        song = self._workspace.song
        self.stop_measuring()
        if song is None or song.folder is None:
            return
        root, how = song.folder.path, (settings.encoding, settings.lower_vocal)
        jobs = {n: export_job(song, n, root, settings) for n in numbers if n in song.candidates}
        if not jobs:
            return
        keys = {n: (root, job.record.folder, job.record.origin.made_at, *how) for n, job in jobs.items()}
        known = self._known

        def run(
            jobs: Mapping[int, ExportJob], /, *, on_step: StepCallback, cancel: CancelToken
        ) -> dict[int, Levels]:
            for place, (number, job) in enumerate(jobs.items()):
                on_step(Progress("", place / len(jobs)))
                if keys[number] not in known:
                    known[keys[number]] = measure_levels(export_request(job), cancel=cancel)
            return {number: known[keys[number]] for number in jobs}

        def tell(what: Measured) -> None:
            if self._measuring is mine:
                told(what)

        self._measuring = mine = self._workspace.runner.submit(
            "Measuring levels", run, jobs,
            on_step=lambda progress, _: tell(tr("Measuring: {fraction:.0%}", fraction=progress.fraction)),
            on_done=tell, on_failed=lambda error: tell(str(error)),
        )  # fmt: skip

    def stop_measuring(self) -> None:
        """Nobody waits for it any more."""
        if self._measuring is not None:
            self._measuring.cancel()
            self._measuring = None
