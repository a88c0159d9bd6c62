"""The wishes that most requests do without: energy, how closely to follow the singer, the instruments and who plays
them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout

from studio.core.arrangement import STEMS
from studio.core.controls import FOLLOWS, NETWORK, RECORDED, Controls
from studio.core.instruments import choices, shown
from studio.core.language import capital, later, tr
from studio.ui.appearance.widgets import Chooser, Segments, label, tight

#: What the energy list offers, as levels of core.controls.ENERGIES.
ENERGY_CHOICES: tuple[tuple[str, str], ...] = (
    (later("Any energy"), ""),
    (later("Low"), "low"),
    (later("Medium"), "medium"),
    (later("High"), "high"),
    (later("Rising"), "low medium high"),
    (later("Falling"), "high medium low"),
    (later("Quiet middle"), "high low high"),
)
#: What the sound list offers.
SOUND_CHOICES: tuple[tuple[str, str], ...] = (
    (later("Automatic"), ""),
    (later("Recorded instruments"), RECORDED),
    (later("Network"), NETWORK),
)


class AdvancedWishes(QFrame):
    """Fields of `Controls`; the first entry of each leaves the choice to the model. Emits `changed`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.energy_box = Chooser()
        for text, levels in ENERGY_CHOICES:
            self.energy_box.addItem(tr(text), levels)
        self.follow_choice = Segments(
            [(capital(tr(name)), name) for name in FOLLOWS], name=tr("Follow the singer")
        )
        self.follow_choice.set_value("normal")
        self.sound_box = Chooser()
        for text, renderer in SOUND_CHOICES:
            self.sound_box.addItem(tr(text), renderer)
        self.instrument_boxes = {stem: _instrument_box(stem) for stem in STEMS}
        grid = QGridLayout(self)
        tight(grid, spacing=8)
        grid.setColumnStretch(1, 1)
        rows = [
            (tr("Energy"), self.energy_box),
            (tr("Singer"), self.follow_choice),
            (tr("Sound"), self.sound_box),
        ]
        rows += [(capital(tr(stem)), box) for stem, box in self.instrument_boxes.items()]
        for row, (text, field) in enumerate(rows):
            field.setAccessibleName(text)
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(field, row, 1)
        self.follow_choice.setToolTip(tr("How closely chords, accents and fills keep to what is sung"))
        self.sound_box.setToolTip(
            tr(
                "Who plays: recorded instruments wherever there are any, the network, or for each "
                "stem what measured better"
            )
        )

        for box in (self.energy_box, self.sound_box, *self.instrument_boxes.values()):
            box.currentIndexChanged.connect(lambda _: self.changed.emit())
        self.follow_choice.chosen.connect(lambda _: self.changed.emit())

    @property
    def wished(self) -> list[str]:
        """What is not left to the model, in words."""
        said = [(tr("Energy"), self.energy_box.currentText())] if self.energy else []
        if self.follow:
            said.append((tr("Singer"), tr(self.follow)))
        if self.sound:
            said.append((tr("Sound"), self.sound_box.currentText()))
        said += [
            (capital(tr(stem)), box.currentText())
            for stem, box in self.instrument_boxes.items()
            if box.currentData()
        ]
        return [tr("{name}: {value}", name=name, value=value) for name, value in said]

    @property
    def energy(self) -> tuple[str, ...] | None:
        return tuple(self.energy_box.currentData().split()) or None

    @property
    def follow(self) -> str | None:
        value = self.follow_choice.value
        return value if isinstance(value, str) and value != "normal" else None

    @property
    def sound(self) -> str | None:
        return self.sound_box.currentData() or None

    @property
    def instruments(self) -> dict[str, str]:
        return {stem: box.currentData() for stem, box in self.instrument_boxes.items() if box.currentData()}

    def show_controls(self, controls: Controls) -> None:
        levels = " ".join(controls.energy or ())
        self.energy_box.setCurrentIndex(max(0, self.energy_box.findData(levels)))
        self.follow_choice.set_value(controls.follow or "normal")
        self.sound_box.setCurrentIndex(max(0, self.sound_box.findData(controls.sound or "")))
        for stem, box in self.instrument_boxes.items():
            box.setCurrentIndex(max(0, box.findData(controls.instruments.get(stem, ""))))
        self.changed.emit()


def _instrument_box(stem: str) -> QComboBox:
    box = Chooser()
    box.addItem(tr("Any"), "")
    for entry in choices(stem):
        name = entry.name
        box.addItem(capital(shown(name)), name)
    box.setMaxVisibleItems(16)
    return box
