"""Which bars and stems of a candidate to make anew."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.arrangement import STEMS
from studio.core.candidate import Candidate
from studio.core.counting import told_since
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.language import capital, tr
from studio.core.request import Regenerate
from studio.ui.appearance.number_fields import WholeField
from studio.ui.appearance.widgets import label, push

#: Beyond what anybody types.
_ANY = 9_999


class RegenerateDialog(QDialog):
    """Emits `wanted` with the change, or `anew` where rather a new one to the song's beat is wanted.

    Bars are the candidate's own. Where the beat of the song was corrected since it was made, they are others than the
    ruler's: that is said, with the seconds that they last.

    Args:
        region: seconds that are marked; their bars are proposed, else the whole song.
        now: how the song is counted now.
    """

    wanted = Signal(object)
    anew = Signal()

    def __init__(
        self,
        candidate: Candidate,
        region: tuple[float, float] | None,
        now: BeatGrid | None = None,
        parent: QWidget | None = None,
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
        # What is not there is refused with a word, not cut silently.
        self.first, self.last = WholeField(-_ANY, _ANY), WholeField(-_ANY, _ANY)
        for spin, bar, name in ((self.first, first, tr("First bar")), (self.last, last, tr("Last bar"))):
            spin.setValue(bar - grid.first_bar + 1)
            spin.setAccessibleName(name)
        self.stems = {stem: QCheckBox(capital(tr(stem))) for stem in STEMS}
        for box in self.stems.values():
            box.setChecked(True)
        self.new_chords = QCheckBox(tr("New chords too"))
        self.other_beat = label("", wrap=True)
        self.where = label("", "muted", wrap=True)
        self.wrong = label("", "warning", wrap=True)
        self.to_new_beat = push(tr("Make a new one to the song's beat"))
        self.to_new_beat.setToolTip(
            tr(
                "A new candidate with the wishes and the seed of this one, to the beat of the song as it is now"
            )
        )
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
        buttons.addWidget(self.to_new_beat)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.ok)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(self.other_beat)
        column.addLayout(bars)
        column.addWidget(self.wrong)
        column.addWidget(self.where)
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
        for spin in (self.first, self.last):
            for told in (spin.lineEdit().textEdited, spin.editingFinished, spin.refused, spin.valueChanged):
                told.connect(self._refresh)
        self.whole.toggled.connect(self._refresh)
        for box in self.stems.values():
            box.toggled.connect(self._refresh)
        self.to_new_beat.clicked.connect(self._accept_anew)
        self.cancel.clicked.connect(self.reject)
        self.ok.clicked.connect(self._accept)
        self.show_beat(now)
        self._refresh()

    def show_beat(self, now: BeatGrid | None) -> None:
        """How the song is counted now: it may be listened to again while this is open."""
        differs = told_since(self._candidate.number, self._grid, now)
        self.other_beat.setText(differs)
        for part in (self.other_beat, self.where, self.to_new_beat):
            part.setVisible(bool(differs))

    @property
    def change(self) -> Regenerate:
        """What the fields say."""
        offset = self._grid.first_bar - 1
        bars = None if self.whole.isChecked() else (_bar(self.first) + offset, _bar(self.last) + offset)
        stems = tuple(stem for stem, box in self.stems.items() if box.isChecked())
        new_chords = self.new_chords.isEnabled() and self.new_chords.isChecked()
        return Regenerate(self._candidate, bars, stems, new_chords)

    def _refresh(self) -> None:
        for spin in (self.first, self.last):
            spin.setEnabled(not self.whole.isChecked())
        chosen = [stem for stem, box in self.stems.items() if box.isChecked()]
        # Chords are played by three stems: they change together or not at all.
        self.new_chords.setEnabled(all(stem in chosen for stem in STEMS[1:]))
        wrong = self._told_wrong()
        self.ok.setEnabled(bool(chosen) and not wrong)
        self.wrong.setText(wrong)
        self.wrong.setVisible(bool(wrong))
        self.where.setText("" if wrong else self._told_where())

    def _told_wrong(self) -> str:
        """Why the bars that are typed cannot be made anew; empty where they can."""
        if self.whole.isChecked():
            return ""
        unread = next(
            (spin.wrong for spin in (self.first, self.last) if spin.typed is None and spin.wrong), ""
        )
        if unread:
            return unread
        low, high = 1 - self._grid.first_bar, self._grid.bars - self._grid.first_bar
        first, last = _bar(self.first), _bar(self.last)
        if low <= first <= last <= high:
            return ""
        return str(
            StudioError(
                tr("These bars cannot be made anew"),
                seen=tr("{first} to {last}", first=first, last=last),
                expected=tr("bars from {low} to {high}, the first not after the last", low=low, high=high),
                todo=tr("Type other bars"),
            )
        )

    def _told_where(self) -> str:
        grid, bars = self._grid, self.change.bars
        if bars is None:
            return tr("What is made anew follows its own beat.")
        return tr(
            "These are its own bars, {start_s:.2f} s to {end_s:.2f} s; what is made anew follows its own beat.",
            start_s=max(0.0, grid.downbeats_s[bars[0]]),
            end_s=grid.times_s[min((bars[1] + 1) * grid.meter.quarters_per_bar, grid.beats)],
        )

    def _accept(self) -> None:
        self.wanted.emit(self.change)
        self.accept()

    def _accept_anew(self) -> None:
        self.anew.emit()
        self.accept()


def _bar(field: WholeField) -> int:
    """The bar that stands in a field, be it typed to the end or not."""
    typed = field.typed
    return field.value() if typed is None else round(typed)
