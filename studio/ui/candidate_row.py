"""One accompaniment: number, style and instruments on the left; its chords and spectrogram on the timeline."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from studio.core.arrangement import STEMS
from studio.core.request import DENSITIES, Candidate
from studio.ui import theme
from studio.ui.chord_lane import ChordLane
from studio.ui.spectrogram_view import Picture, SpectrogramView
from studio.ui.timeline import Timeline
from studio.ui.widgets import ElidedLabel, IconButton, label, set_role, set_state, style_title, tight

HEIGHT = 128


class CandidateRow(QFrame):
    """Emits its number: `selected` on a click, `picked` and `export_requested` from its buttons."""

    selected = Signal(int)
    picked = Signal(int)
    export_requested = Signal(int)

    def __init__(self, candidate: Candidate, timeline: Timeline) -> None:
        super().__init__()
        set_role(self, "row")
        self.setFixedHeight(HEIGHT)
        self.number = candidate.number
        arrangement = candidate.arrangement
        self.badge = label(str(self.number), "badge")
        self.badge.setFixedSize(24, 24)
        self.badge.setAlignment(self.badge.alignment() | Qt.AlignmentFlag.AlignHCenter)
        self.title = ElidedLabel(style_title(arrangement.style), "title")
        self.pick = IconButton("star-outline", "Pick this one (P)", checkable=True)
        self.export = IconButton("export-variant", "Export this candidate (Ctrl+E)", role="muted")
        names = [arrangement.parts[s].instrument for s in STEMS if s in arrangement.parts]
        self.instruments = label(", ".join(n for n in names if n != "none"), "muted", wrap=True)
        self.instruments.setAlignment(Qt.AlignmentFlag.AlignTop)
        density = candidate.settings.get("density")
        facts = [str(density)] if density in DENSITIES else []
        if "seed" in candidate.settings:
            facts.append(f"seed {candidate.settings['seed']}")
        self.facts = ElidedLabel(" · ".join(facts), "small")
        self.setAccessibleName(f"Candidate {self.number}, {arrangement.style}, {self.instruments.text()}")
        self.lane = ChordLane(timeline)
        self.spectrogram = SpectrogramView(timeline, message="Drawing …")
        self.lane.set_chords(arrangement.grid, arrangement.bar_chords(), arrangement.key)

        top = QHBoxLayout()
        tight(top, spacing=8)
        top.addWidget(self.badge)
        top.addWidget(self.title, 1)
        header = QVBoxLayout()
        header.setContentsMargins(12, 10, 8, 6)
        header.setSpacing(theme.UNIT)
        header.addLayout(top)
        header.addWidget(self.instruments, 1)
        bottom = QHBoxLayout()
        tight(bottom, spacing=2)
        bottom.addWidget(self.facts, 1)
        bottom.addWidget(self.export)
        bottom.addWidget(self.pick)
        header.addLayout(bottom)
        side = QFrame()
        side.setLayout(header)
        side.setFixedWidth(theme.HEADER_WIDTH)
        lanes = QVBoxLayout()
        tight(lanes, spacing=0)
        lanes.addWidget(self.lane)
        lanes.addWidget(self.spectrogram, 1)
        row = QHBoxLayout(self)
        tight(row, margin=1, spacing=0)
        row.addWidget(side)
        row.addLayout(lanes, 1)
        self.pick.clicked.connect(lambda: self.picked.emit(self.number))
        self.export.clicked.connect(lambda: self.export_requested.emit(self.number))
        for view in (self.lane, self.spectrogram):
            view.seek_requested.connect(lambda _: self.selected.emit(self.number))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.selected.emit(self.number)

    def show_picture(self, picture: Picture) -> None:
        self.spectrogram.set_picture(picture)

    def show_selected(self, selected: bool) -> None:
        set_state(self, "selected", selected)
        set_state(self.badge, "selected", selected)

    def show_picked(self, picked: bool) -> None:
        self.pick.setChecked(picked)
        self.pick.set_icon("star" if picked else "star-outline")
