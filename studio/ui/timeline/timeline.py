"""The time axis all pictures share: visible range, playhead, loop, beat grid; and the view that draws on it.

Choices: one model object instead of linked axes, so that rows of any origin agree to the pixel; plain QPainter,
because a cached pixmap under a moving line is all a spectrogram needs, and only the strip under the line repaints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QAccessible, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.ui.appearance import spoken, theme

_SHORTEST_VIEW_S = 0.25
_NARROWEST_BAND = 0.05
_DRAG_PIXELS = 5
#: So far a screen reader moves the playhead at a time.
_SPOKEN_STEP_S = 1.0
#: Of a bar: an end of the song closer to a bar line than this is not another line.
_CLOSE_BAR = 0.2
#: This close before a beat, in beats, the clock already shows it.
_ON_BEAT = 0.02


class Timeline(QObject):
    """Seconds on screen. Everything that shows time listens to `changed` and `playhead_moved`."""

    changed = Signal()
    playhead_moved = Signal(float, float)
    loop_changed = Signal()
    punch_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration_s = 0.0
        self.start_s, self.end_s = 0.0, 1.0
        self.playhead_s = 0.0
        self.grid: BeatGrid | None = None
        self.region: tuple[float, float] | None = None
        self.looping = False
        self.punch_s: tuple[float, float] | None = None
        #: The part of the frequency axis in sight, 0 at the bottom, 1 at the top.
        self.band = (0.0, 1.0)

    def reset(self, duration_s: float) -> None:
        """A new song: everything visible, playhead at the start, no region."""
        self.duration_s = duration_s
        self.region, self.looping, self.grid = None, False, None
        self.set_playhead(0.0)
        self.loop_changed.emit()
        self.fit()

    def set_grid(self, grid: BeatGrid | None) -> None:
        self.grid = grid
        self.changed.emit()

    def fit(self) -> None:
        """Shows all there is, in time and in frequency."""
        self.band = (0.0, 1.0)
        self.show_range(0.0, max(self.duration_s, 1e-3))

    def show_range(self, start_s: float, end_s: float) -> None:
        """Shows [start, end), kept inside the song and never shorter than a quarter second."""
        length = min(max(end_s - start_s, _SHORTEST_VIEW_S), max(self.duration_s, _SHORTEST_VIEW_S))
        start_s = min(max(0.0, start_s), max(0.0, self.duration_s - length))
        self.start_s, self.end_s = start_s, start_s + length
        self.changed.emit()

    def zoom(self, factor: float, about_s: float) -> None:
        """Shows `factor` times as much time; `about_s` stays where it is."""
        self.show_range(
            about_s - (about_s - self.start_s) * factor, about_s + (self.end_s - about_s) * factor
        )

    def zoom_frequency(self, factor: float, about: float) -> None:
        """Shows `factor` times as much of the frequency axis; `about`, 0 to 1 of the whole axis, stays where it is."""
        low, high = self.band
        size = min(max((high - low) * factor, _NARROWEST_BAND), 1.0)
        low = min(max(0.0, about - (about - low) / (high - low) * size), 1.0 - size)
        self.band = (low, low + size)
        self.changed.emit()

    def scroll(self, delta_s: float) -> None:
        self.show_range(self.start_s + delta_s, self.end_s + delta_s)

    def set_playhead(self, time_s: float, *, follow: bool = False) -> None:
        """Moves the playhead; with `follow`, turns the page when it runs off the right edge."""
        before, self.playhead_s = self.playhead_s, time_s
        length = self.end_s - self.start_s
        if follow and length < self.duration_s and not self.start_s <= time_s < self.end_s:
            self.show_range(time_s - 0.02 * length, time_s + 0.98 * length)
        if before != time_s:
            self.playhead_moved.emit(before, time_s)

    def set_region(self, region: tuple[float, float] | None, *, looping: bool | None = None) -> None:
        """The loop region in seconds, clipped to the song; `looping` as before unless given."""
        if region is not None:
            low, high = sorted(region)
            region = (max(0.0, low), min(self.duration_s, high))
        self.region = region
        if looping is not None:
            self.looping = looping and region is not None
        self.loop_changed.emit()

    def snap_lines(self) -> NDArray[np.float64]:
        """Seconds a loop snaps to: the bar lines, and both ends of the song; empty without a grid."""
        if self.grid is None:
            return np.zeros(0)
        bars = np.asarray(self.grid.downbeats_s, dtype=np.float64)
        bars = bars[(bars >= 0.0) & (bars <= self.duration_s)]
        if len(bars) < 2:
            return np.zeros(0)
        # An end that lies close to a bar line is that bar line.
        close = _CLOSE_BAR * float(np.diff(bars).min())
        ends = [end for end in (0.0, self.duration_s) if np.abs(bars - end).min() > close]
        return np.sort(np.concatenate([bars, ends]))

    def nearest_line(self, time_s: float) -> float:
        """The line a time snaps to; the time itself without a grid."""
        lines = self.snap_lines()
        return float(lines[np.argmin(np.abs(lines - time_s))]) if len(lines) else time_s

    def on_bars(self, one_s: float, other_s: float) -> tuple[float, float]:
        """A stretch on the nearest bar lines, but never less than the bar it lies in; as it is without a grid."""
        low, high = sorted((one_s, other_s))
        lines = self.snap_lines()
        if not len(lines):
            return low, high
        start, end = self.nearest_line(low), self.nearest_line(high)
        if start == end:
            after = int(np.clip(np.searchsorted(lines, (low + high) / 2, side="right"), 1, len(lines) - 1))
            start, end = float(lines[after - 1]), float(lines[after])
        return start, end

    def set_punch(self, punch_s: tuple[float, float] | None) -> None:
        """The seconds that recording keeps, or None for all."""
        if punch_s != self.punch_s:
            self.punch_s = punch_s
            self.punch_changed.emit()
        self.changed.emit()

    def bar_lines(self) -> tuple[tuple[int, float], ...]:
        """(bar number, time) of the visible downbeats; bar 1 is the first full bar of the song."""
        if self.grid is None:
            return ()
        downbeats = np.asarray(self.grid.downbeats_s)
        first = self.grid.first_bar
        visible = np.flatnonzero((downbeats >= self.start_s) & (downbeats <= self.end_s))
        return tuple((int(i) - first + 1, float(downbeats[i])) for i in visible)

    def place(self, time_s: float) -> str:
        """'bar 12.3' for bar 12, beat 3, of bar 0 in a pickup; empty without a grid."""
        if self.grid is None:
            return ""
        per_bar = self.grid.meter.quarters_per_bar
        first = self.grid.first_bar * per_bar
        beat = int(np.floor(float(self.grid.beat_of(time_s)) + _ON_BEAT)) - first
        bar = beat // per_bar + 1
        return tr("bar {bar}.{beat}", bar=bar, beat=beat % per_bar + 1)

    def spoken_playhead(self) -> str:
        """Where the playhead is, in words."""
        place = self.place(self.playhead_s)
        return tr("playhead at {playhead_s:.1f} seconds", playhead_s=self.playhead_s) + (
            f", {place}" if place else ""
        )


def is_free(event: QMouseEvent) -> bool:
    """Whether a drag is to stay off the bar lines."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


class TimelineView(QWidget):
    """A widget whose x axis is the timeline, right of a gutter. Subclasses paint content and gutter.

    A click asks to seek; a drag marks the loop region, on bar lines unless Shift is held; Ctrl and wheel zoom,
    Shift and wheel scroll.
    """

    spoken_role = QAccessible.Role.Graphic

    seek_requested = Signal(float)
    hovered = Signal(str)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.timeline = timeline
        self._pressed_at: float | None = None
        self._dragging = False
        self.setMouseTracking(True)
        timeline.changed.connect(self.update)
        timeline.loop_changed.connect(self.update)
        timeline.playhead_moved.connect(self._on_playhead_moved)

    def spoken_value(self) -> str:
        """What a screen reader says of it; subclasses add what they show."""
        return self.timeline.spoken_playhead()

    def spoken_actions(self) -> Mapping[str, Callable[[], object]]:
        """On and back along the song, as a click does it; nothing while there is none."""
        timeline = self.timeline

        def seek(by_s: float) -> None:
            self.seek_requested.emit(min(max(0.0, timeline.playhead_s + by_s), timeline.duration_s))

        steps = {spoken.INCREASE: _SPOKEN_STEP_S, spoken.DECREASE: -_SPOKEN_STEP_S}
        return {name: partial(seek, step) for name, step in steps.items()} if timeline.duration_s else {}

    # Geometry

    @property
    def plot_rect(self) -> QRect:
        return self.rect().adjusted(theme.GUTTER, 0, 0, 0)

    def x_of(self, time_s: float) -> float:
        t, rect = self.timeline, self.plot_rect
        return rect.left() + (time_s - t.start_s) / (t.end_s - t.start_s) * rect.width()

    def time_at(self, x: float) -> float:
        """Seconds at a pixel, inside the song."""
        t, rect = self.timeline, self.plot_rect
        time_s = t.start_s + (x - rect.left()) / max(1, rect.width()) * (t.end_s - t.start_s)
        return min(max(0.0, time_s), t.duration_s)

    # Painting

    def paint_content(self, painter: QPainter, rect: QRect) -> None:
        """Draws what lies under the loop shading and the playhead, clipped to `rect`."""

    def paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        """Draws the axis left of the content."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = self.plot_rect
        self.paint_gutter(painter, QRect(0, 0, theme.GUTTER, self.height()))
        painter.setClipRect(rect)
        self.paint_content(painter, rect)
        self._paint_region(painter, rect)
        colours = theme.current()
        x = self.x_of(self.timeline.playhead_s)
        if self.timeline.duration_s:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colours.colour("window", 140), 3.0))
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom() + 1))
            painter.setPen(QPen(colours.colour("accent"), 1.5))
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom() + 1))

    def _paint_region(self, painter: QPainter, rect: QRect) -> None:
        region = self.timeline.region
        if region is None:
            return
        colours = theme.current()
        left, right = self.x_of(region[0]), self.x_of(region[1])
        if self.timeline.looping:
            shade = colours.colour("window", 120)
            painter.fillRect(QRect(rect.left(), 0, max(0, int(left) - rect.left()), rect.height()), shade)
            painter.fillRect(
                QRect(int(right), 0, max(0, rect.right() + 1 - int(right)), rect.height()), shade
            )
        painter.setPen(QPen(colours.colour("accent" if self.timeline.looping else "muted", 200), 1))
        for x in (left, right):
            painter.drawLine(QPointF(x, 0), QPointF(x, rect.height()))

    def _on_playhead_moved(self, before: float, after: float) -> None:
        for time_s in (before, after):
            self.update(int(self.x_of(time_s)) - 3, 0, 7, self.height())

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.timeline.duration_s:
            self._pressed_at, self._dragging = event.position().x(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._pressed_at is None:
            self.hovered.emit(self.readout(event.position()))
            return
        if abs(x - self._pressed_at) >= _DRAG_PIXELS:
            self._dragging = True
        if self._dragging:
            ends = self.time_at(self._pressed_at), self.time_at(x)
            self._mark(ends if is_free(event) else self.timeline.on_bars(*ends))

    def _mark(self, region: tuple[float, float]) -> None:
        """A loop is being drawn."""
        timeline = self.timeline
        timeline.set_region(region, looping=True)
        start, end = timeline.region or region
        places = timeline.place(start), timeline.place(end)
        where = (
            tr("{start} to {end}", start=places[0], end=places[1])
            if all(places)
            else tr("{start:.2f} s to {end:.2f} s", start=start, end=end)
        )
        self.hovered.emit(
            tr("Loop {where}", where=where)
            + (tr("   (Shift: anywhere)") if timeline.grid is not None else "")
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed_at is not None:
            if not self._dragging:
                self.seek_requested.emit(self.time_at(event.position().x()))
            self._pressed_at = None

    def leaveEvent(self, event: object) -> None:
        self.hovered.emit("")

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        held = event.modifiers()
        span = self.timeline.end_s - self.timeline.start_s
        if held & Qt.KeyboardModifier.ControlModifier:
            self.timeline.zoom(0.8 ** (delta.y() / 120), self.time_at(event.position().x()))
        elif held & Qt.KeyboardModifier.ShiftModifier or abs(delta.x()) > abs(delta.y()):
            self.timeline.scroll(-(delta.x() or delta.y()) / 120 * span / 10)
        else:
            event.ignore()
            return
        event.accept()

    def readout(self, at: QPointF) -> str:
        """What the status line says for a point: time, bar and beat."""
        time_s = self.time_at(at.x())
        bar = self.timeline.place(time_s)
        return f"{time_s:.2f} s" + (f"   {bar}" if bar else "")
