"""Where a press of the mouse becomes a drag."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication


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


class ButtonDrag(QObject):
    """Emits `begun` where a press of a button becomes a drag; the button is then not clicked."""

    begun = Signal()

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button, self._start = button, DragStart()
        button.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            self._start.press(event)
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._start.release()
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            if self._start.begins(event):
                self._button.setDown(False)
                self.begun.emit()
                return True
            return not self._button.isDown()
        return False
