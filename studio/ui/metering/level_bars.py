"""Two bars of true peak, left over right, that fall as a peak programme meter does, with the highest held.

A progress bar by descent, so that every screen reader gets its number; the numbers are tenths of a decibel.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy

from studio.dsp.loudness import SILENCE_DB
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import set_role

_FLOOR_DB, _TOP_DB = -60.0, 3.0
#: An export is lowered above the first of them (docs/using.md); above the second a converter clips.
_WARM_DB, _HOT_DB = -1.0, 0.0
#: A tick of 33 ms of a fall of 20 dB in 1.7 s (IEC 60268-10, type I).
_FALL_DB = 20 / 1.7 * 0.033
_HELD_TICKS = 45
_MARKS_DB = (-48.0, -36.0, -24.0, -18.0, -12.0, -6.0, 0.0)


class LevelBars(QProgressBar):
    """Emits `reset_requested` when clicked."""

    reset_requested = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        set_role(self, "meter")
        self.setTextVisible(False)
        self.setRange(round(10 * _FLOOR_DB), round(10 * _TOP_DB))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{name}: true peak in tenths of a decibel")
        self.setToolTip("True peak, left and right, in dBTP. A click resets the meter")
        self.shown_db: list[float] = [SILENCE_DB, SILENCE_DB]
        self.held_db: list[float] = [SILENCE_DB, SILENCE_DB]
        self._ticks = [0, 0]

    def sizeHint(self) -> QSize:
        return QSize(160, 15)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, 15)

    def show_peaks(self, peaks_db: Sequence[float]) -> None:
        """The peaks since the last tick: bars rise at once and fall slowly; the hold stays for 1.5 s."""
        before = (list(self.shown_db), list(self.held_db))
        for side, peak in enumerate(peaks_db[:2]):
            self.shown_db[side] = max(peak, self.shown_db[side] - _FALL_DB, SILENCE_DB)
            self._ticks[side] += 1
            if peak >= self.held_db[side] or self._ticks[side] > _HELD_TICKS:
                self.held_db[side], self._ticks[side] = peak, 0
        if before != (self.shown_db, self.held_db):
            self.update()

    def tell(self) -> None:
        """Gives the level to whoever asks for the value, which is done less often than it is painted."""
        self.setValue(round(10 * min(max(max(self.shown_db), _FLOOR_DB), _TOP_DB)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.current()
        width, height = self.width(), (self.height() - 1) / 2
        for side in range(2):
            top = side * (height + 1)
            painter.fillRect(QRectF(0, top, width, height), colours.colour("raised"))
            level = self.shown_db[side]
            start = _FLOOR_DB
            for end, role in ((_WARM_DB, "good"), (_HOT_DB, "warning"), (_TOP_DB, "danger")):
                if level > start:
                    left, right = self._x(start), self._x(min(level, end))
                    painter.fillRect(QRectF(left, top, right - left, height), colours.colour(role))
                start = end
            held = self.held_db[side]
            if held > _FLOOR_DB:
                painter.fillRect(
                    QRectF(min(width - 2, self._x(held)), top, 2, height), colours.colour("text")
                )
        for mark in _MARKS_DB:
            painter.fillRect(QRectF(self._x(mark), 0, 1, self.height()), colours.colour("border"))

    def _x(self, level_db: float) -> float:
        return (level_db - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB) * self.width()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset_requested.emit()
