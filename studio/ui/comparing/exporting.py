"""Exports of candidates, each with the vocal and the analysis it was made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.services.exporting.export import ExportedCandidate, export_candidate, measure_levels
from studio.services.exporting.levels import Levels
from studio.services.exporting.settings import ExportSettings
from studio.services.jobs import Job
from studio.services.project.song import ExportJob, export_job, export_request
from studio.ui.window.workspace import Workspace

TITLE = "Exporting"


class Exporting(QObject):
    """Emits `exported` with a tuple of ExportedCandidate."""

    exported = Signal(object)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._measuring: Job[Levels] | None = None

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

        what = f"candidate {numbers[0]}" if len(jobs) == 1 else f"{len(jobs)} candidates"
        self._workspace.busy_changed.emit(f"Exporting {what} …")
        self._workspace.runner.submit(
            TITLE, run, jobs, essential=True, on_done=on_done, on_failed=on_failed,
            on_step=lambda progress, _: self._workspace.busy_changed.emit(
                f"Exporting {what}: {progress.fraction:.0%}"
            ),
        )  # fmt: skip

    def measure(self, number: int, settings: ExportSettings, tell: Callable[[str, bool], None]) -> None:
        """Says in a while what an export will do about levels, and whether the vocal file will be float whatever the
        others are; an earlier question is dropped."""
        song = self._workspace.song
        self.stop_measuring()
        if song is None or song.folder is None or number not in song.candidates:
            return
        job = export_job(song, number, song.folder.path, settings)

        def run(job: ExportJob, /, *, on_step: StepCallback, cancel: CancelToken) -> Levels:
            return measure_levels(export_request(job), cancel=cancel)

        self._measuring = mine = self._workspace.runner.submit(
            "Measuring levels", run, job,
            on_done=lambda levels: tell(levels.text, levels.vocal_as_float) if self._measuring is mine else None,
            on_failed=lambda error: tell(str(error), False) if self._measuring is mine else None,
        )  # fmt: skip

    def stop_measuring(self) -> None:
        """Nobody waits for it any more."""
        if self._measuring is not None:
            self._measuring.cancel()
            self._measuring = None
