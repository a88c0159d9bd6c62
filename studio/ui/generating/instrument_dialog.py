"""Which stem of a candidate to play on which instrument, and by which sound."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate
from studio.core.controls import NETWORK, RECORDED
from studio.core.errors import StudioError
from studio.core.instruments import choices, families, shown
from studio.core.language import capital, tr
from studio.core.other_instrument import playable
from studio.core.request import Reinstrument
from studio.services.generating.recordable import recordable
from studio.ui.appearance.widgets import Segments, button_row, label, push

_NAME = Qt.ItemDataRole.UserRole
_ROW_HEIGHT, _HEADING_HEIGHT = 24, 30


class InstrumentDialog(QDialog):
    """Emits `wanted` with the change. Opens on what is played now.

    Args:
        candidate: one with a recipe, of which a stem is heard.
        stem: the one to begin with, if it is heard.
    """

    wanted = Signal(object)

    def __init__(self, candidate: Candidate, stem: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._candidate = candidate
        self.setWindowTitle(tr("Another instrument for candidate {number}", number=candidate.number))
        self.setMinimumWidth(500)
        self.resize(500, 540)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.stems = Segments([(capital(tr(name)), name) for name in STEMS], name=tr("Stem"))
        heard = [name for name in STEMS if candidate.arrangement.parts[name].is_heard]
        for name in STEMS:
            self.stems.allow(name, "" if name in heard else tr("It is silent in this candidate"))
        self.stems.set_value(stem if stem in heard else heard[-1])
        self.tree = QTreeWidget()
        self.tree.setColumnCount(3)
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setMinimumHeight(150)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setAccessibleName(tr("Instrument"))
        self.sounds = Segments(
            [(tr("Network"), NETWORK), (tr("Recorded instruments"), RECORDED)], name=tr("Sound")
        )
        self.about = label("", "muted", wrap=True)
        self.ok, cancel = push(tr("Make one"), primary=True), push(tr("Cancel"))
        self._lay_out(cancel)
        self.stems.chosen.connect(self._fill)
        self.tree.currentItemChanged.connect(self._refresh)
        self.sounds.chosen.connect(self._on_sound)
        cancel.clicked.connect(self.reject)
        self.ok.clicked.connect(self._accept)
        self._fill()
        self.tree.setFocus()

    def _lay_out(self, cancel: QWidget) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        rows = ((tr("Stem"), self.stems), (tr("Instrument"), self.tree), (tr("Sound"), self.sounds))
        for row, (text, field) in enumerate(rows):
            grid.addWidget(label(text, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(field, row, 1)
        grid.setRowStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addLayout(grid, 1)
        column.addWidget(self.about)
        column.addLayout(button_row(cancel, self.ok))

    @property
    def change(self) -> Reinstrument:
        """What the fields say. The sound is named where it is to be another one."""
        stem, sound = str(self.stems.value), str(self.sounds.value)
        same = Reinstrument(self._candidate, stem, self._instrument)
        return (
            same if sound == same.sound_now else Reinstrument(self._candidate, stem, same.instrument, sound)
        )

    @property
    def _instrument(self) -> str:
        item = self.tree.currentItem()
        return "" if item is None else str(item.data(0, _NAME))

    def choose(self, name: str) -> None:
        """Goes to an instrument of the stem."""
        for row in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(row)
            if item is not None and item.data(0, _NAME) == name:
                self.tree.setCurrentItem(item)

    def _fill(self) -> None:
        """The instruments of the stem that is chosen."""
        stem = str(self.stems.value)
        part = self._candidate.arrangement.parts[stem]
        entries, able = choices(stem)[1:], playable(stem, part)
        self._recorded = recordable(stem)
        self.tree.blockSignals(True)
        self.tree.clear()
        grouped = families(stem, entries)
        for family, members in grouped.items():
            if len(grouped) > 1:
                heading = QTreeWidgetItem(self.tree)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                heading.setFirstColumnSpanned(True)
                heading.setSizeHint(2, QSize(0, _HEADING_HEIGHT))
                # No text of the item's: who types "org" means the organ, not the organs.
                self.tree.setItemWidget(heading, 0, label(tr(family), "muted"))
            for entry in members:
                recorded = tr("recording available") if entry.name in self._recorded else ""
                now = tr("now") if entry.name == part.instrument else ""
                item = QTreeWidgetItem(self.tree, [capital(shown(entry.name)), recorded, now])
                item.setSizeHint(2, QSize(0, _ROW_HEIGHT))
                item.setData(0, _NAME, entry.name)
                if entry not in able:
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                    item.setText(1, tr("one note at a time"))
                    item.setToolTip(1, tr("This lead has chords, which it cannot play"))
        for column in (0, 1):
            self.tree.resizeColumnToContents(column)
            self.tree.setColumnWidth(column, self.tree.columnWidth(column) + 16)
        self.tree.blockSignals(False)
        #: What was chosen last, where it can be had.
        self._sound = Reinstrument(self._candidate, stem, part.instrument).sound_now
        self.choose(part.instrument)
        self._refresh()

    def _on_sound(self, sound: object) -> None:
        self._sound = str(sound)
        self._refresh()

    def _refresh(self) -> None:
        recorded = self._instrument in self._recorded
        self.sounds.allow(RECORDED, "" if recorded else tr("There are no recordings of this instrument"))
        self.sounds.set_value(self._sound if recorded else NETWORK)
        try:
            self.change.check()
        except StudioError:
            self.ok.setEnabled(False)
            self.about.setText(
                tr("That is how it is played now: choose another instrument, or the other sound.")
            )
        else:
            self.ok.setEnabled(True)
            self.about.setText(
                tr(
                    "The same notes. The other stems stay as they are, to the sample. The result is a new candidate."
                )
            )

    def _accept(self) -> None:
        self.wanted.emit(self.change)
        self.accept()
