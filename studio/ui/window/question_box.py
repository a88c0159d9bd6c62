"""Boxes in the middle of the window they belong to.

Qt places a box by the size it has before its texts are wrapped, and by what it guesses of the frames of windows.
"""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMessageBox, QWidget

from studio.ui.window.preferences import APP_NAME


class QuestionBox(QMessageBox):
    """Asks something of the user of a window."""

    def __init__(self, text: str, more: str, window: QWidget) -> None:
        super().__init__(QMessageBox.Icon.Question, APP_NAME, text, parent=window)
        self.setInformativeText(more)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        put_in_the_middle(self)


def put_in_the_middle(box: QWidget) -> None:
    """Of the window it belongs to, on its screen; for a box that is being shown."""
    _move_to_the_middle(box)
    QTimer.singleShot(0, box, lambda: _move_to_the_middle(box))  # it has its frame, and its last size


def _move_to_the_middle(box: QWidget) -> None:
    window = box.parentWidget()
    if window is None or not window.isVisible():
        return
    room = window.screen().availableGeometry()
    place = box.frameGeometry()
    place.moveCenter(window.frameGeometry().center())
    left = max(room.left(), min(place.left(), room.right() + 1 - place.width()))
    top = max(room.top(), min(place.top(), room.bottom() + 1 - place.height()))
    box.move(left, top)
