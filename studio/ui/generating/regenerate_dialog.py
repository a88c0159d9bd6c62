"""Which bars and stems of a candidate to make anew."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

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
_WIDTH, _MARGIN = 420, 24


class RegenerateDialog(QDialog):
    """Emits `wanted` with the change, or `anew` where rather a new one to the song's beat is wanted.

    Bars are the candidate's own. Where the beat of the song was corrected since it was made, they are others than the
    ruler's: that is said. What is said of the bars has room for the longest that may be said, so that nothing moves
    under the mouse while they are typed.

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
        self.setMinimumWidth(_WIDTH)
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
        self._said = QStackedWidget()
        for text in (self.where, self.wrong):
            text.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._said.addWidget(text)
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
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.ok)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, 20, _MARGIN, 16)
        column.setSpacing(12)
        column.addWidget(self.other_beat)
        column.addLayout(bars)
        column.addWidget(self._said)
        column.addLayout(stems)
        column.addWidget(self.new_chords)
        column.addWidget(
            label(
                tr("Everything outside stays as it is, to the sample. The result is a new candidate."),
                "muted",
                wrap=True,
            )
        )
        # In a row of its own: beside the others it would be cut on a small screen.
        column.addWidget(self.to_new_beat, 0, Qt.AlignmentFlag.AlignLeft)
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
        self._reserve_room()

    def show_beat(self, now: BeatGrid | None) -> None:
        """How the song is counted now: it may be listened to again while this is open."""
        differs = told_since(self._candidate.number, self._grid, now)
        self.other_beat.setText(differs)
        for part in (self.other_beat, self.to_new_beat):
            part.setVisible(bool(differs))
        self._refresh()
        layout = self.layout()
        if self.isVisible() and layout is not None:
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _reserve_room(self) -> None:
        """For the most that is ever said of bars, in the narrowest dialog."""
        bars = (0, self._grid.bars - 1)
        longest = {
            self.wrong: (self._refusal(-_ANY, -_ANY),),
            self.where: tuple(self._told_where(b, own=own) for b in (bars, None) for own in (True, False)),
        }
        heights = []
        for shown, texts in longest.items():
            now = shown.text()
            shown.ensurePolished()
            for text in texts:
                shown.setText(text)
                heights.append(shown.heightForWidth(_WIDTH - 2 * _MARGIN))
            shown.setText(now)
        self._said.setMinimumHeight(max(heights))

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
        self.where.setText(
            "" if wrong else self._told_where(self.change.bars, own=bool(self.other_beat.text()))
        )
        self._said.setCurrentWidget(self.wrong if wrong else self.where)

    def _told_wrong(self) -> str:
        """Why the bars that are typed cannot be made anew; empty where they can."""
        if self.whole.isChecked():
            return ""
        unread = next(
            (spin.wrong for spin in (self.first, self.last) if spin.typed is None and spin.wrong), ""
        )
        if unread:
            return unread
        first, last = _bar(self.first), _bar(self.last)
        low, high = self._bars_there
        return "" if low <= first <= last <= high else self._refusal(first, last)

    @property
    def _bars_there(self) -> tuple[int, int]:
        """The first and the last that can be typed."""
        return 1 - self._grid.first_bar, self._grid.bars - self._grid.first_bar

    def _refusal(self, first: int, last: int) -> str:
        low, high = self._bars_there
        return str(
            StudioError(
                tr("These bars cannot be made anew"),
                seen=tr("{first} to {last}", first=first, last=last),
                expected=tr("bars from {low} to {high}, the first not after the last", low=low, high=high),
                todo=tr("Type other bars"),
            )
        )

    def _told_where(self, bars: tuple[int, int] | None, *, own: bool) -> str:
        """When bars play, and what bar 0 is.

        Args:
            own: whether they are others than the song's.
        """
        grid, said = self._grid, list[str]()
        if bars is not None:
            start_s = max(0.0, grid.downbeats_s[bars[0]])
            end_s = grid.times_s[min((bars[1] + 1) * grid.meter.quarters_per_bar, grid.beats)]
            end_s = min(end_s, self._song_s)  # the last bar may go on after the song
            said.append(
                tr(
                    "These are its own bars, {start_s:.2f} s to {end_s:.2f} s; what is made anew follows its own beat.",
                    start_s=start_s,
                    end_s=end_s,
                )
                if own
                else tr("{start_s:.2f} s to {end_s:.2f} s.", start_s=start_s, end_s=end_s)
            )
            if grid.first_bar > 0:
                said.append(tr("Bar 1 is the first full bar, bar 0 the pickup before it."))
        elif own:
            said.append(tr("What is made anew follows its own beat."))
        return " ".join(said)

    @property
    def _song_s(self) -> float:
        return max((stem.duration_s for stem in self._candidate.stems.values()), default=math.inf)

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
