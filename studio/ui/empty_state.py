"""What the window shows before the first vocal: an invitation to drop one, and a demo for the curious."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from studio.ui.widgets import icon, label, push, set_role, set_state


class EmptyState(QFrame):
    """Emits `open_requested` and `demo_requested`; the window handles the dropping."""

    open_requested = Signal()
    demo_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "drop")
        self._picture = QLabel()
        self.title = label("Drop a vocal here", "hero")
        self.about = label(
            "WAV, AIFF, FLAC, MP3 or OGG, two seconds to ten minutes. Backline listens and plays a band to it.",
            "muted",
        )
        self.open = push("Open vocal …", icon_name="folder-open-outline", primary=True)
        self.demo = push("Try the demo vocal", icon_name="music-note-outline")
        self.open.setMinimumHeight(36)
        self.demo.setMinimumHeight(36)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(1)
        for part in (self._picture, self.title, self.about):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        buttons.addWidget(self.open)
        buttons.addWidget(self.demo)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)
        self.open.clicked.connect(self.open_requested)
        self.demo.clicked.connect(self.demo_requested)
        self.refresh()

    def refresh(self) -> None:
        """Redraws the icons in the colours of the theme."""
        self._picture.setPixmap(icon("waveform", "accent").pixmap(QSize(56, 56)))
        self.open.setIcon(icon("folder-open-outline", "on_accent"))
        self.demo.setIcon(icon("music-note-outline"))

    def show_over(self, over: bool) -> None:
        """A file is being dragged above the window."""
        set_state(self, "over", over)
