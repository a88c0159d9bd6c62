"""The doctor in the window: the first start examines the machine, Help does it again, and a fault report is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studio import __version__
from studio.core.jobs import CancelToken, StepCallback
from studio.services.jobs import Job
from studio.services.machine.doctor import Attempt, Finding
from studio.services.machine.examination import examine_and_remember
from studio.services.machine.fault_report import fault_report
from studio.services.machine.trial import try_in_child
from studio.storage.machine import read_machine_notes
from studio.storage.paths import models_dir, resources_dir, user_data_dir
from studio.ui.window.machine_dialog import MachineDialog
from studio.ui.window.status_line import StatusLine
from studio.ui.window.workspace import Workspace

#: Gives the findings one by one, trying devices with what it is given.
Examine = Callable[[Attempt], Iterator[Finding]]


def _examine(attempt: Attempt) -> Iterator[Finding]:
    return examine_and_remember(models_dir(), resources_dir(), user_data_dir(), attempt)


class Machine(QObject):
    """Shows what works on this machine. Nothing waits for it: devices are tried in the background.

    Attributes:
        examine: what is asked for the findings.
    """

    def __init__(self, workspace: Workspace, status: StatusLine, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._status, self._window = workspace, status, window
        self.examine: Examine = _examine
        self._dialog: MachineDialog | None = None
        self._job: Job[None] | None = None

    @property
    def handlers(self) -> dict[str, Callable[[], object]]:
        return {"doctor": self.show, "report": self.copy_report}

    @property
    def examining(self) -> bool:
        return self._job is not None

    def at_first_start(self) -> None:
        """Examines the machine where this version has not done so yet."""
        if read_machine_notes(user_data_dir()).version != __version__:
            self.show()

    def show(self) -> MachineDialog:
        """What was found last; where nothing was yet, it is found out now."""
        notes = read_machine_notes(user_data_dir())
        if self._dialog is None:
            self._dialog = dialog = MachineDialog(self._window)
            dialog.check_wanted.connect(self.check)
            dialog.report_wanted.connect(self.copy_report)
            dialog.finished.connect(self._on_closed)
            for note in notes.notes:
                dialog.add(note)
            dialog.show_examined(notes.examined_at)
        self._dialog.show()
        self._dialog.raise_()
        if notes.version != __version__:
            self.check()
        return self._dialog

    def check(self) -> None:
        """Tries everything anew."""
        if self.examining:
            return
        post, examine = self._workspace.bridge.post, self.examine
        if self._dialog is not None:
            self._dialog.begin()

        def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
            for finding in examine(partial(try_in_child, cancel=cancel)):
                post(partial(self._add, finding))

        self._job = self._workspace.runner.submit(
            "Examining the machine", run, None, on_done=lambda _: self._end(), on_failed=self._on_failed,
            on_cancelled=self._end,
        )  # fmt: skip

    def copy_report(self, error: BaseException | None = None) -> None:
        """Puts a fault report on the clipboard."""
        project, song = self._workspace.project, self._workspace.song
        names = {project.title}
        if song is not None:
            names |= {song.vocal.name, song.vocal.path.stem}
        QGuiApplication.clipboard().setText(fault_report(user_data_dir(), error=error, names=names))
        self._status.tell("The fault report is on the clipboard: paste it where it is wanted")

    def _add(self, finding: Finding) -> None:
        if self._dialog is not None:
            self._dialog.add(finding)

    def _end(self) -> None:
        self._job = None
        if self._dialog is not None:
            self._dialog.show_examined(read_machine_notes(user_data_dir()).examined_at)

    def _on_failed(self, error: Exception) -> None:
        self._end()
        self._workspace.failed.emit(error)

    def _on_closed(self) -> None:
        """What is being examined goes on, and is remembered."""
        self._dialog = None
