"""The line at the bottom: what is being done, what is under the mouse, how loud it is, where sound goes."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedWidget, QStatusBar

from studio.audio.player import Player
from studio.core.language import tr
from studio.dsp.loudness import SILENCE_DB
from studio.ui.appearance.widgets import ElidedLabel

#: How long something is told at least, and for each letter: a little slower than people read.
_TOLD_MS, _LETTER_MS = 8000, 80
_MOST_OUTPUT = 400
#: Between two texts.
_GAP = 8


class StatusLine(QStatusBar):
    """Four texts; what is told covers the first for as long as it takes to read, and while the mouse is on it; where it
    is long, it has the place of the output too. What still does not fit ends in an ellipsis, and is whole in its tool
    tip: Qt itself would cut a message off."""

    def __init__(self) -> None:
        super().__init__()
        self.doing, self.told, self.output = (ElidedLabel() for _ in range(3))
        self.under_mouse, self.loudness = QLabel(), QLabel()
        self.loudness.setMinimumWidth(72)
        self.loudness.setToolTip(tr("Loudness of what is played, over 0.4 s"))
        # As wide as it is, but a device of a long name leaves room for what is told.
        self.output.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.output.setMaximumWidth(_MOST_OUTPUT)
        self._first = QStackedWidget()
        self._first.addWidget(self.doing)
        self._first.addWidget(self.told)
        self._told_until = QTimer(self, singleShot=True)
        self._told_until.timeout.connect(self._forget)
        self.setSizeGripEnabled(False)
        self.addWidget(self._first, 1)
        self.addPermanentWidget(self.under_mouse)
        self.addPermanentWidget(self.loudness)
        self.addPermanentWidget(self.output)

    def tell(self, text: str) -> None:
        """Says something for some seconds."""
        self.told.setText(" ".join(text.split()))
        self._first.setCurrentWidget(self.told)
        self._told_until.start(max(_TOLD_MS, _LETTER_MS * len(self.told.text())))
        self._give_way()

    def withdraw(self, text: str) -> None:
        """What was told does not hold any more; what was told since stays."""
        if self.told.text() == " ".join(text.split()):
            self._told_until.stop()
            self._show_doing()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way()

    def _give_way(self) -> None:
        """Where sound goes is not told while something longer is."""
        wanted = self.told.fontMetrics().horizontalAdvance(self.told.text())
        beside = (self.output, self.loudness, self.under_mouse)
        taken = sum(min(text.sizeHint().width(), text.maximumWidth()) + _GAP for text in beside)
        self.output.setHidden(bool(self.told.text()) and wanted > self.width() - taken)

    def currentMessage(self) -> str:
        """What is told now; empty where nothing is."""
        return self.told.text()

    def _forget(self) -> None:
        if self.told.underMouse():  # somebody may be reading it
            self._told_until.start(_TOLD_MS)
            return
        self._show_doing()

    def _show_doing(self) -> None:
        self.told.clear()
        self._give_way()
        self._first.setCurrentWidget(self.doing)

    def show_loudness(self, lufs: float) -> None:
        """Empty in silence."""
        self.loudness.setText("" if lufs <= SILENCE_DB / 2 else f"{lufs:.0f} LUFS")

    def show_output(self, player: Player) -> None:
        """The player's device, or that there is none and why."""
        if player.problem:
            self.output.setText(
                tr("The sound system does not answer: no sound until it does")
                if player.hung
                else tr("No sound output: everything works but listening")
            )
            self.output.setToolTip(player.problem)
        elif player.device is not None:
            self.output.setText(f"{player.device.name} · {player.sample_rate / 1000:g} kHz")
            self.output.setToolTip("")
