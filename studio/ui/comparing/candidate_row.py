"""One accompaniment: what it is, how it fits and what was said of it, beside its chords and spectrogram."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.arrangement import BAND, STEMS
from studio.core.candidate import Candidate, descent
from studio.core.controls import DENSITIES
from studio.core.engines import FASTSAG
from studio.core.grid import BeatGrid
from studio.core.language import capital, later, tr
from studio.core.opinion import MOST_STARS, Opinion
from studio.services.measuring.fit_report import FitReport
from studio.ui.appearance import theme
from studio.ui.appearance.drag_start import DragStart
from studio.ui.appearance.widgets import (
    ElidedLabel,
    IconButton,
    label,
    set_role,
    set_state,
    style_title,
    tight,
)
from studio.ui.comparing.detail_words import instrument_words
from studio.ui.comparing.drag_mark import DragMark
from studio.ui.comparing.star_row import StarRow
from studio.ui.timeline.chord_lane import ChordLane
from studio.ui.timeline.spectrogram_view import Picture, SpectrogramView
from studio.ui.timeline.stems_view import StemsView
from studio.ui.timeline.timeline import Timeline, TimelineView

HEIGHT = 117
#: Around what is written: left, top, right, bottom.
_MARGINS = (12, 2, 6, 2)

#: Names of what a listener can ask of a row, in its menu.
_CHANGES = (
    (later("Vary: near"), "vary"),
    (later("Vary: far"), "vary_far"),
    (later("Regenerate …"), "regenerate"),
    (later("Another instrument …"), "instrument"),
    (later("More like this and the one heard …"), "breed"),
)
#: What is dragged out of a row: icon, what it is called.
_MARKS = {
    "stems": ("layers-triple-outline", later("stems")),
    "band": ("account-group-outline", later("band")),
    "mix": ("waveform", later("mix")),
    "midi": ("piano", later("MIDI file")),
}
_REMARKS = ((later("Details and note …"), "details"), (later("Hide"), "hide"))


class CandidateRow(QFrame):
    """Emits `selected` (number) on a click, and `asked` (what, number) for everything its buttons and menu offer:
    'pick', 'favourite', 'export', 'vary', 'vary_far', 'regenerate', 'instrument', 'breed', 'details',
    'hide', 'rate_0' to 'rate_5', and 'drag_' or 'copy_' with one of 'stems', 'band', 'mix' and 'midi'."""

    selected = Signal(int)
    asked = Signal(str, int)

    def __init__(self, candidate: Candidate, timeline: Timeline) -> None:
        super().__init__()
        set_role(self, "row")
        self.number = candidate.number
        self.parent_number = candidate.settings.get("parent", "")
        self._candidate = candidate
        self._opinion = Opinion()
        self._fit: FitReport | None = None
        self._label: str | None = None
        #: The letter it had in the blind comparison that was revealed last; empty for none.
        self.was = ""
        self._beat = ""
        self.badge = label("", "badge")
        self.badge.setFixedSize(24, 24)
        self.badge.setAlignment(self.badge.alignment() | Qt.AlignmentFlag.AlignHCenter)
        self.title = ElidedLabel("", "title")
        self.favourite = IconButton("heart-outline", tr("Favourite (F)"), checkable=True)
        self.pick = IconButton("trophy-outline", tr("Pick this one (P)"), checkable=True)
        self.more = IconButton("dots-horizontal", tr("More about this candidate"), role="muted")
        self._menu = QMenu(self)
        self.more.setMenu(self._menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._fill_menu(candidate.recipe is not None)
        self.export = IconButton("export-variant", tr("Export this candidate (Ctrl+E)"), role="muted")
        self.instruments = ElidedLabel("", "small", wrap=True)
        self.instruments.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.fit = ElidedLabel("", "small")
        self.stars = StarRow()
        self.marks = {
            what: DragMark(
                icon_name, tr("Drag the {name} into a DAW or a folder; a click copies", name=tr(name))
            )
            for what, (icon_name, name) in _MARKS.items()
        }
        self._drag = DragStart()
        self._writing: float | None = None
        self.facts = ElidedLabel("", "small", wrap=True)
        self.seed = label("", "small")
        self.lane = ChordLane(timeline)
        self.spectrogram = SpectrogramView(timeline, message=tr("Drawing …"))
        self.stems = StemsView(timeline, (BAND,) if candidate.is_one_sound else STEMS)
        arrangement = candidate.arrangement
        if candidate.is_one_sound:
            self.lane.show_none(tr(FASTSAG.why_not))
        else:
            self.lane.set_chords(arrangement.grid, arrangement.bar_chords(), arrangement.key)
        self.buttons = (self.favourite, self.pick, *self.marks.values(), self.export, self.more)
        self._lay_out()
        for button, what in ((self.pick, "pick"), (self.favourite, "favourite"), (self.export, "export")):
            button.clicked.connect(lambda _=False, what=what: self.asked.emit(what, self.number))
        self.stars.rated.connect(lambda stars: self.asked.emit(f"rate_{stars}", self.number))
        for what, mark in self.marks.items():
            mark.clicked.connect(lambda _=False, what=what: self.asked.emit(f"copy_{what}", self.number))
            mark.dragged.connect(lambda what=what: self.asked.emit(f"drag_{what}", self.number))
        for view in self.views:
            view.seek_requested.connect(lambda _: self.selected.emit(self.number))
        self.show_stems(False)
        self._show()

    @property
    def grid(self) -> BeatGrid:
        """The beat it was made to."""
        return self._candidate.arrangement.grid

    @property
    def views(self) -> tuple[TimelineView, ...]:
        """What stands on the timeline."""
        return self.lane, self.spectrogram, self.stems

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        tight(top, spacing=2)
        top.addWidget(self.badge)
        top.addSpacing(6)
        top.addWidget(self.title, 1)
        for button in (self.favourite, self.pick):
            button.setFixedSize(26, 24)
            top.addWidget(button)
        bottom = QHBoxLayout()
        tight(bottom, spacing=2)
        bottom.addWidget(self.stars)
        bottom.addSpacing(4)
        bottom.addWidget(self.seed)
        bottom.addStretch(1)
        for button in (self.export, self.more):
            button.setFixedSize(26, 20)
            bottom.addWidget(button)
        marks = QWidget()
        line = QHBoxLayout(marks)
        tight(line, spacing=0)
        for mark in self.marks.values():
            line.addWidget(mark)
        self._marks = marks
        # The marks stand in the lower right corner of what is written: the lines above them have the whole width.
        made = QGridLayout()
        tight(made, spacing=0)
        made.addWidget(self.facts, 0, 0)
        made.addWidget(marks, 0, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        made.setRowMinimumHeight(0, marks.sizeHint().height())
        header = QVBoxLayout()
        header.setContentsMargins(*_MARGINS)
        header.setSpacing(0)
        header.addLayout(top)
        header.addWidget(self.instruments)
        header.addWidget(self.fit)
        header.addLayout(made, 1)
        header.addLayout(bottom)
        self._others = (top, self.fit, marks, bottom)
        side = QFrame()
        side.setLayout(header)
        side.setFixedWidth(theme.HEADER_WIDTH)
        lanes = QVBoxLayout()
        tight(lanes, spacing=0)
        lanes.addWidget(self.lane)
        lanes.addWidget(self.spectrogram, 1)
        lanes.addWidget(self.stems)
        row = QHBoxLayout(self)
        tight(row, margin=1, spacing=0)
        row.addWidget(side)
        row.addLayout(lanes, 1)

    def _fill_menu(self, changeable: bool) -> None:
        def add(menu: QMenu, text: str, what: str) -> QAction:
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False: self.asked.emit(what, self.number))
            return action

        # One of which only the sound is known has nothing to start from.
        self._changes = [add(self._menu, tr(text), what) for text, what in _CHANGES if changeable]
        self._menu.addSeparator()
        rate = self._menu.addMenu(tr("Rate"))
        for stars in range(MOST_STARS, -1, -1):
            add(rate, "★" * stars or tr("No rating"), f"rate_{stars}")
        for text, what in _REMARKS:
            add(self._menu, tr(text), what)

        copy = self._menu.addMenu(tr("Copy files"))
        self._copies = copy.menuAction()
        for what, (_, name) in _MARKS.items():
            add(copy, capital(tr(name)), f"copy_{what}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag.press(event)
        self.selected.emit(self.number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag.begins(event):
            self.asked.emit("drag_stems", self.number)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag.release()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """The instruments have the lines they need, as far as there are so many; all others tell how it was made."""
        left, top, right, bottom = _MARGINS
        line = self.instruments.fontMetrics().lineSpacing()
        # The frame of a row and its layout take a pixel each on either side.
        taken = sum(part.sizeHint().height() for part in self._others) + top + bottom + 4
        wanted = self.instruments.lines_wanted(theme.HEADER_WIDTH - left - right) * line
        self.instruments.setFixedHeight(max(0, min(wanted, self.minimumHeight() - taken)))
        self.facts.corner = QSize() if self._label is not None else self._marks.sizeHint()

    # What is shown

    def show_picture(self, picture: Picture) -> None:
        self.spectrogram.set_picture(picture)

    def show_stems(self, shown: bool) -> None:
        """The waveforms of the stems below the picture of the band."""
        self.stems.setVisible(shown)
        self.setFixedHeight(HEIGHT + (self.stems.height() if shown else 0))

    def show_selected(self, selected: bool) -> None:
        set_state(self, "selected", selected)
        set_state(self.badge, "selected", selected)

    def show_opinion(self, opinion: Opinion, *, picked: bool) -> None:
        """What the listener said."""
        self._opinion = opinion
        for button, on, icon in ((self.pick, picked, "trophy"), (self.favourite, opinion.favourite, "heart")):
            button.setChecked(on)
            button.set_icon(icon if on else f"{icon}-outline")
        self._show()

    def show_fit(self, fit: FitReport) -> None:
        self._fit = fit
        self._show()

    def show_beat(self, beat: str) -> None:
        """What beat it was made to, where not all in sight were made to one; else empty."""
        if beat != self._beat:
            self._beat = beat
            self._show()

    def show_writing(self, share: float | None) -> None:
        """How much of its files is written, while they are; None when nothing is."""
        self._writing = share
        self._show()

    def show_blind(self, blind_label: str | None) -> None:
        """Hides all that tells which candidate this is behind a letter; None shows it again, and which it was."""
        if self._label and blind_label is None:
            self.was = self._label
        self._label = blind_label
        self._show()

    def _show(self) -> None:
        candidate, blind = self._candidate, self._label is not None
        instruments = instrument_words(candidate)
        style = _style(candidate)
        self.badge.setText(self._label or str(self.number))
        self.title.setText(tr("Candidate {label}", label=self._label) if blind else style)
        self.instruments.setText("" if blind else instruments)
        self.fit.setText("" if blind or self._fit is None else _in_short(self._fit))
        set_state(self.fit, "poor", not blind and self._fit is not None and bool(self._fit.problems))
        self.stars.show_stars(self._opinion.stars)
        note = self._opinion.note
        was = tr("was {label}", label=self.was) if self.was else ""
        made = (note,) if blind else (was, self._beat, note, *_made(candidate))
        facts = " · ".join(filter(None, made))
        self.facts.setText(
            facts if self._writing is None else tr("Writing files: {writing:.0%}", writing=self._writing)
        )
        self.seed.setText("" if blind else _seed(candidate))
        self.facts.setToolTip("\n".join(filter(None, (*made, self.seed.text()))))
        self.lane.set_veiled(blind)
        for widget in (self.export, self._marks):
            widget.setVisible(not blind)
        self._copies.setVisible(not blind)
        for action in self._changes:
            action.setVisible(not blind)
        name = tr("Candidate {label}", label=self._label or self.number)
        spoken = ", ".join(filter(None, (name, style, self._beat, instruments)))
        self.setAccessibleName(name if blind else spoken)
        for view, what in zip(
            self.views, (tr("chords"), tr("picture of the band"), tr("waveforms of the stems")), strict=True
        ):
            view.setAccessibleName(f"{name}: {what}")
        for button, what in (
            (self.favourite, tr("favourite")),
            (self.pick, tr("pick")),
            (self.more, tr("more")),
            (self.export, tr("export")),
        ):
            button.setAccessibleName(f"{name}: {what}")
        self._share_room()


def _in_short(fit: FitReport) -> str:
    """The worst that can be said of a candidate in a few words, or how well it fits."""
    if fit.problems:
        return capital(tr(", ").join(map(tr, fit.problems)))
    shares = ((tr("Beat"), fit.beat_match), (tr("chords"), fit.chord_fit))
    return " · ".join(f"{name} {share:.0%}" for name, share in shares if share is not None)


def _style(candidate: Candidate) -> str:
    """A comp of several styles names them all."""
    styles = candidate.settings.get("styles")
    named = [str(style) for style in styles] if isinstance(styles, list | tuple) else []
    return " / ".join(map(style_title, named or [candidate.arrangement.style]))


def _made(candidate: Candidate) -> list[str]:
    """What it was made out of, else how much is played."""
    settings = candidate.settings
    if "parent" in settings:
        return [descent(settings)]
    density = settings.get("density")
    return [tr(str(density))] if density in DENSITIES else []


def _seed(candidate: Candidate) -> str:
    """Empty for one that has none of its own, as a comp."""
    seed = candidate.settings.get("seed")
    return "" if seed is None else tr("seed {seed}", seed=seed)
