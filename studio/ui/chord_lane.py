"""One bar, one chord: the harmony above a spectrogram, with bar numbers where they fit, editable where it is yours."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QLineEdit

from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key
from studio.ui import theme
from studio.ui.timeline import Timeline, TimelineView

HEIGHT = 24


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
    """Shows chords; with `editable`, a double click opens a field and `chord_edited` gives (bar index, chord)."""

    chord_edited = Signal(int, object)

    def __init__(self, timeline: Timeline, *, editable: bool = False) -> None:
        super().__init__(timeline)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Chords")
        self.editable = editable
        if editable:
            self.setToolTip("Double-click a chord to change it")
        self._grid: BeatGrid | None = None
        self._names: tuple[str, ...] = ()
        self._key: Key | None = None
        self._editor: _ChordField | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What is written in each bar, for tests and screen readers."""
        return self._names

    def set_chords(self, grid: BeatGrid, chords: tuple[Chord, ...], key: Key) -> None:
        """One chord a bar of the grid."""
        self._grid, self._key = grid, key
        self._names = tuple(chord.name(key) for chord in chords)
        self.update()

    def clear(self) -> None:
        self._grid, self._names = None, ()
        self.update()

    def _bars(self) -> list[tuple[int, float, float]]:
        """(index, start, end) in seconds of each bar with a chord."""
        if self._grid is None:
            return []
        edges = (*self._grid.downbeats_s, self._grid.times_s[-1])
        return [(i, edges[i], edges[i + 1]) for i in range(min(len(self._names), len(edges) - 1))
                if edges[i + 1] > edges[i]]  # fmt: skip

    def paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(theme.current().colour("muted"))
        painter.drawText(
            rect.adjusted(0, 0, -6, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "chord"
        )

    def paint_content(self, painter: QPainter, rect: QRect) -> None:
        colours = theme.current()
        fonts = [QFont(self.font()), QFont(self.font())]
        for font, size in zip(fonts, (12, 9), strict=True):
            font.setPixelSize(size)
            font.setWeight(QFont.Weight.DemiBold)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        visible = []
        for index, start, end in self._bars():
            left, right = self.x_of(start), self.x_of(end)
            if right < rect.left() or left > rect.right():
                continue
            now = start <= self.timeline.playhead_s < end
            visible.append((index, left, right, now))
            box = QRectF(left + 1, 2, max(1.0, right - left - 2), HEIGHT - 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("accent", 60) if now else colours.colour("hover"))
            painter.drawRoundedRect(box, 3, 3)
        # Names come after all boxes, since one may run on into the next bar.
        shown_until = -1.0
        for index, left, right, now in visible:
            visible_left = max(left, float(rect.left()))
            # A name wider than its bar may run on over bars of the same chord, never over another's name.
            room = max(min(right, rect.right()), self._same_until(index)) - visible_left
            for font in fonts:
                metrics = QFontMetricsF(font)
                width, inset = metrics.horizontalAdvance(self._names[index]), 5 if font is fonts[0] else 2
                if width + inset + 2 <= room and visible_left + inset >= shown_until:
                    painter.setFont(font)
                    painter.setPen(QPen(colours.colour("accent" if now else "text")))
                    at = QPointF(visible_left + inset, HEIGHT / 2 + metrics.capHeight() / 2)
                    painter.drawText(at, self._names[index])
                    shown_until = visible_left + inset + width + 4
                    break

    def _same_until(self, index: int) -> float:
        """The pixel at which the chord of a bar gives way to another."""
        bars = self._bars()
        last = index
        while last + 1 < len(bars) and self._names[last + 1] == self._names[index]:
            last += 1
        return min(self.x_of(bars[last][2]), float(self.plot_rect.right()))

    def _on_playhead_moved(self, before: float, after: float) -> None:
        bars = self._bars()
        changed = next((b for b in bars if b[1] <= before < b[2]), None) != next(
            (b for b in bars if b[1] <= after < b[2]), None
        )
        if changed:
            self.update()
        else:
            super()._on_playhead_moved(before, after)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        time_s = self.time_at(event.position().x())
        bar = next((b for b in self._bars() if b[1] <= time_s < b[2]), None)
        if self.editable and bar is not None:
            self.edit_bar(bar[0])

    def edit_bar(self, index: int) -> None:
        """Opens a field over one bar; Enter accepts, Escape or leaving it does not."""
        self._close_editor()
        _, start, end = self._bars()[index]
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
        self.chord_edited.emit(index, chord)

    def _close_editor(self) -> None:
        editor, self._editor = self._editor, None
        if editor is not None:
            editor.blockSignals(True)
            editor.deleteLater()
