"""Where the beat is doubtful: hear the vocal with a click in each of the likeliest readings, and say which is right.

Keys: 1 to 4 switch the reading, on its next beat; Space plays; T taps, H and D halve and double the tempo; B says that
a bar begins at the playhead; Enter takes what is heard; E makes one candidate of each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.core.analysis import VocalAnalysis
from studio.core.errors import StudioError
from studio.core.giving import check
from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.core.tempos import said_bpm
from studio.ui.appearance.widgets import label, push, set_role, set_state, small_button
from studio.ui.listening.playback import Playback

#: As many readings are offered as there are keys for them.
MOST_READINGS = 4
#: Those that are hardly possible are not offered.
_LEAST_CHANCE = 0.01
_ENOUGH_TAPS = 8


@dataclass(frozen=True)
class Way:
    """One way to count the vocal. `chance` 0 to 1; None for one that the user made."""

    grid: BeatGrid
    chance: float | None = None

    def fields(self) -> dict[str, object]:
        """What it says, as fields of Given."""
        return {
            "tempo_bpm": self.grid.tempo_bpm,
            "downbeat_s": self.grid.first_downbeat_s or 0.0,
            "meter": self.grid.meter,
            "drift": True if self.grid.drifts else None,
            "shift_beats": 0.0,
        }

    def __str__(self) -> str:
        chance = tr("yours") if self.chance is None else f"{self.chance:.0%}"
        downbeat_s = float(str(self.fields()["downbeat_s"]))
        return tr(
            "{tempo} bpm · {meter} · bar at {downbeat_s:.2f} s · {chance}",
            tempo=said_bpm(self.grid.tempo_bpm),
            meter=self.grid.meter,
            downbeat_s=downbeat_s,
            chance=chance,
        )


def ways_of(analysis: VocalAnalysis) -> tuple[Way, ...]:
    """The likeliest readings, the chosen one first."""
    first = Way(analysis.grid, analysis.confidence.beats)
    others = (Way(reading.grid, reading.confidence) for reading in analysis.alternatives)
    return (first, *(way for way in others if (way.chance or 0.0) >= _LEAST_CHANCE))[:MOST_READINGS]


class AskingDialog(QDialog):
    """Emits `settled` with fields of Given, or `each_wanted`; closing it does nothing.

    Args:
        playback: plays the vocal with the click of the reading that is heard.
    """

    settled = Signal(object)
    each_wanted = Signal()

    def __init__(self, analysis: VocalAnalysis, playback: Playback, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._analysis, self._playback = analysis, playback
        self.ways = list(ways_of(analysis))
        self.heard = 0
        self._taps_s: list[float] = []
        self._switch = QTimer(self)
        self._switch.setSingleShot(True)
        self._switch.timeout.connect(self._audition)
        self.setWindowTitle(tr("Where is the beat?"))
        self.setMinimumWidth(620)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.addWidget(label(tr("Not sure where the beat is"), "title"))
        about = tr("Listen with the click, and take the one that falls together with the singing.")
        column.addWidget(label(about, "muted", wrap=True))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        column.addLayout(self._rows)
        self.rows: list[QPushButton] = []
        self.tap = small_button(
            tr("Tap (T)"), tr("Tap on every beat while the vocal plays: eight taps set tempo and beat")
        )
        self.half = small_button(tr("½ × (H)"), tr("Half the tempo"))
        self.double = small_button("2 × (D)", tr("Twice the tempo"))
        self.bar = small_button(tr("This is one (B)"), tr("A bar begins where the playhead is"))
        self.play = small_button(tr("Play (Space)"), tr("Play or pause the vocal with the click"))
        tools = QHBoxLayout()
        tools.setSpacing(4)
        for button in (self.play, self.tap, self.half, self.double, self.bar):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tools.addWidget(button)
        column.addLayout(tools)
        self.told = label("", "small", wrap=True)
        column.addWidget(self.told)
        self.take = push(tr("Take this one (Enter)"), primary=True)
        self.each = push(tr("One candidate of each (E)"))
        self.again = QCheckBox(tr("Do not ask again"))
        self.again.setToolTip(tr("The candidates are then shared out over the readings, the likeliest first"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        buttons.addWidget(self.each)
        buttons.addWidget(self.take)
        column.addLayout(buttons)
        self.play.clicked.connect(playback.toggle)
        self.tap.pressed.connect(self._on_tap)
        self.half.clicked.connect(lambda: self._scale(0.5))
        self.double.clicked.connect(lambda: self._scale(2.0))
        self.bar.clicked.connect(self._on_bar)
        self.take.clicked.connect(self._on_take)
        self.each.clicked.connect(self._on_each)
        self.each.setVisible(len(self.ways) > 1)
        self._fill()
        playback.hear_vocal_only(True)
        self._audition()
        if not playback.player.playing:
            playback.toggle()

    # What is shown

    def _fill(self) -> None:
        while len(self.rows) < len(self.ways):
            row = QPushButton()
            set_role(row, "choice")
            row.setCheckable(True)
            row.setAutoDefault(False)
            row.clicked.connect(partial(self._on_row, len(self.rows)))
            self._rows.addWidget(row)
            self.rows.append(row)
        for number, (row, way) in enumerate(zip(self.rows, self.ways, strict=True)):
            row.setText(f"{number + 1}    {way}")
            row.setAccessibleName(tr("Reading {number}: {way}", number=number + 1, way=way))
            row.setChecked(number == self.heard)
            set_state(row, "selected", number == self.heard)

    # What is heard

    def hear(self, number: int) -> None:
        """Hears another reading from its next beat on, or at once while nothing plays."""
        if not 0 <= number < len(self.ways):
            return
        self.heard = number
        self._fill()
        playback = self._playback
        if not playback.player.playing:
            self._audition()
            return
        now_s, grid = playback.player.position_s, self.ways[number].grid
        wait_s = float(grid.time_of(np.ceil(float(grid.beat_of(now_s))))) - now_s
        self._switch.start(max(0, round(1000 * wait_s) - 30))

    def _on_row(self, number: int, _checked: bool = False) -> None:
        self.hear(number)

    def _audition(self) -> None:
        self._playback.audition(self.ways[self.heard].grid)

    # What the user makes

    def _make(self, tempo_bpm: float, downbeat_s: float) -> bool:
        """Puts a reading of the user's own at the end, in the place of the one made before. A tempo that nobody plays
        is refused with why, and the readings stay as they are."""
        try:
            check({"tempo_bpm": tempo_bpm})
        except StudioError as error:
            self.told.setText(str(error))
            return False
        self.told.clear()
        meter = self.ways[self.heard].grid.meter
        grid = BeatGrid.regular(tempo_bpm, meter, self._analysis.duration_s, downbeat_s)
        if self.ways[-1].chance is None or len(self.ways) >= MOST_READINGS:
            self.ways[-1] = Way(grid)
        else:
            self.ways.append(Way(grid))
        self.heard = len(self.ways) - 1
        self._fill()
        self._audition()
        return True

    def _scale(self, factor: float) -> None:
        way = self.ways[self.heard]
        self._make(way.grid.tempo_bpm * factor, float(str(way.fields()["downbeat_s"])))

    def _on_bar(self) -> None:
        """A bar begins at the beat that is nearest to the playhead."""
        way, now_s = self.ways[self.heard], self._playback.player.position_s
        grid = way.grid
        size = grid.meter.quarters_per_bar
        beat = round(float(grid.beat_of(now_s))) % size
        shifted = grid.shifted(float(beat), self._analysis.duration_s)
        self.ways[self.heard] = replace(way, grid=shifted)
        self._fill()
        self._audition()

    def _on_tap(self) -> None:
        from studio.analysis.taps import FEWEST_TAPS, read_taps  # the window need not wait for it

        playback = self._playback
        if not playback.player.playing:
            playback.toggle()  # it ended, or was paused: there is nothing else to tap to
            self.told.setText(tr("It plays: tap along."))
            return
        now_s = playback.player.position_s
        if self._taps_s and not 0.1 < now_s - self._taps_s[-1] < 2.5:
            self._taps_s.clear()
        self._taps_s.append(now_s)
        count = len(self._taps_s)
        if count < FEWEST_TAPS:
            self.told.setText(tr("{fewest_taps} more …", fewest_taps=FEWEST_TAPS - count))
            return
        try:
            meant = read_taps(self._taps_s, self._analysis.syllables)
        except StudioError as error:
            self.told.setText(str(error))
            return
        if not self._make(meant.tempo_bpm, meant.downbeat_s):
            return
        more = (
            ""
            if count >= _ENOUGH_TAPS
            else tr(" {enough_taps} more make it surer.", enough_taps=_ENOUGH_TAPS - count)
        )
        self.told.setText(
            tr(
                "{tempo} bpm of {count} taps.{more}",
                tempo=said_bpm(meant.tempo_bpm),
                count=count,
                more=more,
            )
        )

    # The end

    def _on_take(self) -> None:
        self.settled.emit(self.ways[self.heard].fields())
        self.accept()

    def _on_each(self) -> None:
        self.each_wanted.emit()
        self.accept()

    def done(self, result: int) -> None:
        self._switch.stop()
        self._playback.pause()
        self._playback.audition(None)
        self._playback.hear_vocal_only(False)
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            return
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_4:
            self.hear(key - Qt.Key.Key_1)
        elif key == Qt.Key.Key_Space:
            self._playback.toggle()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_take()
        elif key == Qt.Key.Key_T:
            self._on_tap()
        elif key == Qt.Key.Key_H:
            self._scale(0.5)
        elif key == Qt.Key.Key_D:
            self._scale(2.0)
        elif key == Qt.Key.Key_B:
            self._on_bar()
        elif key == Qt.Key.Key_E and self.each.isVisible():
            self._on_each()
        else:
            super().keyPressEvent(event)
