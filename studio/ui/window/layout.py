"""Where every panel of the window stands. Layout only: the panels are wired by the main window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from studio.ui.appearance import theme
from studio.ui.appearance.widgets import tight
from studio.ui.comparing.candidate_list import CandidateList
from studio.ui.comparing.comp_strip import CompStrip
from studio.ui.comparing.list_header import ListHeader
from studio.ui.generating.request_panel import RequestPanel
from studio.ui.listening.analysis_panel import AnalysisPanel
from studio.ui.listening.stem_strip import StemStrip
from studio.ui.listening.transport_bar import TransportBar
from studio.ui.recording.live_take import LiveTake
from studio.ui.timeline.ruler import Ruler
from studio.ui.timeline.timeline import Timeline
from studio.ui.timeline.vocal_panel import VocalPanel
from studio.ui.window.empty_state import EmptyState

#: Between the window's edge and the panels, and between the columns.
_MARGIN = 12


class _Scroll(QScrollArea):
    """As high as what is in it wants to be now, or lower, with a bar in the margin."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self._inner = inner
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._inner and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)  # a scroll area watches what is in it too

    def _fit(self) -> None:
        self.setMaximumHeight(self._inner.sizeHint().height())


class Layout(QWidget):
    """Transport on top; vocal and candidates under one ruler; what was heard and what is wished on the right."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.strip = StemStrip()
        self.transport = TransportBar(timeline, self.strip)
        self.empty = EmptyState()
        self.live = LiveTake()
        self.ruler = Ruler(timeline)
        self.vocal = VocalPanel(timeline)
        self.candidates_header = ListHeader()
        self.comp = CompStrip(timeline)
        self.candidates = CandidateList(timeline)
        self.analysis = AnalysisPanel()
        self.request = RequestPanel()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._song = self._timelines()
        for page in (self._song, self.live):
            self._stack.addWidget(page)
        body = QHBoxLayout()
        body.setContentsMargins(_MARGIN, _MARGIN, 0, 8)
        body.setSpacing(_MARGIN)
        body.addWidget(self._stack, 1)
        body.addWidget(self._side())
        column = QVBoxLayout(self)
        tight(column, spacing=0)
        column.addWidget(self.transport)
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
        timelines = QWidget()
        column = QVBoxLayout(timelines)
        tight(column, spacing=theme.UNIT * 2)
        # The list takes the height it wants, the vocal the rest.
        column.addLayout(upper, 1)
        column.addWidget(self.candidates_header)
        column.addWidget(self.comp)
        column.addWidget(self.candidates)
        return timelines

    def _side(self) -> QWidget:
        # In a low window the analysis scrolls, its bar in the margin, and Generate stays in sight.
        scroll = _Scroll(self.analysis)
        self.analysis.setFixedWidth(theme.SIDE_WIDTH)
        self.request.setFixedWidth(theme.SIDE_WIDTH)
        side = QWidget()
        side.setFixedWidth(theme.SIDE_WIDTH + _MARGIN)
        column = QVBoxLayout(side)
        tight(column, spacing=theme.UNIT * 2)
        column.addWidget(scroll, 1)
        column.addWidget(self.request)
        column.addStretch(0)
        return side
