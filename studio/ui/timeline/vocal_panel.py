"""The vocal: its name and format on the left, its chord lane and spectrogram on the timeline."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from studio.core.engines import EngineKind
from studio.dsp.spectrogram import Scale
from studio.services.project.song import Song
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import ElidedLabel, Segments, label, set_role, tight
from studio.ui.timeline.chord_lane import ChordLane
from studio.ui.timeline.spectrogram_view import Picture, SpectrogramView
from studio.ui.timeline.timeline import Timeline

#: What all pictures show: a spectrogram on one of three frequency axes, or the waveform.
SCALES: tuple[tuple[str, Scale], ...] = (("Mel", "mel"), ("Log", "log"), ("Linear", "linear"))
WAVE = "wave"


class VocalPanel(QFrame):
    """Emits `scale_changed` ('mel', 'log', 'linear' or WAVE) for all pictures, `chord_edited` (bar, chord), and
    `bars_moved` (beats) when a bar line was dragged."""

    scale_changed = Signal(object)
    chord_edited = Signal(int, object)
    bars_moved = Signal(float)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        set_role(self, "panel")
        self.lane = ChordLane(timeline, editable=True)
        self.spectrogram = SpectrogramView(timeline)
        self.spectrogram.setMinimumHeight(96)
        self.lane.setAccessibleName("Vocal: chords")
        self.spectrogram.setAccessibleName("Vocal: picture")
        self.name = ElidedLabel("", "title")
        self.format = label("", "muted")
        self.level = label("", "muted")
        self.warning = label("", "warning", wrap=True)
        self.warning.hide()
        self.scales = Segments((*SCALES, ("Wave", WAVE)), name="Picture")
        self.scales.chosen.connect(self.scale_changed)

        header = QVBoxLayout()
        header.setContentsMargins(12, 8, 12, 8)
        header.setSpacing(theme.UNIT)
        header.addWidget(label("VOCAL", "section"))
        header.addWidget(self.name)
        header.addWidget(self.format)
        header.addWidget(self.level)
        header.addWidget(self.warning)
        header.addStretch(1)
        header.addWidget(self.scales)
        lanes = QVBoxLayout()
        tight(lanes, spacing=0)
        lanes.addWidget(self.lane)
        lanes.addWidget(self.spectrogram, 1)
        row = QHBoxLayout(self)
        tight(row, margin=1, spacing=0)
        side = QFrame()
        side.setLayout(header)
        side.setFixedWidth(theme.HEADER_WIDTH)
        row.addWidget(side)
        row.addLayout(lanes, 1)
        self.lane.chord_edited.connect(self.chord_edited)
        self.lane.bars_moved.connect(self.bars_moved)
        self.setAcceptDrops(False)

    def show_engine(self, kind: EngineKind) -> None:
        """The lane's chords cannot be edited for an engine that does not heed them; its tool tip says why."""
        self.lane.fix_chords(kind.why_not_heeded("chords"))

    def show_vocal(self, song: Song) -> None:
        """Name, format and warnings of a new vocal; its picture and analysis come later."""
        vocal, audio = song.vocal, song.vocal.audio
        self.name.setText(vocal.name)
        self.name.setToolTip(str(vocal.path))
        channels = {1: "mono", 2: "stereo"}.get(audio.channels, f"{audio.channels} channels")
        minutes, seconds = divmod(round(audio.duration_s), 60)
        self.format.setText(f"{audio.sample_rate / 1000:g} kHz · {channels} · {minutes}:{seconds:02d}")
        self.level.setText("Listening …")
        self.warning.setText("\n".join(vocal.warnings))
        self.warning.setVisible(bool(vocal.warnings))
        self.lane.clear()
        self.spectrogram.set_picture(None, message="Drawing …")

    def show_analysis(self, song: Song) -> None:
        analysis = song.analysis
        if analysis is None:
            return
        notes = len(analysis.notes)
        self.level.setText(f"{analysis.loudness_lufs:.1f} LUFS · {notes} note{'s' if notes != 1 else ''}")
        self.lane.set_chords(analysis.grid, song.bar_chords(), analysis.key)

    def show_picture(self, picture: Picture) -> None:
        self.spectrogram.set_picture(picture)
