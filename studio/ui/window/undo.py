"""Undo and redo of the window: the history of the session on the desk, with a signal when it changes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.services.project.history import Change, History


class Undo(QObject):
    """Emits `changed` after every change, and `told` with what was undone or redone."""

    changed = Signal()
    told = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = History()

    def do(self, change: Change) -> None:
        self.history.do(change)
        self.changed.emit()

    def undo(self) -> None:
        self._tell("Undone", self.history.undo())

    def redo(self) -> None:
        self._tell("Done again", self.history.redo())

    def clear(self) -> None:
        self.history.clear()
        self.changed.emit()

    def _tell(self, verb: str, what: str) -> None:
        self.told.emit(f"{verb}: {what}" if what else "Nothing left to undo or redo")
        self.changed.emit()
