"""Exports of candidates, each with the vocal and the analysis it was made for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.services.exporting.export import ExportedCandidate, export_candidate
from studio.services.project.song import ExportJob, export_request
from studio.ui.window.workspace import Workspace

TITLE = "Exporting"


class Exporting(QObject):
    """Emits `exported` with an ExportedCandidate."""

    exported = Signal(object)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace

    @property
    def running(self) -> bool:
        return self._workspace.runner.running(TITLE)

    def export(self, number: int, parent: Path) -> None:
        """Writes one candidate into a folder of the user's choice, verified. Closing the window waits for it."""
        song = self._workspace.song
        if song is None or song.folder is None or number not in song.candidates:
            return
        job = ExportJob(
            song.folder,
            song.project.record(number),
            song.candidates[number],
            song.project.title,
            {vocal.sha256: vocal for vocal in (song.base, song.vocal)},
            parent,
        )

        def run(job: ExportJob, /, *, on_step: StepCallback, cancel: CancelToken) -> ExportedCandidate:
            return export_candidate(export_request(job), on_step=on_step, cancel=cancel)

        def on_done(result: ExportedCandidate) -> None:
            self._workspace.busy_changed.emit("")
            self.exported.emit(result)

        def on_failed(error: Exception) -> None:
            self._workspace.busy_changed.emit("")
            self._workspace.failed.emit(error)

        self._workspace.busy_changed.emit(tr("Exporting candidate {number} …", number=number))
        self._workspace.runner.submit(
            TITLE,
            run,
            job,
            essential=True,
            on_done=on_done,
            on_failed=on_failed,
            on_step=lambda progress, _: self._workspace.busy_changed.emit(
                tr("Exporting candidate {number}: {fraction:.0%}", number=number, fraction=progress.fraction)
            ),
        )
