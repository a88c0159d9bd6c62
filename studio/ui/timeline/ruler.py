"""The ruler above all timelines: seconds, and the loop region as a band to draw, move and trim."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPen

from studio.ui.appearance import theme
from studio.ui.timeline.timeline import Timeline, TimelineView, is_free

_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120)
_GRIP = 6


class Ruler(TimelineView):
    """Dragging an end of the band trims it, dragging its middle moves it, dragging elsewhere draws a new one: on bar
    lines unless Shift is held."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self.setFixedHeight(28)
        self.setToolTip("Click to move the playhead, drag to mark a loop: on bar lines, with Shift anywhere")
        self.setAccessibleName("Time ruler")
        self._grip = ""
        self._grip_from: tuple[float, tuple[float, float]] | None = None

    def sizeHint(self) -> QSize:
        return QSize(400, 28)

    def spoken_value(self) -> str:
        timeline = self.timeline
        said = [super().spoken_value(), f"{timeline.start_s:.1f} to {timeline.end_s:.1f} seconds in sight"]
        if timeline.region is not None:
            start, end = timeline.region
            said.append(f"loop {'on' if timeline.looping else 'off'}, {start:.1f} to {end:.1f} seconds")
        return ", ".join(said)

    def paint_content(self, painter: QPainter, rect: QRect) -> None:
        colours = theme.current()
        region = self.timeline.region
        if region is not None:
            left, right = self.x_of(region[0]), self.x_of(region[1])
            band = QRectF(left, 18, max(2.0, right - left), 8)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("accent" if self.timeline.looping else "muted", 170))
            painter.drawRoundedRect(band, 3, 3)
        if self.timeline.punch_s is not None:
            left, right = (self.x_of(t) for t in self.timeline.punch_s)
            painter.fillRect(QRectF(left, 24, max(2.0, right - left), 3), colours.colour("danger"))
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        span = self.timeline.end_s - self.timeline.start_s
        step = next((s for s in _STEPS_S if s / span * rect.width() >= 64), _STEPS_S[-1])
        painter.setPen(QPen(colours.colour("muted"), 1))
        for k in range(int(np.ceil(self.timeline.start_s / step)), int(self.timeline.end_s / step) + 1):
            x = self.x_of(k * step)
            painter.drawLine(QPointF(x, 20), QPointF(x, 27))
            text = f"{k * step:.1f}" if step < 1 else f"{int(k * step) // 60}:{int(k * step) % 60:02d}"
            if x + 4 < rect.right() - 30:
                painter.drawText(QPointF(x + 4, 14), text)

    def _grip_at(self, x: float) -> str:
        region = self.timeline.region
        if region is None:
            return ""
        left, right = self.x_of(region[0]), self.x_of(region[1])
        if abs(x - left) <= _GRIP:
            return "start"
        if abs(x - right) <= _GRIP:
            return "end"
        return "middle" if left < x < right else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        x = event.position().x()
        self._grip = self._grip_at(x)
        if self._grip and self.timeline.region:
            self._grip_from = (self.time_at(x), self.timeline.region)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._pressed_at is None or not self._grip or self._grip_from is None:
            super().mouseMoveEvent(event)
            shapes = {"start": Qt.CursorShape.SizeHorCursor, "end": Qt.CursorShape.SizeHorCursor,
                      "middle": Qt.CursorShape.OpenHandCursor}  # fmt: skip
            self.setCursor(shapes.get(self._grip_at(x), Qt.CursorShape.ArrowCursor))
            return
        if not self._dragging and abs(x - self._pressed_at) < 3:
            return
        self._dragging = True
        at, (start, end) = self._grip_from
        moved = self.time_at(x) - at
        line = (lambda time_s: time_s) if is_free(event) else self.timeline.nearest_line
        if self._grip == "middle":
            moved = line(start + moved) - start
            moved = min(max(moved, -start), self.timeline.duration_s - end)
            self.timeline.set_region((start + moved, end + moved))
        elif self._grip == "start":
            self.timeline.set_region((line(start + moved), end))
        else:
            self.timeline.set_region((start, line(end + moved)))
