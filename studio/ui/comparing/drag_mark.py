"""A small mark that files are dragged out of; a click, or Space where it has the focus, copies them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal

from studio.ui.appearance.drag_start import ButtonDrag
from studio.ui.appearance.widgets import IconButton, set_role


class DragMark(IconButton):
    """Emits `dragged` while the button is held, and `clicked` as buttons do."""

    dragged = Signal()

    def __init__(self, icon_name: str, tip: str) -> None:
        super().__init__(icon_name, tip, size=15, role="muted")
        set_role(self, "mark")
        ButtonDrag(self).begun.connect(self.dragged)
        self.setFixedSize(22, 16)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
