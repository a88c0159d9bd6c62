"""The candidates under the vocal, one row each, in the order they were finished."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from studio.core.request import Candidate
from studio.ui import theme
from studio.ui.candidate_row import HEIGHT, CandidateRow
from studio.ui.timeline import Timeline
from studio.ui.widgets import frame, label, set_state, tight

_SPACING = theme.UNIT * 2
_INVITATION_HEIGHT = 200
#: So many rows are to be seen at once, if the window is high enough.
_ROWS_IN_SIGHT = 4


class Deck(QScrollArea):
    """Emits what the rows emit, and what their views hover and seek.

    Wants little height before there are candidates, when the vocal is what matters, and all it needs to compare
    four of them as soon as the first is there: later ones move nothing.
    """

    selected = Signal(int)
    picked = Signal(int)
    export_requested = Signal(int)
    seek_requested = Signal(float)
    hovered = Signal(str)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self._timeline = timeline
        self.rows: dict[int, CandidateRow] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there: the rows' time axis must not shift when the list grows beyond the window.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = self.verticalScrollBar()
        bar.setProperty("idle", True)
        bar.rangeChanged.connect(lambda low, high: set_state(bar, "idle", low == high))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        tight(self._column, spacing=_SPACING)
        self.invitation = frame("panel")
        invitation = QVBoxLayout(self.invitation)
        invitation.setSpacing(theme.UNIT * 2)
        invitation.addStretch(1)
        for text, role in (
            ("No accompaniments yet", "title"),
            ("Correct what was heard if need be, say what you want, then press Generate (G).", "muted"),
        ):
            invitation.addWidget(label(text, role), 0, Qt.AlignmentFlag.AlignHCenter)
        invitation.addStretch(1)
        self._column.addWidget(self.invitation, 1)
        self._column.addStretch(0)
        self.setWidget(inner)

    def sizeHint(self) -> QSize:
        rows = _ROWS_IN_SIGHT * (HEIGHT + _SPACING) - _SPACING
        return QSize(super().sizeHint().width(), rows if self.rows else _INVITATION_HEIGHT)

    def clear(self) -> None:
        for row in self.rows.values():
            self._column.removeWidget(row)
            row.deleteLater()
        self.rows = {}
        self.invitation.show()
        self.updateGeometry()

    def add(self, candidate: Candidate) -> CandidateRow:
        """Appends a row; what is selected stays selected."""
        row = CandidateRow(candidate, self._timeline)
        self.rows[candidate.number] = row
        self.invitation.hide()
        self.updateGeometry()
        self._column.insertWidget(self._column.count() - 1, row)
        self._column.setStretch(self._column.count() - 1, 1)
        row.selected.connect(self.selected)
        row.picked.connect(self.picked)
        row.export_requested.connect(self.export_requested)
        for view in (row.lane, row.spectrogram):
            view.seek_requested.connect(self.seek_requested)
            view.hovered.connect(self.hovered)
        return row

    def neighbour(self, number: int | None, direction: int) -> int | None:
        """The candidate above (-1) or below (1); the first or last itself at the ends, or from nowhere."""
        numbers = list(self.rows)
        if not numbers:
            return None
        if number in numbers:
            return numbers[min(max(0, numbers.index(number) + direction), len(numbers) - 1)]
        return numbers[0 if direction > 0 else -1]

    def show_selected(self, number: int | None) -> None:
        for row in self.rows.values():
            row.show_selected(row.number == number)
        if number in self.rows:
            self.ensureWidgetVisible(self.rows[number], 0, 8)

    def show_picked(self, number: int | None) -> None:
        for row in self.rows.values():
            row.show_picked(row.number == number)
