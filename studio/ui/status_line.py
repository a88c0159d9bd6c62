"""The line at the bottom: what is being done, what is under the mouse, where sound goes."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QStatusBar

from studio.audio.player import Player


class StatusLine(QStatusBar):
    """Three texts; `showMessage` covers the first for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.doing, self.under_mouse, self.output = QLabel(), QLabel(), QLabel()
        self.setSizeGripEnabled(False)
        self.addWidget(self.doing, 1)
        self.addPermanentWidget(self.under_mouse)
        self.addPermanentWidget(self.output)

    def tell(self, text: str) -> None:
        """Says something for some seconds."""
        self.showMessage(text, 8000)

    def show_output(self, player: Player) -> None:
        """The player's device, or that there is none and why."""
        if player.problem:
            self.output.setText("No sound output: everything works but listening")
            self.output.setToolTip(player.problem)
        elif player.device is not None:
            self.output.setText(f"{player.device.name} · {player.device.sample_rate / 1000:g} kHz")
            self.output.setToolTip("")
