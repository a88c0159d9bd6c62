"""Where every panel of the window stands. Layout only: the panels are wired by the main window.

Choices: what is heard and wished folds away in a narrow window and the meters in a low one, each until it is asked for;
what still does not fit scrolls. The list has the height of four candidates whether they are there or not, or what the
handle above it gives it, and the vocal the rest: nothing moves when a request begins or a candidate comes.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from studio.ui.appearance import theme
from studio.ui.appearance.scrolling import Column, FittingScroll, Pages, PageScroll
from studio.ui.appearance.widgets import tight
from studio.ui.comparing.candidate_list import CandidateList
from studio.ui.comparing.comp_strip import CompStrip
from studio.ui.comparing.list_header import ListHeader
from studio.ui.generating.request_panel import RequestPanel
from studio.ui.listening.analysis_panel import AnalysisPanel
from studio.ui.listening.stem_strip import StemStrip
from studio.ui.listening.transport_bar import TransportBar
from studio.ui.metering.loudness_panel import LoudnessPanel
from studio.ui.recording.live_take import LiveTake
from studio.ui.timeline.ruler import Ruler
from studio.ui.timeline.timeline import Timeline
from studio.ui.timeline.vocal_panel import VocalPanel
from studio.ui.window.empty_state import EmptyState

#: Between the window's edge and the panels, and between the columns.
_MARGIN = 12
#: Of what was heard so much stays in sight, pixels: tempo, taps and key, where the window is high enough chords too.
_LEAST_HEARD, _LEAST_HEARD_HIGH, _HIGH = 192, 240, 740
#: A window narrower or lower than this has little room: pixels of what is below the menu.
_NARROW, _LOW = 980, 560


class Layout(QWidget):
    """Transport and meters on top; vocal and candidates under one ruler; what was heard and is wished on the right."""

    #: Whether the side, and whether the meters, are to be seen now.
    side_shown = Signal(bool)
    #: The side was asked for, or folded away, by hand: whether the window is narrow, and whether it is to be seen.
    side_wanted = Signal(bool, bool)
    meters_shown = Signal(bool)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.strip = StemStrip()
        self.transport = TransportBar(timeline, self.strip)
        self.meters = LoudnessPanel()
        self._is_narrow = self._is_low = False
        self._wants_meters = True
        #: Whether the side is to be seen, in a narrow window and in others.
        self._wants_side = {True: False, False: True}
        self.empty = EmptyState()
        self.live = LiveTake()
        self.ruler = Ruler(timeline)
        self.vocal = VocalPanel(timeline)
        self.candidates_header = ListHeader()
        self.comp = CompStrip(timeline)
        self.candidates = CandidateList(timeline)
        self.analysis = AnalysisPanel()
        self.request = RequestPanel()
        self._stack = Pages()
        self._stack.addWidget(self.empty)
        self._song = self._timelines()
        for page in (self._song, self.live):
            self._stack.addWidget(page)
        body = QHBoxLayout()
        body.setContentsMargins(_MARGIN, _MARGIN, 0, 8)
        body.setSpacing(_MARGIN)
        body.addWidget(self._stack, 1)
        self._side = self._side_column()
        body.addWidget(self._side)
        column = QVBoxLayout(self)
        tight(column, spacing=0)
        column.addWidget(self.transport)
        column.addWidget(self.meters)
        column.addLayout(body, 1)

    @property
    def is_empty(self) -> bool:
        return self._stack.currentWidget() is not self._song

    def show_vocal(self) -> None:
        """The invitation gives way to the timelines."""
        self._stack.setCurrentWidget(self._song)

    def show_live(self, live: bool) -> None:
        """While no song is open, what is being recorded in place of the invitation."""
        if self.is_empty:
            self._stack.setCurrentWidget(self.live if live else self.empty)

    # What folds

    @property
    def shows_side(self) -> bool:
        return not self._side.isHidden()

    @property
    def shows_meters(self) -> bool:
        return not self.meters.isHidden()

    def show_side(self, shown: bool) -> None:
        """What was heard and what is wished: there or folded away, in windows that are narrow or not, as this one."""
        self._wants_side[self._is_narrow] = shown
        self._show_side(shown)
        self.side_wanted.emit(self._is_narrow, shown)

    def want_side(self, narrow: bool, shown: bool) -> None:
        """Whether it is to be seen in a narrow window, or in others."""
        self._wants_side[narrow] = shown
        self._show_side(self._wants_side[self._is_narrow])

    def _show_side(self, shown: bool) -> None:
        self._side.setVisible(shown)
        self.side_shown.emit(shown)

    def show_meters(self, shown: bool) -> None:
        """The meters, now and whenever there is room for them."""
        self._wants_meters = shown
        self._show_meters(shown)

    @property
    def wants_meters(self) -> bool:
        """Whether they are to be seen where there is room."""
        return self._wants_meters

    def _show_meters(self, shown: bool) -> None:
        self.meters.setVisible(shown)
        self.meters_shown.emit(shown)

    def fit_to(self, room: QSize) -> None:
        """The window has this much room for the panels now; each stays as it was folded by hand until that turns out to
        be too little or enough. The side is then as it was the last time there was so much."""
        narrow, low = room.width() < _NARROW, room.height() < _LOW
        self._heard.set_least(_LEAST_HEARD if room.height() < _HIGH else _LEAST_HEARD_HIGH)
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self._show_side(self._wants_side[narrow])
        if low != self._is_low:
            self._is_low = low
            self._show_meters(self._wants_meters and not low)

    def _timelines(self) -> QWidget:
        ruler_row = QHBoxLayout()
        tight(ruler_row, spacing=0)
        # The frame of a row and its layout take a pixel each on either side.
        ruler_row.addSpacing(theme.HEADER_WIDTH + 2)
        ruler_row.addWidget(self.ruler, 1)
        ruler_row.addSpacing(2)
        upper = QVBoxLayout()
        # The list below keeps room for its scroll bar: all time axes end on the same pixel.
        upper.setContentsMargins(0, 0, theme.SCROLL_BAR, 0)
        upper.setSpacing(0)
        upper.addLayout(ruler_row)
        upper.addWidget(self.vocal, 1)
        above, below = QWidget(), QWidget()
        above.setLayout(upper)
        lower = QVBoxLayout(below)
        tight(lower, spacing=theme.UNIT * 2)
        lower.addWidget(self.candidates_header)
        lower.addWidget(self.comp)
        lower.addWidget(self.candidates, 1)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(theme.UNIT * 2)
        for part, stretch in ((above, 1), (below, 0)):
            self.split.addWidget(part)
            self.split.setStretchFactor(self.split.count() - 1, stretch)
        return self.split

    def _side_column(self) -> QWidget:
        # In a low window what was heard and what is wished scroll, and Generate stays in sight. What was heard gives
        # way first, down to its first fields, then the wishes.
        self.analysis.setFixedWidth(theme.SIDE_WIDTH)
        self.request.setFixedWidth(theme.SIDE_WIDTH)
        side = Column()
        side.setFixedWidth(theme.SIDE_WIDTH + _MARGIN)
        column = QVBoxLayout(side)
        tight(column, spacing=theme.UNIT * 2)
        self._heard = FittingScroll(self.analysis, least=_LEAST_HEARD)
        column.addWidget(self._heard, 1)
        column.addWidget(self.request)
        column.addStretch(0)
        return side


class SongPage(PageScroll):
    """The panels, which are told how much room there is."""

    def __init__(self, panels: Layout) -> None:
        super().__init__(panels)
        self._panels = panels
        self.setFocusProxy(panels)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._panels.fit_to(event.size())
        super().resizeEvent(event)
