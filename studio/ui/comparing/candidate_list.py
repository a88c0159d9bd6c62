"""The candidates under the vocal, one row each: families together, or in an order that tells nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from studio.core.candidate import Candidate
from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.core.opinion import Opinion, blind_label
from studio.core.project import Project
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import frame, label, set_state, tight
from studio.ui.comparing.candidate_row import HEIGHT, CandidateRow
from studio.ui.comparing.told_beats import told_beats
from studio.ui.timeline.timeline import Timeline

_SPACING = theme.UNIT * 2
#: So many rows are to be seen at once, if the window is high enough.
_ROWS_IN_SIGHT = 4


class CandidateList(QScrollArea):
    """Emits what the rows emit, and what their views hover and seek."""

    selected = Signal(int)
    asked = Signal(str, int)
    seek_requested = Signal(float)
    hovered = Signal(str)
    #: The waveforms of this one's stems are to be seen, and are not there.
    stems_wanted = Signal(int)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self._timeline = timeline
        self.rows: dict[int, CandidateRow] = {}
        #: The row to be scrolled to.
        self._wanted = 0
        self._waveforms = self._stems = False
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
        self._invitation = label("", "title", wrap=True), label("", "muted", wrap=True)
        for text in self._invitation:
            text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            invitation.addWidget(text)
        invitation.addStretch(1)
        self.show_doing("")
        self._column.addWidget(self.invitation, 1)
        self._column.addStretch(0)
        self.setWidget(inner)

    def sizeHint(self) -> QSize:
        rows = _ROWS_IN_SIGHT * (HEIGHT + _SPACING) - _SPACING
        return QSize(super().sizeHint().width(), rows)

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), HEIGHT)

    def show_doing(self, doing: str) -> None:
        """What goes on while there is no candidate yet; "" invites to ask for some."""
        title, text = self._invitation
        title.setText(tr("The first band is on its way") if doing else tr("No accompaniments yet"))
        invitation = tr("Correct what was heard if need be, say what you want, then press Generate (G).")
        text.setText(doing or invitation)

    def clear(self) -> None:
        for row in self.rows.values():
            self._column.removeWidget(row)
            row.deleteLater()
        self.rows = {}
        self.invitation.show()

    def add(self, candidate: Candidate) -> CandidateRow:
        """Appends a row; `show_state` puts it where it belongs. What is selected stays selected."""
        row = CandidateRow(candidate, self._timeline)
        self.rows[candidate.number] = row
        self.invitation.hide()
        self._column.insertWidget(self._column.count() - 1, row)
        self._column.setStretch(self._column.count() - 1, 1)
        row.spectrogram.show_waveform(self._waveforms)
        row.selected.connect(self.selected)
        row.asked.connect(self.asked)
        for view in row.views:
            view.seek_requested.connect(self.seek_requested)
            view.hovered.connect(self.hovered)
        if self._stems:
            self._show_stems(row)
        return row

    def show_stems(self, shown: bool) -> None:
        """The waveforms of the stems in all rows, also those to come; or none."""
        self._stems = shown
        for row in self.rows.values():
            self._show_stems(row)

    def _show_stems(self, row: CandidateRow) -> None:
        row.show_stems(self._stems)
        if self._stems and not row.stems.waveforms:
            self.stems_wanted.emit(row.number)

    def remove(self, number: int) -> None:
        """A candidate that was taken back."""
        row = self.rows.pop(number, None)
        if row is not None:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.invitation.setVisible(not self.rows)

    def show_waveforms(self, waveforms: bool) -> None:
        """In all rows, also those to come; else their spectrograms."""
        self._waveforms = waveforms
        for row in self.rows.values():
            row.spectrogram.show_waveform(waveforms)

    @property
    def in_sight(self) -> list[int]:
        """The numbers of the rows that are shown, from the top."""
        return [number for number, row in self.rows.items() if not row.isHidden()]

    def neighbour(self, number: int | None, direction: int) -> int | None:
        """The candidate above (-1) or below (1); the first or last itself at the ends, or from nowhere."""
        numbers = self.in_sight
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
            self.reveal(number)

    def reveal(self, number: int) -> None:
        """Scrolls so far that a row is seen; what is selected and has the focus stays so."""
        # Rows that were just added have their places once the layout was done.
        self._wanted = number
        QTimer.singleShot(0, self, self._reveal)

    def _reveal(self) -> None:
        row = self.rows.get(self._wanted)
        if row is not None and not row.isHidden():
            self.ensureWidgetVisible(row, 0, 8)

    def show_state(
        self,
        project: Project,
        seen: Mapping[int, tuple[Opinion, bool]],
        hidden: Collection[int],
        *,
        grid: BeatGrid | None = None,
        pictures: bool = True,
    ) -> None:
        """The blind order or the usual one, what may be seen of what was said, and which rows are out of sight.

        Args:
            seen: by candidate, the opinion and whether it is the pick.
            grid: how the song is counted now; None while nobody knows.
            pictures: whether a blind comparison leaves the pictures in sight.
        """
        blind = project.blind
        if blind is None:
            self._arrange(self._families())
        else:
            self._arrange([number for number in blind if number in self.rows])
        for place, (number, row) in enumerate(self.rows.items()):
            opinion, picked = seen[number]
            row.show_opinion(opinion, picked=picked)
            row.show_blind(None if blind is None else blind_label(place))
            for picture in (row.spectrogram, row.stems):
                picture.set_veiled(blind is not None and not pictures)
            row.setVisible(number not in hidden)
        counted = {n: row.grid for n, row in self.rows.items() if n not in hidden}
        for number, beat in told_beats(counted, grid).items():
            self.rows[number].show_beat(beat)

    def follow_in_focus(self, before: QWidget) -> None:
        """Tab goes on from a widget to the rows' buttons, from the top, and then to what followed the widget."""
        for row in self.rows.values():
            for button in row.buttons:
                QWidget.setTabOrder(before, button)
                before = button

    def _families(self) -> list[int]:
        """The numbers in the usual order: as they came, but each below its parent and elder siblings."""
        order: list[int] = []
        for number in sorted(self.rows):
            place, family = len(order), {self.rows[number].parent_number}
            for index, other in enumerate(order):
                if other in family or self.rows[other].parent_number in family:
                    family.add(other)
                    place = index + 1
            order.insert(place, number)
        return order

    def _arrange(self, order: list[int]) -> None:
        if order == list(self.rows):
            return
        self.rows = {number: self.rows[number] for number in order}
        first = self._column.indexOf(self.invitation) + 1
        for place, row in enumerate(self.rows.values()):
            self._column.insertWidget(first + place, row)
