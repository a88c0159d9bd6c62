"""Files dropped on the window: looked at in the background, told, and their request restored.

A file with a mark is not taken for a vocal before its user says so. One without is opened as ever, and compared with
the user's exports meanwhile: only where it turns out to be one of them is there anything to tell.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from studio.core.commands import SetChords, SetGiven
from studio.core.engines import ENGINES
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import later, tr
from studio.services.generating.again import project_of
from studio.services.project.song import Song
from studio.services.provenance.inspecting import MARK_GONE, UNKNOWN, VOCAL, Finding, has_mark, inspect_file
from studio.services.provenance.ticket import Ticket
from studio.storage.paths import user_data_dir
from studio.ui.generating.request_panel import RequestPanel, Wishes
from studio.ui.window.found_dialog import FoundDialog
from studio.ui.window.questions import Questions
from studio.ui.window.workspace import Workspace

TITLE = later("Looking at a file")


class Findings(QObject):
    """Emits `open_wanted` with a path that is to be opened, a vocal's or a project's."""

    open_wanted = Signal(object)

    def __init__(self, workspace: Workspace, request: RequestPanel, ask: Questions, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._request, self._ask, self._window = workspace, request, ask, window
        self._wanted: Ticket | None = None
        workspace.opened.connect(self._on_opened)

    def take(self, path: Path) -> bool:
        """Looks at a dropped file; whether that is all that is to be done with it now."""
        marked = path.is_file() and has_mark(path)
        if path.is_file():
            self._look(path, opened=not marked)
        return marked

    def _look(self, path: Path, *, opened: bool) -> None:
        def run(path: Path, /, *, on_step: StepCallback, cancel: CancelToken) -> Finding:
            return inspect_file(path, user_data_dir())

        def on_done(finding: Finding) -> None:
            if opened and finding.verdict != MARK_GONE:
                return
            if finding.verdict in (UNKNOWN, VOCAL):
                self.open_wanted.emit(path)
            else:
                self._show(finding, opened=opened)

        def on_failed(error: Exception) -> None:
            if not opened:
                self._workspace.failed.emit(error)

        self._workspace.runner.submit(TITLE, run, path, on_done=on_done, on_failed=on_failed)

    def _show(self, finding: Finding, *, opened: bool) -> None:
        dialog = FoundDialog(finding, self._window, opened=opened)
        dialog.restore_wanted.connect(self.restore)
        dialog.open_wanted.connect(self.open_wanted)
        dialog.open()

    def restore(self, ticket: Ticket) -> None:
        """Shows a request again, on its vocal: that of the song on the desk, of a project known here, or the user's."""
        song = self._workspace.song
        if song is not None and _is_of(song, ticket):
            self._fill(ticket)
            return
        project = project_of(ticket, self._workspace.recent.read())
        path = Path(project.path) if project is not None else self._ask.vocal()
        if path is not None:
            self._wanted = ticket
            self.open_wanted.emit(path)

    def _on_opened(self, song: Song) -> None:
        ticket, self._wanted = self._wanted, None
        if ticket is None:
            return
        if _is_of(song, ticket):
            self._fill(ticket)
            return
        self._workspace.failed.emit(
            StudioError(
                tr("This is another vocal"),
                seen=song.base.path.name,
                expected=tr(
                    "the file that was accompanied, {vocal_name} (SHA-256 {vocal_sha256} …)",
                    vocal_name=ticket.vocal_name,
                    vocal_sha256=ticket.vocal_sha256[:12],
                ),
                todo=tr("Open that file, and drop the export again"),
            )
        )

    def _fill(self, ticket: Ticket) -> None:
        workspace, analysis = self._workspace, ticket.analysis
        controls, grid = ticket.controls, analysis.grid
        if workspace.project.given != analysis.given:
            workspace.do(SetGiven(analysis.given))
        asked = controls.chords or ()
        chords = tuple(asked[bar % len(asked)] for bar in range(grid.bars)) if asked else ()
        wanted = (chords[grid.first_bar :] or None, chords[: grid.first_bar])
        if wanted != (workspace.project.chords, workspace.project.pickup):
            workspace.do(SetChords(*wanted))
        if ticket.engine in ENGINES:
            count = ticket.candidates if 1 <= ticket.candidates <= 8 else max(1, min(8, ticket.number))
            self._request.set_wishes(
                Wishes(replace(controls, chords=None), count, ticket.seed, False, ticket.engine)
            )
        workspace.told.emit(
            tr(
                "The request is restored: Generate makes it again, and its number {number} is this file's",
                number=ticket.number,
            )
        )


def _is_of(song: Song, ticket: Ticket) -> bool:
    return ticket.vocal_sha256 in (song.vocal.sha256, song.base.sha256)
