"""What the window shows while the first take is sung, when there is no song to show yet: that it hears you."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAccessible, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from studio.audio.levels import Meter
from studio.core.language import tr
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import label, set_role
from studio.ui.recording.input_meter import level_share
from studio.ui.recording.recording import STATE_WORDS

_BAR, _GAP = 3, 1
_FLOOR_DB = -54.0


class LiveTake(QFrame):
    """State, level as it came, and how to stop."""

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "panel")
        self.title = label("", "hero")
        self.wave = LevelHistory()
        column = QVBoxLayout(self)
        column.setSpacing(16)
        column.addStretch(1)
        column.addWidget(self.title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.wave)
        self.hint = label("", "muted")
        column.addWidget(self.hint, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def show_state(self, state: str, key: str) -> None:
        """'off', 'opening', 'counting', 'recording' or 'ending'; and the key that ends the take."""
        how = tr("{key} ends the take.", key=key or tr("The red button"))
        self.hint.setText(tr("{how} What you sing is written to the disk as it comes.", how=how))
        if state == "off":
            self.wave.clear()
        self.title.setText(tr(STATE_WORDS.get(state, "")))

    def show_meter(self, meter: Meter) -> None:
        if self.isVisible():
            self.wave.add(max(meter.peaks, default=0.0))


class LevelHistory(QWidget):
    """Peaks from left to right, the newest at the right end once the width is full."""

    spoken_role = QAccessible.Role.Graphic

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Level of the take"))
        self.shares: deque[float] = deque(maxlen=4096)

    def spoken_value(self) -> str:
        return tr("{shares:.0%} of full scale", shares=self.shares[-1]) if self.shares else tr("silent")

    def clear(self) -> None:
        self.shares.clear()
        self.update()

    def add(self, peak: float) -> None:
        """The peak of a moment, linear."""
        self.shares.append(level_share(peak, _FLOOR_DB))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.current()
        middle, room = self.height() / 2, self.width() // (_BAR + _GAP)
        painter.fillRect(QRectF(0, middle - 0.5, self.width(), 1), colours.colour("border"))
        for place, share in enumerate(list(self.shares)[-room:]):
            half = max(0.5, share * (middle - 1))
            painter.fillRect(
                QRectF(place * (_BAR + _GAP), middle - half, _BAR, 2 * half), colours.colour("accent")
            )
