"""What to ask for: style, density, how many, which seed; then Generate, and while it runs its progress."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QProgressBar, QSpinBox, QVBoxLayout

from studio.core.jobs import Progress
from studio.core.request import DENSITIES
from studio.core.score import STYLES
from studio.ui import theme
from studio.ui.widgets import (
    ElidedLabel,
    IconButton,
    Segments,
    as_field,
    icon,
    label,
    push,
    set_role,
    style_title,
    tight,
)

_HIGHEST_SEED = 999_999


@dataclass(frozen=True)
class Wishes:
    """The panel's fields; None leaves the choice to the model."""

    style: str | None
    density: str | None
    candidates: int
    seed: int
    keep_seed: bool


class RequestPanel(QFrame):
    """Emits `generate_requested` and `cancel_requested`; the window says with `show_...` what goes on."""

    generate_requested = Signal()
    cancel_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "panel")
        self.style_box = QComboBox()
        self.style_box.addItem("Any style", None)
        for style in STYLES:
            self.style_box.addItem(style_title(style), style)
        self.style_box.setMaxVisibleItems(20)
        self.density = Segments([("Any", None), *((d.capitalize(), d) for d in DENSITIES)], name="Density")
        self.count = Segments([(str(n), n) for n in range(1, 9)], name="Candidates")
        self.count.set_value(4)
        self.seed = QSpinBox()
        self.seed.setRange(0, _HIGHEST_SEED)
        self.seed.setValue(1)
        as_field(self.seed)
        self.dice = IconButton("dice-5-outline", "Another seed")
        self.pin = IconButton("pin-outline", "Keep this seed for the next request", checkable=True)
        self.generate = push("Generate", icon_name="creation", primary=True)
        self.generate.setToolTip("Generate (G)")
        self.cancel = push("Cancel")
        self.cancel.setToolTip("Cancel (Ctrl+.)")
        self.stage = ElidedLabel("", "muted")
        self.eta = label("", "muted")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)

        grid = QGridLayout()
        tight(grid, spacing=8)
        grid.setColumnStretch(1, 1)
        seeds = QHBoxLayout()
        tight(seeds)
        seeds.addWidget(self.seed, 1)
        seeds.addWidget(self.dice)
        seeds.addWidget(self.pin)
        for row, (text, field) in enumerate(
            (("Style", self.style_box), ("Density", self.density), ("Candidates", self.count))
        ):
            field.setAccessibleName(text)
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(field, row, 1)
        self.seed.setAccessibleName("Seed")
        grid.addWidget(label("Seed", "muted"), 3, 0)
        grid.addLayout(seeds, 3, 1)
        self._busy = QFrame()
        busy = QVBoxLayout(self._busy)
        tight(busy, spacing=8)
        line = QHBoxLayout()
        tight(line, spacing=8)
        line.addWidget(self.stage, 1)
        line.addWidget(self.eta)
        busy.addLayout(line)
        busy.addWidget(self.progress)
        busy.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(theme.UNIT * 2)
        column.addWidget(label("ACCOMPANIMENTS", "section"))
        column.addLayout(grid)
        column.addSpacing(theme.UNIT)
        column.addWidget(self.generate)
        column.addWidget(self._busy)

        self.generate.clicked.connect(self.generate_requested)
        self.cancel.clicked.connect(self.cancel_requested)
        self.dice.clicked.connect(lambda: self.seed.setValue(random.randint(1, _HIGHEST_SEED)))
        self.show_ready(False)
        self.show_idle()

    def refresh(self) -> None:
        """Redraws the button's icon in the colours of the theme."""
        self.generate.setIcon(icon("creation", "on_accent"))

    @property
    def wishes(self) -> Wishes:
        density, count = self.density.value, self.count.value
        assert isinstance(count, int)
        return Wishes(
            self.style_box.currentData(),
            density if isinstance(density, str) else None,
            count,
            self.seed.value(),
            self.pin.isChecked(),
        )

    def set_wishes(self, wishes: Wishes) -> None:
        self.style_box.setCurrentIndex(max(0, self.style_box.findData(wishes.style)))
        self.density.set_value(wishes.density)
        self.count.set_value(wishes.candidates)
        self.seed.setValue(wishes.seed)
        self.pin.setChecked(wishes.keep_seed)

    def next_seed(self) -> None:
        """After a finished request the same button gives something new, unless the seed is kept."""
        if not self.pin.isChecked():
            self.seed.setValue(self.seed.value() % _HIGHEST_SEED + 1)

    def show_ready(self, ready: bool) -> None:
        """Whether there is a vocal to accompany."""
        self.generate.setEnabled(ready)

    def show_progress(self, progress: Progress, remaining_s: float | None) -> None:
        self.generate.hide()
        self._busy.show()
        if self.cancel.isEnabled():
            self.stage.setText(progress.stage[:1].upper() + progress.stage[1:])
            self.eta.setText("" if remaining_s is None else duration(remaining_s) + " left")
        self.progress.setValue(round(progress.fraction * 1000))

    def show_cancelling(self) -> None:
        self.cancel.setEnabled(False)
        self.stage.setText("Cancelling …")
        self.eta.setText("")

    def show_idle(self) -> None:
        self._busy.hide()
        self.generate.show()
        self.cancel.setEnabled(True)
        self.progress.setValue(0)


def duration(seconds: float) -> str:
    """'8 s', '2 min 05 s': rounded up, so that it never promises too much."""
    whole = int(-(-seconds // 1))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"
