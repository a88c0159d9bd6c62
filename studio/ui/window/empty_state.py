"""What the window shows before the first vocal: an invitation to drop, open or record one, and a demo."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from studio.core.giving import check_metronome
from studio.core.language import tr
from studio.core.music import PLAYED_BPM
from studio.core.tempos import said_bpm
from studio.ui.appearance.number_fields import DecimalField
from studio.ui.appearance.widgets import icon, label, push, set_role, set_state
from studio.ui.listening.tap_button import TapButton
from studio.ui.window.recent_list import RecentList


class EmptyState(QFrame):
    """Emits `open_requested`, `demo_requested`, `record_requested`, `tempo_changed`, `message` with why a tempo is
    refused, and `withdrawn` with the same words once another is taken; the window handles drops."""

    open_requested = Signal()
    demo_requested = Signal()
    record_requested = Signal()
    tempo_changed = Signal(float)
    message = Signal(str)
    withdrawn = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "drop")
        self._picture = QLabel()
        self.title = label(tr("Drop a vocal here"), "hero")
        self.about = label(
            tr(
                "WAV, AIFF, FLAC, MP3 or OGG, two seconds to ten minutes. Backline listens and plays "
                "a band to it."
            ),
            "muted",
            wrap=True,
        )
        self.about.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.open = push(tr("Open vocal …"), icon_name="folder-open-outline", primary=True)
        self.demo = push(tr("Try the demo vocal"), icon_name="music-note-outline")
        self.record = push(tr("Record one"), icon_name="record")
        self.tempo = DecimalField(*PLAYED_BPM, unit=tr(" bpm"), check=check_metronome, said=said_bpm)
        self.tempo.setAccessibleName(tr("Tempo of the metronome"))
        self.tempo.setMinimumWidth(120)
        self.tap = TapButton()
        self.tap.setToolTip(tr("Tap four times or more in the tempo you want"))
        self.tap.setFixedHeight(28)
        for button in (self.open, self.record, self.demo):
            button.setMinimumHeight(36)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(1)
        for part in (self._picture, self.title):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.about)
        column.addSpacing(12)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        for button in (self.open, self.record, self.demo):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addSpacing(12)
        click = QHBoxLayout()
        click.setSpacing(8)
        click.addStretch(1)
        click.addWidget(label(tr("Record to a metronome at"), "muted"))
        click.addWidget(self.tempo)
        click.addWidget(self.tap)
        click.addStretch(1)
        column.addLayout(click)
        column.addSpacing(12)
        self.recent = RecentList()
        column.addWidget(self.recent, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.open.clicked.connect(self.open_requested)
        self.demo.clicked.connect(self.demo_requested)
        self.record.clicked.connect(self.record_requested)
        self.tempo.editingFinished.connect(lambda: self.tempo_changed.emit(self.tempo.value()))
        self.tempo.refused.connect(self.message)
        self.tempo.withdrawn.connect(self.withdrawn)
        self.tap.tapped.connect(self._on_tapped)
        self.refresh()

    def refresh(self) -> None:
        """Redraws the icons in the colours of the theme."""
        self._picture.setPixmap(icon("waveform", "accent").pixmap(QSize(56, 56)))
        self.open.setIcon(icon("folder-open-outline", "on_accent"))
        self.demo.setIcon(icon("music-note-outline"))
        self.record.setIcon(icon("record", "danger"))

    def show_tempo(self, tempo_bpm: float) -> None:
        self.tempo.setValue(tempo_bpm)

    def _on_tapped(self, tempo_bpm: float) -> None:
        self.tempo.setValue(tempo_bpm)
        self.tempo_changed.emit(self.tempo.value())

    def show_over(self, over: bool) -> None:
        """A file is being dragged above the window."""
        set_state(self, "over", over)
