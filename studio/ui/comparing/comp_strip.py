"""Who plays where, while a comp of candidates is put together: one coloured block a range, on the time axis."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.core.band_ranges import BandComp
from studio.core.change_words import told_change
from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import IconButton, label, small_button, tight
from studio.ui.timeline.timeline import Timeline, TimelineView

_HEIGHT = 22
#: Degrees of hue from one candidate to the next: neighbours are far apart.
_HUE_STEP = 137


class _Blocks(TimelineView):
    """A click chooses nothing: it moves the playhead, and a drag marks a range, as everywhere."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self.setFixedHeight(_HEIGHT)
        self._comp: BandComp | None = None
        self._grid: BeatGrid | None = None
        self.setAccessibleName(tr("Who plays where"))

    def spoken_value(self) -> str:
        comp, grid = self._comp, self._grid
        return told_change(comp.text(grid)) if comp is not None and grid is not None else tr("no comp")

    def show_comp(self, comp: BandComp | None, grid: BeatGrid | None) -> None:
        self._comp, self._grid = comp, grid
        self.setToolTip(self.spoken_value())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    def paint_content(self, painter: QPainter, rect: QRect) -> None:
        if self._comp is None or self._grid is None:
            return
        edges = [*self._grid.downbeats_s, self._grid.times_s[-1]]
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for start, end, number in self._comp.ranges():
            left, right = self.x_of(edges[start]), self.x_of(edges[min(end, len(edges) - 1)])
            block = QRectF(left + 0.5, 3, max(1.0, right - left - 1), _HEIGHT - 6)
            colour = candidate_colour(number)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(block, 3, 3)
            painter.setPen(QColor("#101216" if colour.lightness() > 120 else "#ffffff"))
            inside = block.intersected(QRectF(rect)).adjusted(6, 0, -2, 0)
            if inside.width() > 10:
                painter.drawText(
                    inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, str(number)
                )


class CompStrip(QWidget):
    """Hidden while there is no comp. Emits `make_wanted` and `clear_wanted`."""

    make_wanted = Signal()
    clear_wanted = Signal()

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.blocks = _Blocks(timeline)
        self.make = small_button("", "")
        self.clear = IconButton("close", tr("Leave this comp"), size=14, role="muted")
        side = QWidget()
        side.setFixedWidth(theme.HEADER_WIDTH + 2)
        buttons = QHBoxLayout(side)
        tight(buttons, spacing=4)
        buttons.addWidget(label(tr("COMP"), "section"))
        buttons.addWidget(self.make, 1)
        buttons.addWidget(self.clear)
        row = QHBoxLayout(self)
        tight(row, spacing=0)
        row.addWidget(side)
        row.addWidget(self.blocks, 1)
        row.addSpacing(2 + theme.SCROLL_BAR)
        self.make.clicked.connect(self.make_wanted)
        self.clear.clicked.connect(self.clear_wanted)
        self.hide()

    def show_comp(self, comp: BandComp | None, grid: BeatGrid | None, made: int | None = None) -> None:
        """What is chosen so far; None hides it.

        Args:
            made: the candidate that was made of it, which the button then turns to.
        """
        self.blocks.show_comp(comp, grid)
        known = made is not None
        text = tr("Made: candidate {number}", number=made) if known else tr("Make it")
        tip = (
            tr(
                "Candidate {number} is this comp: hear it (Shift+U). Choose other bars to make another",
                number=made,
            )
            if known
            else tr("Makes a candidate of the comp (Shift+U)")
        )
        self.make.setText(text)
        self.make.setToolTip(tip)
        self.make.setAccessibleName(tip)
        self.setVisible(comp is not None and grid is not None)


def candidate_colour(number: int) -> QColor:
    """The colour a candidate has in a comp."""
    light = theme.current().name == "light"
    return QColor.fromHsv((150 + _HUE_STEP * number) % 360, 120, 175 if light else 205)
