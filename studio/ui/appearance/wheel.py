"""Fields and lists that the wheel passes by: it scrolls what they stand in."""

from __future__ import annotations

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QWidget


class WheelPasses:
    """Before a Qt widget among the bases of a class: the wheel changes it only where a click or Tab brought the
    focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        assert isinstance(self, QWidget)
        if self.hasFocus():
            super().wheelEvent(event)  # type: ignore[misc]  # of the Qt widget behind it
        else:
            event.ignore()
