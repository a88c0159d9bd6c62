"""The bar on top: start, play, loop, clock, what of the band is heard, and the balance of vocal and band."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSlider

from studio.services.session_mix import MixState
from studio.ui import theme
from studio.ui.stem_strip import StemStrip
from studio.ui.timeline import Timeline
from studio.ui.widgets import IconButton, label, set_role, tight


class TransportBar(QFrame):
    """Emits intents; shows what `show_playing` and `show_mix` say."""

    play_toggled = Signal()
    stopped = Signal()
    loop_toggled = Signal()
    balance_changed = Signal(float)

    def __init__(self, timeline: Timeline, strip: StemStrip) -> None:
        super().__init__()
        set_role(self, "bar")
        self._timeline = timeline
        self.stop = IconButton("skip-previous", "Stop and return (Enter)", size=20)
        self.play = IconButton("play", "Play or pause (Space)", size=22)
        set_role(self.play, "play")
        self.play.setFixedSize(36, 36)
        self.loop = IconButton("repeat", "Loop (L)", checkable=True, size=20)
        self.clock = label("0:00.00", "clock")
        digits = QFont(self.font())
        digits.setFeature(QFont.Tag("tnum"), 1)
        self.clock.setFont(digits)
        self.clock.setMinimumWidth(96)
        self.bar = label("", "muted")
        self.bar.setMinimumWidth(60)
        self.balance = QSlider(Qt.Orientation.Horizontal)
        self.balance.setRange(-100, 100)
        self.balance.setMinimumWidth(80)
        self.balance.setMaximumWidth(140)
        self.balance.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.balance.setToolTip("Balance of vocal and band; double-click for the middle")
        self.balance.setAccessibleName("Balance of vocal and band")
        self.balance.mouseDoubleClickEvent = lambda _: self.balance.setValue(0)  # type: ignore[method-assign]

        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(theme.UNIT)
        for button in (self.stop, self.play, self.loop):
            row.addWidget(button)
        row.addSpacing(12)
        times = QHBoxLayout()
        tight(times, spacing=8)
        times.addWidget(self.clock)
        times.addWidget(self.bar)
        row.addLayout(times)
        row.addStretch(1)
        row.addWidget(strip)
        row.addStretch(1)
        row.addWidget(label("Vocal", "muted"))
        row.addWidget(self.balance, 1)
        row.addWidget(label("Band", "muted"))

        self.play.clicked.connect(self.play_toggled)
        self.stop.clicked.connect(self.stopped)
        self.loop.clicked.connect(self.loop_toggled)
        self.balance.valueChanged.connect(lambda v: self.balance_changed.emit(_detent(v) / 100))
        timeline.playhead_moved.connect(lambda _, now: self._show_time(now))
        timeline.changed.connect(lambda: self._show_time(timeline.playhead_s))
        timeline.loop_changed.connect(lambda: self.loop.setChecked(timeline.looping))

    def _show_time(self, time_s: float) -> None:
        hundredths = int(time_s * 100)
        self.clock.setText(f"{hundredths // 6000}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}")
        bar = self._timeline.bar_beat(time_s)
        self.bar.setText(f"bar {bar}" if bar else "")

    def show_playing(self, playing: bool) -> None:
        self.play.set_icon("pause" if playing else "play")

    def show_mix(self, mix: MixState) -> None:
        self.balance.blockSignals(True)
        if round(mix.balance * 100) != _detent(self.balance.value()):
            self.balance.setValue(round(mix.balance * 100))
        self.balance.blockSignals(False)


def _detent(value: int) -> int:
    """The middle holds a little, so that unity is found without looking."""
    return 0 if abs(value) < 5 else value
