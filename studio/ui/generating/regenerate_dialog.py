"""Which bars and stems of a candidate to make anew."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate
from studio.core.language import capital, tr
from studio.core.request import Regenerate
from studio.ui.appearance.widgets import as_field, label, push


class RegenerateDialog(QDialog):
    """Emits `wanted` with the change.

    Args:
        region: seconds that are marked; their bars are proposed, else the whole song.
    """

    wanted = Signal(object)

    def __init__(
        self, candidate: Candidate, region: tuple[float, float] | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._candidate = candidate
        self._grid = grid = candidate.arrangement.grid
        self.setWindowTitle(tr("Regenerate a part of candidate {number}", number=candidate.number))
        self.setMinimumWidth(420)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        first, last = (0, grid.bars - 1) if region is None else grid.bars_of(region)
        self.whole = QCheckBox(tr("Whole song"))
        self.whole.setChecked(region is None)
        self.first, self.last = QSpinBox(), QSpinBox()
        for spin, bar, name in ((self.first, first, tr("First bar")), (self.last, last, tr("Last bar"))):
            spin.setRange(1 - grid.first_bar, grid.bars - grid.first_bar)
            spin.setValue(bar - grid.first_bar + 1)
            spin.setAccessibleName(name)
            as_field(spin)
        self.stems = {stem: QCheckBox(capital(tr(stem))) for stem in STEMS}
        for box in self.stems.values():
            box.setChecked(True)
        self.new_chords = QCheckBox(tr("New chords too"))
        self.ok, self.cancel = push(tr("Regenerate"), primary=True), push(tr("Cancel"))

        bars, stems, buttons = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for widget in (
            label(tr("Bars"), "muted"),
            self.first,
            label(tr("to"), "muted"),
            self.last,
            self.whole,
        ):
            bars.addWidget(widget)
        for box in self.stems.values():
            stems.addWidget(box)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.ok)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addLayout(bars)
        column.addLayout(stems)
        column.addWidget(self.new_chords)
        column.addWidget(
            label(
                tr("Everything outside stays as it is, to the sample. The result is a new candidate."),
                "muted",
                wrap=True,
            )
        )
        column.addLayout(buttons)
        self.first.valueChanged.connect(self.last.setMinimum)
        self.last.setMinimum(self.first.value())
        self.whole.toggled.connect(self._refresh)
        for box in self.stems.values():
            box.toggled.connect(self._refresh)
        self.cancel.clicked.connect(self.reject)
        self.ok.clicked.connect(self._accept)
        self._refresh()

    @property
    def change(self) -> Regenerate:
        """What the fields say."""
        offset = self._grid.first_bar - 1
        bars = None if self.whole.isChecked() else (self.first.value() + offset, self.last.value() + offset)
        stems = tuple(stem for stem, box in self.stems.items() if box.isChecked())
        new_chords = self.new_chords.isEnabled() and self.new_chords.isChecked()
        return Regenerate(self._candidate, bars, stems, new_chords)

    def _refresh(self) -> None:
        for spin in (self.first, self.last):
            spin.setEnabled(not self.whole.isChecked())
        chosen = [stem for stem, box in self.stems.items() if box.isChecked()]
        # Chords are played by three stems: they change together or not at all.
        self.new_chords.setEnabled(all(stem in chosen for stem in STEMS[1:]))
        self.ok.setEnabled(bool(chosen))

    def _accept(self) -> None:
        self.wanted.emit(self.change)
        self.accept()
