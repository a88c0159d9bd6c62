"""Dragging a candidate's files out of the window, and the same by the clipboard.

A drag starts when its files are there: at once where they were written before, else after they were written in the
background, if the button is still held then. A drop on this window itself does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDrag, QGuiApplication
from PySide6.QtWidgets import QWidget

from studio.core.arrangement import BAND, STEMS
from studio.core.errors import StudioError
from studio.core.export_names import SongNames
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import later, tr
from studio.core.mix import VOCAL
from studio.services.exporting.contents import MIDI, MIX, SOUNDS
from studio.services.exporting.export import ExportedCandidate, export_candidate
from studio.services.exporting.handoff import (
    FOLDER,
    ReadyFiles,
    handoff_parent,
    handoff_settings,
    ready_files,
)
from studio.services.exporting.settings import ExportSettings
from studio.services.project.song import ExportJob, export_job, export_request
from studio.storage.paths import user_data_dir
from studio.ui.window.workspace import Workspace

#: What can be taken out of a row, and the files that are meant.
TAKES = {"stems": (VOCAL, *STEMS), "band": (BAND,), "mix": (MIX,), "midi": (MIDI,)}
_TITLE = later("Writing files")


class Handoff(QObject):
    """Emits `progressed` (number, share done or None when it ended).

    Args:
        settings: gives the format and the names of exports.
    """

    progressed = Signal(int, object)

    def __init__(
        self, workspace: Workspace, settings: Callable[[], ExportSettings], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace, self._settings = workspace, settings
        self._writing: set[Path] = set()
        self._waiting: dict[Path, Callable[[ReadyFiles], None]] = {}
        #: Runs a drag until it is dropped.
        self.run_drag: Callable[[QWidget, QMimeData], None] = _run_drag

    def drag(self, source: QWidget, number: int, roles: Sequence[str]) -> None:
        """Drags files out of a widget on which the left button is held."""

        def go(ready: ReadyFiles) -> None:
            if QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
                if remarks := _remarks(ready, roles):
                    self._workspace.told.emit(remarks)
                self.run_drag(source, mime_of(ready.of(roles)))
            else:
                self._workspace.told.emit(
                    tr("The files of candidate {number} are written: drag them now", number=number)
                )

        self._with_files(number, go)

    def copy(self, number: int, roles: Sequence[str]) -> None:
        """Puts the same files on the clipboard."""

        def go(ready: ReadyFiles) -> None:
            paths = ready.of(roles)
            QGuiApplication.clipboard().setMimeData(mime_of(paths))
            files = (
                paths[0].name
                if len(paths) == 1
                else tr("{count} files of candidate {number}", count=len(paths), number=number)
            )
            said = tr("Copied: {files}. Paste in a folder or a DAW", files=files)
            self._workspace.told.emit(tr(". ").join(filter(None, (said, _remarks(ready, roles)))))

        self._with_files(number, go)

    def _with_files(self, number: int, go: Callable[[ReadyFiles], None]) -> None:
        song = self._workspace.song
        if song is None or song.folder is None or number not in song.candidates:
            return
        # A project that is only looked at is not written into.
        read_only = self._workspace.document.read_only
        if not read_only:
            try:
                song.folder.require()
            except StudioError as error:
                self._workspace.failed.emit(error)
                return
        root = user_data_dir() / FOLDER if read_only else song.folder.path / FOLDER
        record, settings = song.project.record(number), handoff_settings(self._settings())
        names = SongNames(song.project.artist, song.project.title, settings.by_template)
        parent = handoff_parent(root, record.folder, record.origin.vocal_sha256, names, settings)
        ready = ready_files(parent)
        if ready is not None:
            go(ready)
            return
        self._waiting[parent] = go  # the last one that asked is the one who waits
        if parent not in self._writing:
            self._write(number, parent, export_job(song, number, parent, settings))

    def _write(self, number: int, parent: Path, job: ExportJob) -> None:
        def run(job: ExportJob, /, *, on_step: StepCallback, cancel: CancelToken) -> ExportedCandidate:
            return export_candidate(export_request(job), on_step=on_step, cancel=cancel)

        def end() -> Callable[[ReadyFiles], None] | None:
            self._writing.discard(parent)
            self.progressed.emit(number, None)
            return self._waiting.pop(parent, None)

        def on_done(_: ExportedCandidate) -> None:
            go, ready = end(), ready_files(parent)
            if go is not None and ready is not None:
                go(ready)

        def on_failed(error: Exception) -> None:
            end()
            self._workspace.failed.emit(error)

        def on_cancelled() -> None:
            end()

        def on_step(progress: Progress, _: float | None) -> None:
            if parent in self._writing:
                self.progressed.emit(number, progress.fraction)

        self._writing.add(parent)
        self.progressed.emit(number, 0.0)
        self._workspace.runner.submit(
            _TITLE, run, job, on_step=on_step, on_done=on_done, on_failed=on_failed,
            on_cancelled=on_cancelled,
        )  # fmt: skip


def mime_of(paths: Sequence[Path]) -> QMimeData:
    """Files as a drop or a paste takes them."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def _remarks(ready: ReadyFiles, roles: Sequence[str]) -> str:
    """What must be known of files of sound that are taken; nothing where there is nothing."""
    if not {*roles} & {*SOUNDS}:
        return ""
    said = []
    if ready.gain_db:
        said.append(tr("All files, the vocal too, are lowered by {gain_db:.1f} dB", gain_db=-ready.gain_db))
    if ready.credits and {*roles} - {VOCAL}:
        said.append(tr("Credits are due where it is published: {file}", file=ready.credits))
    return tr(". ").join(said)


def _run_drag(source: QWidget, mime: QMimeData) -> None:
    drag = QDrag(source)
    drag.setMimeData(mime)
    drag.exec(Qt.DropAction.CopyAction)
