"""The comparison of candidates: keys, rows, what is said of them, blind mode. Turns intents into commands."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from studio.core.commands import Command, Pick, SetBlind, SetOpinion, told
from studio.core.language import capital, tr
from studio.core.mix import Mix, match_gain
from studio.core.opinion import MOST_STARS, Opinion, blind_label, blind_order
from studio.core.project import Project
from studio.services.project.song import Song
from studio.storage.view_state import BlindLeft
from studio.ui.appearance.widgets import style_title
from studio.ui.comparing.blind_marks import BlindMarks
from studio.ui.comparing.candidate_list import CandidateList
from studio.ui.comparing.details_dialog import DetailsDialog
from studio.ui.comparing.list_header import ListHeader
from studio.ui.listening.playback import Playback
from studio.ui.window.preferences import Preferences
from studio.ui.window.workspace import Workspace

_PICTURES = "blind_hides_pictures"
_MOST_DIRECT = 8
#: What is asked of one candidate, by a key for the one that is heard or on its row.
_ABOUT_ONE = (
    "pick", "favourite", "hide", "details", *(f"rate_{n}" for n in range(MOST_STARS + 1)),
    "vary", "vary_far", "regenerate", "instrument", "breed", "export",
    "copy_stems", "copy_band", "copy_mix", "copy_midi",
)  # fmt: skip


class CompareActions(QObject):
    """`handlers` are what the window's actions do; `attach` follows when the actions stand.

    While a comparison is blind, what was said before it began is out of sight, see `BlindMarks`, and what would name
    the candidate is refused.

    Emits `asked` (what, number) for what is not its own: 'vary', 'vary_far', 'regenerate',
    'instrument', 'breed', and what leaves the window: see ExportActions.
    """

    asked = Signal(str, int)

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        rows: CandidateList,
        header: ListHeader,
        preferences: Preferences,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._workspace, self._playback, self._rows, self._header = workspace, playback, rows, header
        self._parent = parent
        self._actions: Mapping[str, QAction] = {}
        self._shows_hidden = self._showed_hidden = False
        self._marks: BlindMarks | None = None
        self._focus_order: list[int] = []
        self.handlers: dict[str, Callable[[], object]] = {
            "previous": lambda: self._step(-1),
            "next": lambda: self._step(1),
            "swap": playback.swap,
            "blind": self.toggle_blind,
            "match": self._toggle_match,
            "show_hidden": self._toggle_hidden,
            "hide_pictures": self._toggle_pictures,
        }
        for what in _ABOUT_ONE:
            self.handlers[what] = partial(self._ask_of_heard, what)
        for place in range(1, _MOST_DIRECT + 1):
            self.handlers[f"candidate_{place}"] = partial(self._select_direct, place)

    def attach(self, actions: Mapping[str, QAction]) -> None:
        """Wires everything, with the window's actions by name."""
        self._actions = actions
        for name in ("blind", "match", "show_hidden", "hide_pictures"):
            actions[name].setCheckable(True)
        actions["hide_pictures"].setChecked(self._hides_pictures)
        rows, header, workspace = self._rows, self._header, self._workspace
        rows.selected.connect(self._playback.select)
        rows.asked.connect(self.ask)
        header.blind_toggled.connect(self.toggle_blind)
        header.match_toggled.connect(self._toggle_match)
        header.hidden_toggled.connect(self._toggle_hidden)
        workspace.opened.connect(self._on_opened)
        workspace.changed.connect(self._on_changed)
        self._playback.mix_changed.connect(self._on_mix_changed)
        self._show_undo()
        self._on_mix_changed(self._playback.mix)

    # Which one is heard

    def _step(self, direction: int) -> None:
        number = self._rows.neighbour(self._playback.mix.selected, direction)
        if number is not None:
            self._playback.select(number)

    def _select_direct(self, place: int) -> None:
        """The candidate of that number; in a blind comparison the one at that place."""
        number, order = place, self._workspace.project.blind
        if order is not None:
            number = order[place - 1] if place <= len(order) else 0
            number = number if number in self._rows.in_sight else 0
        if number in self._rows.rows:
            self._playback.select(number)

    # What is said of one

    def _ask_of_heard(self, what: str) -> None:
        number = self._playback.mix.selected
        if number is None:
            self._workspace.tell_nothing_heard()
        else:
            self.ask(what, number)

    def ask(self, what: str, number: int) -> None:
        """Does one of the things a row offers to a candidate."""
        project = self._workspace.project
        if number not in project.numbers:
            return
        name, opinion = self._name(number), project.opinion(number)
        seen, picked = self._seen(number)
        if what == "pick":
            verb = "Take the pick back from" if picked else "Pick"
            self._say(Pick(None if picked else number, f"{verb} {name}"), number, "picked", not picked)
        elif what == "favourite":
            verb = "No favourite:" if seen.favourite else "Favourite:"
            self._say_of(number, opinion, "favourite", not seen.favourite, f"{verb} {name}")
        elif what == "hide":
            self._hide(number)
        elif what == "details":
            self._open_details(number)
        elif what.startswith("rate_"):
            stars = int(what.removeprefix("rate_"))
            if stars != seen.stars:
                self._say_of(number, opinion, "stars", stars, f"Rate {name}")
        elif project.blind is not None:
            self._workspace.told.emit(tr("Reveal first (B): this would tell which candidate it is"))
        else:
            self.asked.emit(what, number)

    def _say_of(self, number: int, opinion: Opinion, field: str, value: object, what: str) -> bool:
        said = replace(opinion, **{field: value})  # type: ignore[arg-type]  # a field of Opinion
        return self._say(SetOpinion(number, said, what), number, field, value)

    def _say(self, command: Command, number: int, field: str, value: object) -> bool:
        """Gives the command, and keeps that it was said blind, where it was."""
        if self._marks is not None:
            self._marks.say(command, number, field, value)
        return self._workspace.do(command)

    def _seen(self, number: int) -> tuple[Opinion, bool]:
        """What may be seen of what was said of a candidate, and whether it may be seen as picked."""
        document = self._workspace.document
        if self._marks is not None:
            return self._marks.seen(number, document.state.done)
        return document.project.opinion(number), document.project.picked == number

    def _hidden(self, song: Song) -> set[int]:
        """The candidates that the listener, or a poor fit, has out of sight."""
        if self._marks is not None:
            return self._marks.hidden(song.document.state.done)
        return song.project.hidden(song.poor)

    def _hide(self, number: int) -> None:
        """Hides a candidate, and goes on to the next if it is the one heard; or brings a hidden one back."""
        song = self._workspace.song
        if song is None:
            return
        hide = number not in self._hidden(song)
        heard = self._playback.mix.selected
        following = self._following(number)
        what = f"{'Hide' if hide else 'Show'} {self._name(number)}"
        self._say_of(number, song.project.opinion(number), "hidden", hide, what)
        if hide and number == heard and following is not None:
            self._playback.select(following)

    def _following(self, number: int) -> int | None:
        """The candidate below, or above the last one."""
        for direction in (1, -1):
            other = self._rows.neighbour(number, direction)
            if other != number:
                return other
        return None

    def _open_details(self, number: int) -> None:
        song = self._workspace.song
        if song is None:
            return
        name = self._name(number)
        marks = self._marks
        candidate = None if song.project.blind is not None else song.candidates.get(number)
        dialog = DetailsDialog(
            capital(told(name)),
            self._seen(number)[0].note,
            candidate,
            song.fits.get(number),
            song.levels.get(number),
            self._parent,
        )

        def on_noted(note: str) -> None:
            if song is not self._workspace.song or note == self._seen(number)[0].note:
                return
            opinion, what = song.project.opinion(number), f"Note on {self._name(number)}"
            whole = note if marks is None else marks.note(number, note, opinion.note)
            self._say(SetOpinion(number, replace(opinion, note=whole), what), number, "note", note)
            if dialog.result() != DetailsDialog.DialogCode.Accepted:
                self._workspace.told.emit(tr("{what} kept; Ctrl+Z takes it back", what=told(what)))

        dialog.noted.connect(on_noted)
        # What it shows is of this song: it goes with it.
        self._workspace.opened.connect(dialog.reject)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _name(self, number: int) -> str:
        blind = self._workspace.project.blind
        return f"candidate {number if blind is None else blind_label(blind.index(number))}"

    # How they are compared

    def toggle_blind(self) -> None:
        """Shuffles and hides who is who, starting at the first; or reveals it."""
        song = self._workspace.song
        if song is None or not song.project.candidates:
            self._show()
            return
        blind = song.project.blind
        if blind is None:
            in_sight = self._rows.in_sight
            order = blind_order(in_sight, random.SystemRandom())
            rest = [number for number in song.project.numbers if number not in order]
            self._marks = BlindMarks(rest, song.project.hidden(song.poor) & set(in_sight))
            self._showed_hidden, self._shows_hidden = self._shows_hidden, False
            self._workspace.do(SetBlind((*order, *rest)))
            if order:
                self._playback.select(order[0])
                self._playback.forget_last()  # the last two would tell which was which
        else:
            styles = {number: candidate.arrangement.style for number, candidate in song.candidates.items()}
            names = [
                tr(
                    "{blind_label} is {number}, {styles}",
                    blind_label=blind_label(place),
                    number=number,
                    styles=style_title(styles.get(number, "")),
                )
                for place, number in enumerate(blind)
            ]
            self._marks, self._shows_hidden = None, self._showed_hidden
            self._workspace.do(SetBlind(None))
            self._workspace.told.emit(" · ".join(names))

    @property
    def _hides_pictures(self) -> bool:
        return self._preferences.get(_PICTURES, False)

    def _toggle_pictures(self) -> None:
        """Whether a blind comparison hides the pictures too, now and from now on."""
        self._preferences.set(_PICTURES, not self._hides_pictures)
        self._show()

    def _toggle_match(self) -> None:
        self._playback.set_mix(matched=not self._playback.mix.matched)

    def _toggle_hidden(self) -> None:
        self._shows_hidden = not self._shows_hidden
        self._show()

    # What is shown

    def _on_opened(self, song: Song) -> None:
        self._shows_hidden = self._showed_hidden = False
        self._focus_order = []
        project = song.project
        left = song.view.blind
        if project.blind is None:
            self._marks = None
        elif left is not None and left.order == project.blind:
            self._marks = BlindMarks.restored(left, song.document.state)
        else:  # nobody can tell what was said blind: all is hidden until the reveal
            self._marks = BlindMarks(project.hidden(()))
        for number, row in self._rows.rows.items():
            row.was = song.view.letters.get(number, "")
        self._show()
        self._show_undo()

    def _on_changed(self, before: Project, after: Project, command: Command) -> None:
        # What is said again blind changes nothing but what may be seen.
        said = isinstance(command, SetOpinion | Pick)
        if said or (before.opinions, before.picked, before.blind, before.candidates) != (
            after.opinions, after.picked, after.blind, after.candidates,
        ):  # fmt: skip
            self._show()
        self._show_undo()

    def on_measured(self, number: int) -> None:
        """A fit report is there."""
        song = self._workspace.song
        if song is None or number not in song.fits or number not in self._rows.rows:
            return
        fit = song.fits[number]
        loudness = song.analysis.loudness_lufs if song.analysis is not None else 0.0
        self._playback.set_match(number, match_gain(fit.loudness_lufs, loudness) if song.analysis else 1.0)
        self._rows.rows[number].show_fit(fit)
        self._show()

    def on_analysed(self, song: Any) -> None:
        """The vocal's loudness is known, which candidates are matched to."""
        for number in song.fits:
            self.on_measured(number)
        self._show()  # they may have been made to another beat than it is now

    def _on_mix_changed(self, mix: Mix) -> None:
        self._actions["match"].setChecked(mix.matched)
        self._header.show_matched(mix.matched)
        self._show()

    @property
    def blind_left(self) -> BlindLeft | None:
        """The comparison as it is to be kept, where it is blind."""
        document = self._workspace.document
        return None if self._marks is None else self._marks.left(document.project, document.state)

    @property
    def letters(self) -> dict[int, str]:
        """By number, the letter in the comparison that was revealed last."""
        return {number: row.was for number, row in self._rows.rows.items() if row.was}

    @property
    def hides_any(self) -> bool:
        """Whether there are candidates out of sight, or would be."""
        song = self._workspace.song
        return song is not None and bool(self._hidden(song) & self._rows.rows.keys())

    def show(self) -> None:
        """Shows the project's opinions again, as after a row was added."""
        self._show()

    def _show(self) -> None:
        song = self._workspace.song
        if song is None:
            return
        project, rows = song.project, self._rows.rows.keys()
        blind = project.blind is not None
        hidden = self._hidden(song) & rows
        poor: set[int] = set() if self._marks else {n for n in hidden if project.opinion(n).hidden is None}
        out = set() if self._shows_hidden else hidden
        if self._marks is not None:
            out = out | ((self._marks.out_of_sight(project, song.poor) - hidden) & rows)
        self._header.show_candidates(len(self._rows.rows), blind=blind)
        self._header.show_hidden(len(poor), len(hidden - poor), shown=self._shows_hidden)
        self._actions["blind"].setChecked(blind)
        self._actions["show_hidden"].setChecked(self._shows_hidden)
        self._rows.show_state(
            project,
            {number: self._seen(number) for number in rows},
            out,
            grid=None if song.analysis is None else song.analysis.grid,
            pictures=not self._hides_pictures,
        )
        if list(self._rows.rows) != self._focus_order:
            self._focus_order = list(self._rows.rows)
            self._rows.follow_in_focus(self._header.blind)

    def _show_undo(self) -> None:
        document = self._workspace.document
        texts = (
            ("undo", tr("Undo"), told(document.undo_text)),
            ("redo", tr("Redo"), told(document.redo_text)),
        )
        for name, verb, what in texts:
            self._actions[name].setText(f"{verb}: {what}" if what else verb)
            self._actions[name].setEnabled(bool(what))
