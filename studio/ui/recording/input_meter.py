"""The input's level: a bar a channel with a held peak, and a light that stays on after clipping until it is clicked."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy

from studio.audio.levels import Meter
from studio.core.language import tr
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import set_role

_FLOOR_DB = -60.0
_WARM_DB = -6.0
_LIGHT = 8


class InputMeter(QProgressBar):
    """Emits `reset_requested` when clicked. To a screen reader it is a progress bar in decibels."""

    reset_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.peaks: tuple[float, ...] = ()
        self.holds: tuple[float, ...] = ()
        self.clipped = False
        set_role(self, "meter")
        self.setTextVisible(False)
        self.setRange(round(_FLOOR_DB), 0)
        self.setValue(self.minimum())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Input level in dBFS"))
        self.setToolTip(tr("Input level; a click, or Shift+R, puts out the clip light"))

    def sizeHint(self) -> QSize:
        return QSize(64, 16)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_meter(self, meter: Meter) -> None:
        shown = (meter.peaks, meter.holds, meter.clipped)
        if shown != (self.peaks, self.holds, self.clipped):
            self.peaks, self.holds, self.clipped = shown
            self.setValue(round(_FLOOR_DB * (1 - level_share(max(self.peaks, default=0.0)))))
            self.setAccessibleDescription(tr("clipped") if self.clipped else "")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.current()
        width, height = self.width() - _LIGHT - 3, self.height()
        rows = max(1, len(self.peaks))
        for row in range(rows):
            top, bottom = row * height // rows, (row + 1) * height // rows - (row + 1 < rows)
            bar = QRect(0, top, width, bottom - top)
            painter.fillRect(bar, colours.colour("raised"))
            if row >= len(self.peaks):
                continue
            length, warm = round(level_share(self.peaks[row]) * width), round(_share_db(_WARM_DB) * width)
            painter.fillRect(QRect(0, top, min(length, warm), bar.height()), colours.colour("good"))
            if length > warm:
                painter.fillRect(QRect(warm, top, length - warm, bar.height()), colours.colour("warning"))
            if row < len(self.holds) and self.holds[row] > 0:
                at = min(width - 2, round(level_share(self.holds[row]) * width))
                painter.fillRect(QRect(at, top, 2, bar.height()), colours.colour("text"))
        light = colours.colour("danger" if self.clipped else "raised")
        painter.fillRect(QRect(self.width() - _LIGHT, 0, _LIGHT, height), light)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.reset_requested.emit()


def level_share(peak: float, floor_db: float = _FLOOR_DB) -> float:
    """Where a linear peak lies on a scale in decibels from `floor_db` to full scale, 0 to 1."""
    return _share_db(20 * float(np.log10(max(peak, 1e-6))), floor_db)


def _share_db(level_db: float, floor_db: float = _FLOOR_DB) -> float:
    return min(1.0, max(0.0, 1 - level_db / floor_db))
