"""Five stars to click: the third gives three, the one already given takes them back."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.core.language import tr, trn
from studio.core.opinion import MOST_STARS
from studio.ui.appearance.widgets import IconButton, set_role, tight


class StarRow(QWidget):
    """Emits `rated` with 0 to 5. The keyboard has the digits and the Judge menu instead, so Tab passes it by."""

    rated = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.buttons: list[IconButton] = []
        row = QHBoxLayout(self)
        tight(row, spacing=0)
        for number in range(1, MOST_STARS + 1):
            tip = trn("{count} star (the same again: none)", "{count} stars (the same again: none)", number)
            star = IconButton("star-outline", tip, size=13, role="muted")
            set_role(star, "mark")
            star.setFixedSize(17, 20)
            star.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            star.clicked.connect(partial(self._on_clicked, number))
            row.addWidget(star)
            self.buttons.append(star)

    def _on_clicked(self, number: int, _checked: bool = False) -> None:
        self.rated.emit(0 if number == self.count else number)

    def show_stars(self, count: int) -> None:
        self.count = count
        for number, star in enumerate(self.buttons, 1):
            given = number <= count
            star.set_icon("star" if given else "star-outline", "accent" if given else "muted")
        self.setAccessibleName(tr("{count} of {most_stars} stars", count=count, most_stars=MOST_STARS))
