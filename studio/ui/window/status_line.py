"""The line at the bottom: what is being done, what is under the mouse, how loud it is, where sound goes."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QStatusBar

from studio.audio.player import Player
from studio.core.language import tr
from studio.dsp.loudness import SILENCE_DB


class StatusLine(QStatusBar):
    """Four texts; `showMessage` covers the first for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.doing, self.under_mouse, self.loudness, self.output = (QLabel() for _ in range(4))
        self.loudness.setMinimumWidth(72)
        self.loudness.setToolTip(tr("Loudness of what is played, over 0.4 s"))
        self.setSizeGripEnabled(False)
        self.addWidget(self.doing, 1)
        self.addPermanentWidget(self.under_mouse)
        self.addPermanentWidget(self.loudness)
        self.addPermanentWidget(self.output)

    def tell(self, text: str) -> None:
        """Says something for some seconds."""
        self.showMessage(text, 8000)

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
