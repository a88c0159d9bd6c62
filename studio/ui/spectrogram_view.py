"""A spectrogram on the timeline: colours from the theme, a frequency axis, bar lines, and a readout under the mouse.

The picture is scaled once for each zoom and size into a pixmap at the screen's own resolution; a moving playhead
only copies from it.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPixmap, QResizeEvent

from studio.core.music import SHARP_NAMES
from studio.dsp.spectrogram import Spectrogram
from studio.ui import theme
from studio.ui.timeline import Timeline, TimelineView

#: Decibels from the loudest point down to black.
RANGE_DB = 72.0
_TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)


class SpectrogramView(TimelineView):
    """Shows nothing but a message until `set_spectrogram`."""

    def __init__(self, timeline: Timeline, *, message: str = "") -> None:
        super().__init__(timeline)
        self.setMinimumHeight(72)
        self.setAccessibleName("Spectrogram")
        self._spectrogram: Spectrogram | None = None
        self._image: QImage | None = None
        self._pixmap: QPixmap | None = None
        self._pixmap_theme = ""
        self._message = message
        timeline.changed.connect(self._forget_pixmap)

    @property
    def spectrogram(self) -> Spectrogram | None:
        return self._spectrogram

    def set_spectrogram(self, spectrogram: Spectrogram | None, *, message: str = "") -> None:
        self._spectrogram, self._message = spectrogram, message
        self._image = None if spectrogram is None else _to_image(spectrogram)
        self._forget_pixmap()
        self.update()

    def _forget_pixmap(self) -> None:
        self._pixmap = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget_pixmap()
        super().resizeEvent(event)

    def paint_content(self, painter: QPainter, rect: QRect) -> None:
        colours = theme.current()
        painter.fillRect(rect, QColor(colours.heat[0]))
        if self._image is None:
            painter.setPen(colours.colour("muted"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._message)
            return
        if self._pixmap is None or self._pixmap_theme != colours.name:
            self._pixmap, self._pixmap_theme = self._scaled(rect), colours.name
        if self._pixmap is not None:
            painter.drawPixmap(rect.topLeft(), self._pixmap)
        light = colours.name == "light"
        painter.setPen(QPen(colours.colour("text", 28 if light else 34), 1))
        for _, time_s in self.timeline.bar_lines():
            x = round(self.x_of(time_s))
            painter.drawLine(x, rect.top(), x, rect.bottom())

    def _scaled(self, rect: QRect) -> QPixmap | None:
        """The visible part at the screen's resolution; beyond the last column is silence."""
        image, spectrogram = self._image, self._spectrogram
        if image is None or spectrogram is None or rect.isEmpty():
            return None
        image.setColorTable(theme.current().heat_table())
        first = int(self.timeline.start_s / spectrogram.column_s)
        last = int(np.ceil(self.timeline.end_s / spectrogram.column_s))
        part = image.copy(first, 0, max(1, last - first), image.height())
        ratio = self.devicePixelRatioF()
        # The copied columns cover a little more than the view: scale them by their own time, then crop.
        scale = rect.width() * ratio / (self.timeline.end_s - self.timeline.start_s)
        width = max(1, round(part.width() * spectrogram.column_s * scale))
        height = max(1, round(rect.height() * ratio))
        smooth = part.convertToFormat(QImage.Format.Format_RGB32).scaled(
            width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        offset = round((self.timeline.start_s - first * spectrogram.column_s) * scale)
        pixmap = QPixmap.fromImage(smooth.copy(offset, 0, round(rect.width() * ratio), height))
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def _y_of(self, freq_hz: float) -> float:
        assert self._spectrogram is not None
        rows = len(self._spectrogram.freqs_hz)
        return self.height() * (1.0 - (self._spectrogram.row_of(freq_hz) + 0.5) / rows)

    def paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        if self._spectrogram is None:
            return
        colours = theme.current()
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        lowest, highest = self._spectrogram.freqs_hz[0], self._spectrogram.freqs_hz[-1]
        free_below = float(rect.bottom() + 2)
        for freq_hz in _TICKS_HZ:
            y = self._y_of(freq_hz)
            if not lowest <= freq_hz <= highest or y > free_below - 6 or y < 7:
                continue
            free_below = y - 10
            painter.setPen(colours.colour("border"))
            painter.drawLine(QPointF(rect.right() - 3, y), QPointF(rect.right(), y))
            painter.setPen(colours.colour("muted"))
            text = f"{freq_hz // 1000}k" if freq_hz >= 1000 else str(freq_hz)
            box = QRect(0, int(y) - 7, rect.width() - 6, 14)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def readout(self, at: QPointF) -> str:
        text = super().readout(at)
        if self._spectrogram is None:
            return text
        row = (1.0 - at.y() / max(1, self.height())) * len(self._spectrogram.freqs_hz) - 0.5
        freq_hz = float(
            np.interp(row, np.arange(len(self._spectrogram.freqs_hz)), self._spectrogram.freqs_hz)
        )
        if freq_hz < 20:
            return f"{text}   {freq_hz:.0f} Hz"
        pitch = round(69 + 12 * np.log2(freq_hz / 440))
        return f"{text}   {freq_hz:.0f} Hz   {SHARP_NAMES[pitch % 12]}{pitch // 12 - 1}"


def _to_image(spectrogram: Spectrogram) -> QImage:
    """8-bit indices, high frequencies on top; the loudest point of the song is the brightest."""
    loudest = float(spectrogram.db.max()) if spectrogram.db.size else 0.0
    level = (spectrogram.db - (loudest - RANGE_DB)) * (255.0 / RANGE_DB)
    pixels = np.ascontiguousarray(np.clip(level, 0, 255)[::-1].astype(np.uint8))
    height, width = pixels.shape
    # QImage borrows the buffer; the copy owns its own.
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8).copy()
