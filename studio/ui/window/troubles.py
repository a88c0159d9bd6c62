"""What is done about a failure: what a question can mend is asked, everything else is told in a dialog."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.services.memory import NotEnoughMemory
from studio.services.project.opening import ProjectInUse, ProjectNotWritable, SoundMissing
from studio.storage.project_folder import FolderGone
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.questions import Questions
from studio.ui.window.workspace import Workspace


class Troubles(QObject):
    """Emits `fewer_wanted` with how many candidates fit, and `report_wanted` with the error for a fault report."""

    fewer_wanted = Signal(int)
    report_wanted = Signal(object)

    def __init__(self, workspace: Workspace, ask: Questions, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._ask, self._window = workspace, ask, window
        workspace.failed.connect(self.show)

    def show(self, error: Exception) -> None:
        """One dialog for each failure; the same one again while it is open says nothing new."""
        error = self._cause(error)
        if isinstance(error, ProjectInUse):
            self._open_otherwise(error.path, self._ask.project_in_use(error), error.path.parent)
        elif isinstance(error, ProjectNotWritable):
            answer = self._ask.project_not_writable(error)
            self._open_otherwise(error.path, answer, self._workspace.projects_dir)
        elif isinstance(error, SoundMissing):
            self._find(error)
        elif isinstance(error, NotEnoughMemory) and error.candidates:
            if self._ask.may_make_fewer(error):
                self.fewer_wanted.emit(error.candidates)
        else:
            dialog = ErrorDialog(error, self._window)
            dialog.report_wanted.connect(self.report_wanted)
            if any(d.isVisible() and d.text == dialog.text for d in self._window.findChildren(ErrorDialog)):
                dialog.deleteLater()
            else:
                dialog.open()

    def _cause(self, error: Exception) -> Exception:
        """What failed, or, where that tells of a file in a folder that is gone, that it is gone."""
        song = self._workspace.song
        if song is None or song.folder is None or f"{song.folder.path}{os.sep}" not in str(error):
            return error
        try:
            song.folder.require()
        except FolderGone as gone:
            return gone
        return error

    def _open_otherwise(self, path: Path, answer: Literal["copy", "look"] | None, copies_dir: Path) -> None:
        """A project that cannot be worked on where it lies."""
        if answer == "copy":
            self._workspace.open_copy(path, copies_dir)
        elif answer == "look":
            self._workspace.open(path, read_only=True)

    def _find(self, missing: SoundMissing) -> None:
        """Takes a missing sound from where the user shows it."""
        found = self._ask.missing_sound(missing)
        if found is None:
            self._workspace.told.emit(str(missing))
            return
        try:
            missing.folder.keep_audio(found, missing.ref)
        except StudioError as error:
            self.show(error)
            return
        except (OSError, ValueError) as error:
            self.show(
                StudioError(
                    tr("{name} is not the file that is missing", name=found.name),
                    seen=str(error),
                    expected=missing.ref.name,
                )
            )
            return
        self._workspace.open(missing.folder.path)
