"""The waveforms of a candidate's stems under the picture of its band, one thin lane each, all on one scale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPixmap, QResizeEvent

from studio.core.language import tr
from studio.dsp.waveform import Waveform
from studio.ui.appearance import theme
from studio.ui.appearance.outline_image import outline_image
from studio.ui.timeline.timeline import Timeline, TimelineView

LANE = 18


class StemsView(TimelineView):
    """As many lanes as there are stems.

    Args:
        stems: their names, from the top.
    """

    def __init__(self, timeline: Timeline, stems: tuple[str, ...]) -> None:
        super().__init__(timeline)
        self.stems = stems
        self.waveforms: Mapping[str, Waveform] = {}
        self._pixmaps: list[QPixmap] = []
        self._drawn_for = ""
        self._veiled = False
        self.setFixedHeight(LANE * len(stems))
        self.setAccessibleName(tr("Waveforms of the stems"))
        timeline.changed.connect(self._pixmaps.clear)

    def spoken_value(self) -> str:
        if self._veiled:
            return tr("hidden while the comparison is blind")
        if not self.waveforms:
            return tr("not drawn yet")
        peaks = {stem: 20 * np.log10(max(wave.peak, 1e-6)) for stem, wave in self.waveforms.items()}
        return tr(", ").join(
            tr("{stem} peaks at {peak:.0f} decibels", stem=tr(stem), peak=peak)
            for stem, peak in peaks.items()
        )

    def set_waveforms(self, waveforms: Mapping[str, Waveform]) -> None:
        """By stem; one that is not there has an empty lane."""
        self.waveforms = waveforms
        self._pixmaps.clear()
        self.update()

    def set_veiled(self, veiled: bool) -> None:
        if veiled != self._veiled:
            self._veiled = veiled
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._pixmaps.clear()
        super().resizeEvent(event)

    def paint_content(self, painter: QPainter, rect: QRect) -> None:
        colours = theme.current()
        painter.fillRect(rect, colours.colour("panel"))
        if self._veiled or not self.waveforms:
            return
        if not self._pixmaps or self._drawn_for != colours.name:
            self._pixmaps, self._drawn_for = self._drawn(rect.width()), colours.name
        painter.setPen(QPen(colours.colour("border"), 1))
        for lane, pixmap in enumerate(self._pixmaps):
            painter.drawPixmap(rect.left(), lane * LANE, pixmap)
            painter.drawLine(rect.left(), lane * LANE, rect.right(), lane * LANE)

    def _drawn(self, width: int) -> list[QPixmap]:
        """The part in sight of every lane, at the screen's resolution; the loudest of all fills its lane."""
        ratio = self.devicePixelRatioF()
        size = QSize(round(width * ratio), round(LANE * ratio))
        loudest = max(wave.peak for wave in self.waveforms.values())
        pixmaps = []
        for stem in self.stems:
            wave = self.waveforms.get(stem)
            if wave is None:
                pixmap = QPixmap(size)
                pixmap.fill(theme.current().colour("panel"))
            else:
                start_s, end_s = self.timeline.start_s, self.timeline.end_s
                pixmap = QPixmap.fromImage(outline_image(wave, start_s, end_s, size, peak=loudest))
            pixmap.setDevicePixelRatio(ratio)
            pixmaps.append(pixmap)
        return pixmaps

    def paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        font = QFont(self.font())
        font.setPixelSize(9)
        painter.setFont(font)
        painter.setPen(theme.current().colour("muted"))
        for lane, stem in enumerate(self.stems):
            box = QRect(0, lane * LANE, rect.width() - 4, LANE)
            name = painter.fontMetrics().elidedText(tr(stem), Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
