"""One bar, one chord: the harmony above a spectrogram, with bar numbers where they fit, editable where it is yours."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QLineEdit

from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.core.music import Chord, Key
from studio.ui.appearance import spoken, theme
from studio.ui.timeline.timeline import Timeline, TimelineView

HEIGHT = 24
#: Pixels: how close to a bar line the mouse takes it, and how wide a bar must be for that.
_GRIP, _WIDE_ENOUGH = 4, 28


class _ChordField(QLineEdit):
    """Tells when it is left without Enter; editingFinished would not tell the one from the other."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class ChordLane(TimelineView):
    """Shows chords; with `editable`, a double click opens a field and `chord_edited` gives (bar index, chord), and a
    dragged bar line gives `bars_moved` by how many beats."""

    chord_edited = Signal(int, object)
    bars_moved = Signal(float)

    def __init__(self, timeline: Timeline, *, editable: bool = False) -> None:
        super().__init__(timeline)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(tr("Chords"))
        self.editable = editable
        self.fix_chords("")
        self._grid: BeatGrid | None = None
        self._names: tuple[str, ...] = ()
        #: Seconds: where each bar with a chord begins, and the end of the last; empty without.
        self._edges = np.zeros(0)
        #: For each of these bars the last of those that follow with the same chord.
        self._same: list[int] = []
        self._widths: dict[tuple[int, str], float] = {}
        self._key: Key | None = None
        self._editor: _ChordField | None = None
        self._veiled = False
        self._why_none = ""
        #: Seconds: the bar line that is being dragged, and where it is now.
        self._dragged: tuple[float, float] | None = None

    def spoken_value(self) -> str:
        bar = self._bar_at(self.timeline.playhead_s)
        if self._veiled:
            return tr("hidden while the comparison is blind")
        if not self._names:
            return self._why_none or tr("no chords yet")
        return (
            tr("{names} at the playhead", names=self._names[bar])
            if bar is not None
            else tr("no chord at the playhead")
        )

    def spoken_actions(self) -> Mapping[str, Callable[[], object]]:
        edit = {spoken.PRESS: self.edit_here} if self.editable and not self._why_fixed else {}
        return {**super().spoken_actions(), **edit}

    def edit_here(self) -> None:
        """The chord at the playhead, where it can be changed."""
        bar = self._bar_at(self.timeline.playhead_s)
        if self._why_fixed:
            self.hovered.emit(self._why_fixed)
        elif self.editable and bar is not None:
            self.edit_bar(bar)

    def fix_chords(self, why: str) -> None:
        """Chords cannot be edited, for this reason; "" lets them be edited in a lane that is editable."""
        self._why_fixed = why
        if self.editable:
            self.setToolTip(why or tr("Double-click a chord to change it; drag a bar line to move them all"))

    @property
    def names(self) -> tuple[str, ...]:
        """What is written in each bar, for tests and screen readers."""
        return () if self._veiled else self._names

    def set_veiled(self, veiled: bool) -> None:
        """Hides the chords, and where they change."""
        self._veiled = veiled
        self.update()

    def show_none(self, why: str) -> None:
        """Says in the lane that there are no chords, and in its tool tip why."""
        self.clear()
        self._why_none = why
        self.setToolTip(why)

    def set_chords(self, grid: BeatGrid, chords: tuple[Chord, ...], key: Key) -> None:
        """One chord a bar of the grid."""
        self._grid, self._key = grid, key
        self._names = tuple(chord.name(key) for chord in chords)
        edges = np.array([*grid.downbeats_s, grid.times_s[-1]])
        # A grid may end on a bar line, or have more bars than chords.
        bars = min(len(self._names), len(edges) - 1 - int(edges[-1] <= edges[-2]))
        self._edges = edges[: bars + 1]
        self._same = list(range(bars))
        for bar in range(bars - 2, -1, -1):
            if self._names[bar + 1] == self._names[bar]:
                self._same[bar] = self._same[bar + 1]
        self.update()

    def clear(self) -> None:
        self._grid, self._names = None, ()
        self._edges, self._same = np.zeros(0), []
        self.update()

    def _bar_at(self, time_s: float) -> int | None:
        """The bar with a chord at a time."""
        bar = int(np.searchsorted(self._edges, time_s, side="right")) - 1
        return bar if not self._veiled and 0 <= bar < len(self._edges) - 1 else None

    def paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(theme.current().colour("muted"))
        painter.drawText(
            rect.adjusted(0, 0, -6, 0),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            tr("chord"),
        )

    def paint_content(self, painter: QPainter, rect: QRect) -> None:
        colours = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(self._edges) and not self._veiled:
            self._paint_chords(painter, rect)
        elif self._why_none and not self._veiled:
            font = QFont(self.font())
            font.setPixelSize(11)
            painter.setFont(font)
            painter.setPen(colours.colour("muted"))
            painter.drawText(rect.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, tr("no chords"))
        if self._dragged is not None:
            x = self.x_of(self._dragged[1])
            painter.setPen(QPen(colours.colour("warning"), 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, HEIGHT))

    def _paint_chords(self, painter: QPainter, rect: QRect) -> None:
        colours, timeline = theme.current(), self.timeline
        fonts = [QFont(self.font()), QFont(self.font())]
        for font, size in zip(fonts, (12, 9), strict=True):
            font.setPixelSize(size)
            font.setWeight(QFont.Weight.DemiBold)
        metrics = [QFontMetricsF(font) for font in fonts]
        scale = rect.width() / (timeline.end_s - timeline.start_s)
        pixels = (rect.left() + (self._edges - timeline.start_s) * scale).tolist()
        first = max(0, int(np.searchsorted(self._edges, timeline.start_s, side="right")) - 1)
        last = min(len(pixels) - 1, int(np.searchsorted(self._edges, timeline.end_s)))
        now = self._bar_at(timeline.playhead_s)
        painter.setPen(Qt.PenStyle.NoPen)
        for bar in range(first, last):
            painter.setBrush(colours.colour("accent", 60) if bar == now else colours.colour("hover"))
            width = max(1.0, pixels[bar + 1] - pixels[bar] - 2)
            painter.drawRoundedRect(QRectF(pixels[bar] + 1, 2, width, HEIGHT - 4), 3, 3)
        # Names come after all boxes, since one may run on into the next bar.
        shown_until = -1.0
        for bar in range(first, last):
            left = max(pixels[bar], float(rect.left()))
            # A name wider than its bar may run on over bars of the same chord, never over another's name.
            room = min(pixels[self._same[bar] + 1], float(rect.right())) - left
            for index, inset in ((0, 5), (1, 2)):
                width = self._width(index, metrics[index], self._names[bar])
                if width + inset + 2 <= room and left + inset >= shown_until:
                    painter.setFont(fonts[index])
                    painter.setPen(QPen(colours.colour("accent" if bar == now else "text")))
                    at = QPointF(left + inset, HEIGHT / 2 + metrics[index].capHeight() / 2)
                    painter.drawText(at, self._names[bar])
                    shown_until = left + inset + width + 4
                    break

    def _width(self, font: int, metrics: QFontMetricsF, name: str) -> float:
        """Pixels of a name; measuring takes longer than painting."""
        if (font, name) not in self._widths:
            self._widths[font, name] = metrics.horizontalAdvance(name)
        return self._widths[font, name]

    def _bar_line_at(self, x: float) -> float | None:
        """The time of the bar line under the mouse, where bars are wide enough to leave room between."""
        if self._veiled or len(self._edges) < 2:
            return None
        bar = int(np.argmin(np.abs(self._edges[:-1] - self.time_at(x))))
        start, end = float(self._edges[bar]), float(self._edges[bar + 1])
        wide = self.x_of(end) - self.x_of(start) >= _WIDE_ENOUGH
        return start if wide and abs(self.x_of(start) - x) <= _GRIP else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = self._bar_line_at(event.position().x()) if self.editable else None
        if line is not None and event.button() == Qt.MouseButton.LeftButton:
            self._dragged = (line, line)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._dragged is not None:
            self._dragged = (self._dragged[0], self.time_at(x))
            self.hovered.emit(tr("Bar line to {dragged:.2f} s", dragged=self._dragged[1]))
            self.update()
            return
        on_line = self.editable and self._pressed_at is None and self._bar_line_at(x) is not None
        self.setCursor(Qt.CursorShape.SplitHCursor if on_line else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragged, self._dragged = self._dragged, None
        if dragged is None or self._grid is None:
            super().mouseReleaseEvent(event)
            return
        self.update()
        before, after = (float(beat) for beat in self._grid.beat_of(dragged))
        if abs(self.x_of(dragged[1]) - self.x_of(dragged[0])) >= _GRIP:
            self.bars_moved.emit(after - before)

    def _on_playhead_moved(self, before: float, after: float) -> None:
        if self._bar_at(before) != self._bar_at(after):
            self.update()
        else:
            super()._on_playhead_moved(before, after)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        bar = self._bar_at(self.time_at(event.position().x()))
        if self.editable and not self._why_fixed and bar is not None:
            self.edit_bar(bar)

    def edit_bar(self, index: int) -> None:
        """Opens a field over one bar; Enter accepts, Escape or leaving it does not."""
        self._close_editor()
        start, end = float(self._edges[index]), float(self._edges[index + 1])
        editor = _ChordField(self._names[index], self)
        left = max(float(self.plot_rect.left()), self.x_of(start))
        editor.setGeometry(int(left), 0, max(72, int(self.x_of(end) - left)), HEIGHT)
        editor.setStyleSheet("padding: 0 4px; min-height: 0;")
        editor.selectAll()
        editor.returnPressed.connect(lambda: self._accept(index, editor))
        editor.left.connect(self._close_editor)
        self._editor = editor
        editor.show()
        editor.setFocus()

    def _accept(self, index: int, editor: _ChordField) -> None:
        try:
            chord = Chord.parse(editor.text())
        except StudioError as error:
            editor.setToolTip(str(error))
            self.hovered.emit(str(error))
            editor.selectAll()
            return
        self._close_editor()
        self.hovered.emit("")
        self.chord_edited.emit(index, chord)

    def _close_editor(self) -> None:
        editor, self._editor = self._editor, None
        if editor is not None:
            editor.blockSignals(True)
            editor.deleteLater()
