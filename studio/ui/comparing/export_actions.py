"""Everything that leaves the window: exports, drags and copied files, and what is remembered of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from studio.core.commands import SetCredits
from studio.core.errors import StudioError
from studio.core.export_names import SongNames
from studio.core.language import tr
from studio.services.exporting.export import ExportedCandidate
from studio.services.exporting.settings import ExportSettings, settings_from
from studio.ui.comparing.candidate_list import CandidateList
from studio.ui.comparing.candidate_row import CandidateRow
from studio.ui.comparing.export_dialog import Exportable, ExportDialog
from studio.ui.comparing.export_result import ExportResult
from studio.ui.comparing.exporting import Exporting
from studio.ui.comparing.handoff import TAKES, Handoff
from studio.ui.listening.stem_strip import StemStrip
from studio.ui.window.preferences import Preferences
from studio.ui.window.workspace import Workspace

_SETTINGS, _FOLDER = "export", "export_folder"


class ExportActions(QObject):
    """Args:
    heard: gives the candidate that is heard.
    ask_folder: asks for a folder to export into.
    """

    #: A dialog of results was opened.
    shown = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        rows: CandidateList,
        strip: StemStrip,
        preferences: Preferences,
        heard: Callable[[], int | None],
        ask_folder: Callable[[], Path | None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._rows, self._strip = workspace, rows, strip
        self._preferences, self._heard, self._ask_folder, self._parent = (
            preferences,
            heard,
            ask_folder,
            parent,
        )
        self.exporting = Exporting(workspace, self)
        self.handoff = Handoff(workspace, lambda: self.settings, self)
        self.handlers: dict[str, Callable[[], object]] = {"copy_stem": self._copy_stem}
        self.exporting.exported.connect(self._on_exported)
        self.handoff.progressed.connect(self._on_progressed)
        strip.dragged.connect(self._drag_stem)

    @property
    def settings(self) -> ExportSettings:
        """As they were chosen the last time."""
        return settings_from(self._preferences.get(_SETTINGS, ""))

    def does(self, what: str, number: int) -> bool:
        """Does what was asked of a candidate, if it is one of these; see CandidateRow."""
        verb, _, which = what.partition("_")
        if what == "export":
            self.open_dialog(number)
        elif verb == "copy" and which in TAKES:
            self.handoff.copy(number, TAKES[which])
        elif verb == "drag" and which in TAKES and number in self._rows.rows:
            self.handoff.drag(self._rows.rows[number], number, TAKES[which])
        else:
            return False
        return True

    def open_dialog(self, number: int) -> None:
        """Asks what to export: this candidate, unless others are chosen; all else is as it was the last time."""
        song = self._workspace.song
        if song is None or number not in song.candidates:
            return
        try:  # before a dialog is filled in for nothing
            if song.folder is not None:
                song.folder.require()
        except StudioError as error:
            self._workspace.failed.emit(error)
            return
        project, settings = song.project, replace(self.settings, which="this")
        numbers = [n for n in project.numbers if n in song.candidates]
        exportable = Exportable(
            {n: song.candidates[n] for n in numbers},
            number,
            [n for n in numbers if project.opinion(n).favourite],
            project.picked,
            project.artist,
            project.title,
            song.base.audio.sample_rate,
        )
        # A project's folder is no place for exports; that beside which it lies is.
        beside = [] if song.folder is None else [song.folder.path.parent]
        folder = self._preferences.folder(_FOLDER, *beside, self._workspace.projects_dir, made=True)
        dialog = ExportDialog(exportable, settings, folder, self._ask_folder, self._parent)

        def measure(numbers: tuple[int, ...], chosen: ExportSettings) -> None:
            self.exporting.measure(numbers, chosen, dialog.show_levels)

        dialog.levels_asked.connect(measure)
        dialog.wanted.connect(self._export)
        self.exporting.exported.connect(dialog.show_names)
        dialog.finished.connect(lambda _: self.exporting.stop_measuring())
        dialog.finished.connect(dialog.deleteLater)
        # What it shows is of this song: it goes with it.
        self._workspace.opened.connect(dialog.reject)
        dialog.open()
        measure(dialog.numbers, dialog.settings)

    def _export(
        self, numbers: tuple[int, ...], settings: ExportSettings, names: SongNames, folder: Path
    ) -> None:
        self._preferences.set(_SETTINGS, settings.text())
        self._preferences.set(_FOLDER, str(folder))
        project = self._workspace.project
        title = names.title or project.title
        if (names.artist, title) != (project.artist, project.title):
            self._workspace.do(SetCredits(names.artist, title))
        self.exporting.export(numbers, folder, settings)

    def _on_exported(self, results: tuple[ExportedCandidate, ...]) -> None:
        dialog = ExportResult(results, self._parent)
        dialog.open()
        self.shown.emit(dialog)

    # Files by hand

    def _may_take(self) -> int | None:
        """The candidate that is heard, unless its files would tell a blind comparison which one it is."""
        number = self._heard()
        if number is None:
            self._workspace.tell_nothing_heard()
        elif self._workspace.project.blind is not None:
            self._workspace.told.emit(tr("Reveal first (B): this would tell which candidate it is"))
            return None
        return number

    def _drag_stem(self, source: str) -> None:
        number = self._may_take()
        if number is not None:
            self.handoff.drag(self._strip, number, (source,))

    def _copy_stem(self) -> None:
        number = self._may_take()
        if number is not None:
            self.handoff.copy(number, (self._strip.target,))

    def _on_progressed(self, number: int, share: float | None) -> None:
        row: CandidateRow | None = self._rows.rows.get(number)
        if row is not None:
            row.show_writing(share)
