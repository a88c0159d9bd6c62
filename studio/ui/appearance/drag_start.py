"""Where a press of the mouse becomes a drag."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication


class DragStart:
    """Tells where a press of the left button becomes a drag."""

    def __init__(self) -> None:
        self._pressed_at: QPointF | None = None

    def press(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position()

    def begins(self, event: QMouseEvent) -> bool:
        """Whether this move is the one that begins it."""
        if self._pressed_at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return False
        way = (event.position() - self._pressed_at).manhattanLength()
        if way < QApplication.startDragDistance():
            return False
        self._pressed_at = None
        return True

    def release(self) -> None:
        self._pressed_at = None
