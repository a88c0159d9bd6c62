"""A spectrogram or waveform on the timeline: colours from the map in use, axis, bar lines, a readout under the mouse.

The picture is scaled once for each zoom and size into a pixmap at the screen's own resolution; a moving playhead
only copies from it. Halved copies of the picture are made beforehand, off the main thread, so that zooming costs what
the screen has pixels, not what the song has seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPixmap, QResizeEvent, QWheelEvent

from studio.core.music import SHARP_NAMES
from studio.dsp.spectrogram import Spectrogram
from studio.dsp.waveform import Waveform
from studio.ui.appearance import colour_maps, theme
from studio.ui.appearance.outline_image import outline_image
from studio.ui.timeline.timeline import Timeline, TimelineView

#: Decibels from the loudest point down to black.
RANGE_DB = 72.0
_TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)


@dataclass(frozen=True, eq=False)
class Picture:
    """A spectrogram ready to paint.

    Attributes:
        levels: 8-bit images, high frequencies on top; level k has 1 / 2**k of the columns.
        waveform: the outline of the same sound, where it is to be shown too.
    """

    spectrogram: Spectrogram
    levels: tuple[QImage, ...]
    waveform: Waveform | None = None

    @classmethod
    def of(cls, spectrogram: Spectrogram, waveform: Waveform | None = None) -> Picture:
        """Any thread may make one. The loudest point of the song is the brightest."""
        loudest = float(spectrogram.db.max()) if spectrogram.db.size else 0.0
        level = (spectrogram.db - (loudest - RANGE_DB)) * (255.0 / RANGE_DB)
        pixels = np.clip(level, 0, 255)[::-1].astype(np.uint8)
        levels = [_to_image(pixels)]
        while pixels.shape[1] >= 512:
            # The louder of two columns, as the spectrogram itself does, so that clicks stay visible.
            even = pixels[:, : pixels.shape[1] // 2 * 2]
            pixels = np.maximum(even[:, ::2], even[:, 1::2])
            levels.append(_to_image(pixels))
        return cls(spectrogram, tuple(levels), waveform)


class SpectrogramView(TimelineView):
    """Shows nothing but a message until `set_picture`."""

    def __init__(self, timeline: Timeline, *, message: str = "") -> None:
        super().__init__(timeline)
        self.setMinimumHeight(72)
        self.setAccessibleName("Spectrogram")
        self._picture: Picture | None = None
        self._pixmap: QPixmap | None = None
        self._pixmap_colours = ("", "")
        self._message = message
        self._waveform = self._veiled = False
        timeline.changed.connect(self._forget_pixmap)

    def spoken_value(self) -> str:
        if self._veiled:
            return "hidden while the comparison is blind"
        if self._picture is None:
            return self._message or "nothing drawn yet"
        return f"{'waveform' if self._outline else 'spectrogram'} of the sound, {super().spoken_value()}"

    @property
    def spectrogram(self) -> Spectrogram | None:
        return self._picture.spectrogram if self._picture and not self._veiled else None

    def set_veiled(self, veiled: bool) -> None:
        """Hides the picture, whatever is set meanwhile, or shows it again."""
        if veiled != self._veiled:
            self._veiled = veiled
            self.update()

    def set_picture(self, picture: Picture | None, *, message: str = "") -> None:
        self._picture, self._message = picture, message
        self._forget_pixmap()
        self.update()

    def show_waveform(self, waveform: bool) -> None:
        """The outline of the sound instead of its spectrogram, or the spectrogram again."""
        self._waveform = waveform
        self._forget_pixmap()
        self.update()

    @property
    def _outline(self) -> Waveform | None:
        """What is shown instead of the spectrogram, if so."""
        return self._picture.waveform if self._waveform and self._picture is not None else None

    def _forget_pixmap(self) -> None:
        self._pixmap = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget_pixmap()
        super().resizeEvent(event)

    def paint_content(self, painter: QPainter, rect: QRect) -> None:
        colours = theme.current()
        if self._picture is None or self._veiled:
            painter.fillRect(rect, QColor(colours.heat[0]))
            painter.setPen(colours.colour("muted"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "" if self._veiled else self._message)
            return
        background = colours.colour("panel") if self._outline else colour_maps.background()
        painter.fillRect(rect, background)
        if self._pixmap is None or self._pixmap_colours != colour_maps.current():
            self._pixmap, self._pixmap_colours = self._scaled(rect), colour_maps.current()
        if self._pixmap is not None:
            painter.drawPixmap(rect.topLeft(), self._pixmap)
        dark = background.lightness() < 128
        painter.setPen(QPen(QColor(255, 255, 255, 34) if dark else QColor(0, 0, 0, 28), 1))
        for _, time_s in self.timeline.bar_lines():
            x = round(self.x_of(time_s))
            painter.drawLine(x, rect.top(), x, rect.bottom())

    def _scaled(self, rect: QRect) -> QPixmap | None:
        """The visible part at the screen's resolution; beyond the last column is silence."""
        if self._picture is None or rect.isEmpty():
            return None
        start_s, end_s = self.timeline.start_s, self.timeline.end_s
        ratio = self.devicePixelRatioF()
        if self._outline is not None:
            size = QSize(round(rect.width() * ratio), round(rect.height() * ratio))
            pixmap = QPixmap.fromImage(outline_image(self._outline, start_s, end_s, size))
            pixmap.setDevicePixelRatio(ratio)
            return pixmap
        scale = rect.width() * ratio / (end_s - start_s)  # pixels a second
        columns_a_pixel = 1 / (scale * self._picture.spectrogram.column_s)
        level = min(max(0, int(np.log2(max(1.0, columns_a_pixel)))), len(self._picture.levels) - 1)
        image, column_s = self._picture.levels[level], self._picture.spectrogram.column_s * 2**level
        image.setColorTable(colour_maps.colour_table())
        first = int(start_s / column_s)
        low, high = (round(share * image.height()) for share in self.timeline.band)
        columns = max(1, int(np.ceil(end_s / column_s)) - first)
        part = image.copy(first, image.height() - high, columns, max(1, high - low))
        # The copied columns cover a little more than the view: scale them by their own time, then crop.
        width = max(1, round(part.width() * column_s * scale))
        height = max(1, round(rect.height() * ratio))
        smooth = part.convertToFormat(QImage.Format.Format_RGB32).scaled(
            width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        offset = round((start_s - first * column_s) * scale)
        pixmap = QPixmap.fromImage(smooth.copy(offset, 0, round(rect.width() * ratio), height))
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def _y_of(self, freq_hz: float) -> float:
        assert self.spectrogram is not None
        low, high = self.timeline.band
        share = (self.spectrogram.row_of(freq_hz) + 0.5) / len(self.spectrogram.freqs_hz)
        return self.height() * (1.0 - (share - low) / (high - low))

    def _share_at(self, y: float) -> float:
        """Where on the whole frequency axis a pixel lies, 0 to 1 from the bottom."""
        low, high = self.timeline.band
        return low + (1.0 - y / max(1, self.height())) * (high - low)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.AltModifier or self._outline is not None:
            super().wheelEvent(event)
            return
        # With Alt some systems turn the wheel sideways.
        turned = event.angleDelta().y() or event.angleDelta().x()
        self.timeline.zoom_frequency(0.8 ** (turned / 120), self._share_at(event.position().y()))
        event.accept()

    def paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        if self.spectrogram is None or self._outline is not None:
            return
        colours = theme.current()
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        lowest, highest = self.spectrogram.freqs_hz[0], self.spectrogram.freqs_hz[-1]
        free_below = float(rect.bottom() + 2)
        for freq_hz in _TICKS_HZ:
            y = self._y_of(freq_hz)
            if not lowest <= freq_hz <= highest or not 7 <= y <= free_below - 6:
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
        if self.spectrogram is None or self._outline is not None:
            return text
        row = self._share_at(at.y()) * len(self.spectrogram.freqs_hz) - 0.5
        freq_hz = float(np.interp(row, np.arange(len(self.spectrogram.freqs_hz)), self.spectrogram.freqs_hz))
        if freq_hz < 20:
            return f"{text}   {freq_hz:.0f} Hz"
        pitch = round(69 + 12 * np.log2(freq_hz / 440))
        return f"{text}   {freq_hz:.0f} Hz   {SHARP_NAMES[pitch % 12]}{pitch // 12 - 1}"


def _to_image(pixels: NDArray[np.uint8]) -> QImage:
    """Colour indices [H, W] as an image of its own."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    # QImage borrows the buffer; the copy owns its own.
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8).copy()
