"""The bar on top: start, play, record, loop, clock, levels, what of the band is heard, and the balance."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from studio.audio.levels import Meter
from studio.core.mix import Mix
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import IconButton, icon, label, set_role, tight
from studio.ui.listening.stem_strip import StemStrip
from studio.ui.recording.input_meter import InputMeter
from studio.ui.timeline.timeline import Timeline


class TransportBar(QFrame):
    """Emits intents; shows what the `show_` methods are told."""

    play_toggled = Signal()
    stopped = Signal()
    loop_toggled = Signal()
    record_toggled = Signal()
    metronome_toggled = Signal()
    balance_changed = Signal(float)

    def __init__(self, timeline: Timeline, strip: StemStrip) -> None:
        super().__init__()
        set_role(self, "bar")
        self._timeline, self._strip = timeline, strip
        self.stop = IconButton("skip-previous", "Stop and return (Enter)", size=20)
        self.play = IconButton("play", "Play or pause (Space)", size=22)
        set_role(self.play, "play")
        self.play.setFixedSize(36, 36)
        self.record = _RecordButton()
        self.metronome = IconButton("metronome", "Metronome (K)", checkable=True, size=20)
        self.loop = IconButton("repeat", "Loop (L)", checkable=True, size=20)
        self.clock = label("0:00.00", "clock")
        digits = QFont(self.font())
        digits.setFeature(QFont.Tag("tnum"), 1)
        self.clock.setFont(digits)
        self.clock.setMinimumWidth(96)
        self.bar = label("", "muted")
        self.bar.setMinimumWidth(60)
        self.input = InputMeter()
        policy = self.input.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when the input opens
        self.input.setSizePolicy(policy)
        self.input.hide()
        self.balance = QSlider(Qt.Orientation.Horizontal)
        self.balance.setRange(-100, 100)
        self.balance.setMinimumWidth(64)
        self.balance.setMaximumWidth(140)
        self.balance.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.balance.setToolTip("Balance of vocal and band; double-click for the middle")
        self.balance.setAccessibleName("Balance of vocal and band")
        self.balance.mouseDoubleClickEvent = lambda _: self.balance.setValue(0)  # type: ignore[method-assign]

        self.side = IconButton("dock-right", "What was heard, and wishes", checkable=True, size=20)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 8, 12, 8)
        self._grid.setHorizontalSpacing(theme.UNIT * 3)
        self._grid.setVerticalSpacing(theme.UNIT)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self._left(), 0, 0)
        self._grid.addWidget(self._right(), 0, 2)
        self._two_rows: bool | None = None
        self._arrange(two_rows=False)

        self.play.clicked.connect(self.play_toggled)
        self.stop.clicked.connect(self.stopped)
        self.loop.clicked.connect(self.loop_toggled)
        self.record.clicked.connect(self.record_toggled)
        self.metronome.clicked.connect(self.metronome_toggled)
        self.balance.valueChanged.connect(lambda v: self.balance_changed.emit(_detent(v) / 100))
        timeline.playhead_moved.connect(lambda _, now: self._show_time(now))
        timeline.changed.connect(lambda: self._show_time(timeline.playhead_s))
        timeline.loop_changed.connect(lambda: self.loop.setChecked(timeline.looping))

    def _left(self) -> QWidget:
        self._start = QWidget()
        row = QHBoxLayout(self._start)
        tight(row)
        for button in (self.stop, self.play, self.record, self.loop, self.metronome):
            row.addWidget(button)
        row.addSpacing(12)
        times = QVBoxLayout()
        tight(times, spacing=0)
        times.addWidget(self.clock)
        times.addWidget(self.bar)
        row.addLayout(times)
        row.addWidget(self.input)
        return self._start

    def _right(self) -> QWidget:
        self._end = QWidget()
        row = QHBoxLayout(self._end)
        tight(row)
        row.addWidget(label("Vocal", "muted"))
        row.addWidget(self.balance, 1)
        row.addWidget(label("Band", "muted"))
        row.addSpacing(8)
        row.addWidget(self.side)
        return self._end

    # Two rows where one is too narrow

    def _arrange(self, *, two_rows: bool) -> None:
        if two_rows != self._two_rows:
            self._two_rows = two_rows
            self._grid.removeWidget(self._strip)
            where = (1, 0, 1, 3) if two_rows else (0, 1, 1, 1)
            self._grid.addWidget(self._strip, *where, Qt.AlignmentFlag.AlignCenter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        parts = (self._start, self._strip, self._end)
        wanted = sum(part.sizeHint().width() for part in parts) + self._gaps
        self._arrange(two_rows=event.size().width() < wanted)
        super().resizeEvent(event)

    @property
    def _gaps(self) -> int:
        margins = self._grid.contentsMargins()
        return margins.left() + margins.right() + 2 * self._grid.horizontalSpacing()

    def minimumSizeHint(self) -> QSize:
        ends = self._start.minimumSizeHint().width() + self._end.minimumSizeHint().width()
        width = max(ends, self._strip.minimumSizeHint().width()) + self._gaps
        return QSize(width, super().minimumSizeHint().height())

    def _show_time(self, time_s: float) -> None:
        hundredths = int(time_s * 100)
        self.clock.setText(f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}")
        self.bar.setText(self._timeline.place(time_s))

    def set_song(self, there: bool) -> None:
        """Without a song there is nothing to play, only to record."""
        for widget in (self.stop, self.play, self.loop, self._strip, self.balance):
            widget.setEnabled(there)

    def show_recording(self, state: str) -> None:
        """'off', 'opening', 'counting', 'recording' or 'ending'."""
        self.record.setChecked(state != "off")
        tips = {
            "off": "Record (R)",
            "opening": "Opening the input",
            "counting": "Counting in",
            "ending": "Ending the take",
        }
        self.record.setToolTip(tips.get(state, "Stop recording (R)"))

    def show_metronome(self, on: bool) -> None:
        self.metronome.setChecked(on)

    def show_input(self, meter: Meter) -> None:
        """The input's level, where one is open."""
        self.input.setVisible(bool(meter.peaks))
        self.input.show_meter(meter)

    def show_playing(self, playing: bool) -> None:
        self.play.set_icon("pause" if playing else "play")

    def show_mix(self, mix: Mix) -> None:
        self.balance.blockSignals(True)
        if round(mix.balance * 100) != _detent(self.balance.value()):
            self.balance.setValue(round(mix.balance * 100))
        self.balance.blockSignals(False)


class _RecordButton(IconButton):
    """Red, whether it records or not; a ring around the dot while it does."""

    def __init__(self) -> None:
        super().__init__("record", "Record (R)", checkable=True, size=22)

    def refresh(self) -> None:
        self.setIcon(icon("record-circle-outline" if self.isChecked() else "record", "danger"))


def _detent(value: int) -> int:
    """The middle holds a little, so that unity is found without looking."""
    return 0 if abs(value) < 5 else value
