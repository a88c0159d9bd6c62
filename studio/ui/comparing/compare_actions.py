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

from studio.core.commands import Command, Pick, SetBlind, SetOpinion
from studio.core.mix import Mix, match_gain
from studio.core.opinion import MOST_STARS, blind_label, blind_order
from studio.core.project import Project
from studio.services.project.song import Song
from studio.ui.appearance.widgets import style_title
from studio.ui.comparing.candidate_list import CandidateList
from studio.ui.comparing.details_dialog import DetailsDialog
from studio.ui.comparing.list_header import ListHeader
from studio.ui.listening.playback import Playback
from studio.ui.window.workspace import Workspace

_MOST_DIRECT = 8
#: What is asked of one candidate, by a key for the one that is heard or on its row.
_ABOUT_ONE = (
    "pick", "favourite", "hide", "details", *(f"rate_{n}" for n in range(MOST_STARS + 1)),
    "vary", "vary_far", "regenerate", "export",
)  # fmt: skip


class CompareActions(QObject):
    """`handlers` are what the window's actions do; `attach` follows when the actions stand.

    Emits `asked` (what, number) for what is not its own: 'vary', 'vary_far', 'regenerate' and 'export'.
    """

    asked = Signal(str, int)

    def __init__(
        self,
        workspace: Workspace,
        playback: Playback,
        rows: CandidateList,
        header: ListHeader,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._playback, self._rows, self._header = workspace, playback, rows, header
        self._parent = parent
        self._actions: Mapping[str, QAction] = {}
        self._shows_hidden = False
        self._focus_order: list[int] = []
        self.handlers: dict[str, Callable[[], object]] = {
            "undo": workspace.undo,
            "redo": workspace.redo,
            "previous": lambda: self._step(-1),
            "next": lambda: self._step(1),
            "swap": playback.swap,
            "blind": self.toggle_blind,
            "match": self._toggle_match,
            "show_hidden": self._toggle_hidden,
        }
        for what in _ABOUT_ONE:
            self.handlers[what] = partial(self._ask_of_heard, what)
        for place in range(1, _MOST_DIRECT + 1):
            self.handlers[f"candidate_{place}"] = partial(self._select_direct, place)

    def attach(self, actions: Mapping[str, QAction]) -> None:
        """Wires everything, with the window's actions by name."""
        self._actions = actions
        for name in ("blind", "match", "show_hidden"):
            actions[name].setCheckable(True)
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
        if number in self._rows.rows:
            self._playback.select(number)

    # What is said of one

    def _ask_of_heard(self, what: str) -> None:
        number = self._playback.mix.selected
        if number is not None:
            self.ask(what, number)

    def ask(self, what: str, number: int) -> None:
        """Does one of the things a row offers to a candidate."""
        project, do = self._workspace.project, self._workspace.do
        if number not in project.numbers:
            return
        name, opinion = self._name(number), project.opinion(number)
        if what == "pick":
            picked = project.picked == number
            verb = "Take the pick back from" if picked else "Pick"
            do(Pick(None if picked else number, f"{verb} {name}"))
        elif what == "favourite":
            verb = "No favourite:" if opinion.favourite else "Favourite:"
            do(SetOpinion(number, replace(opinion, favourite=not opinion.favourite), f"{verb} {name}"))
        elif what == "hide":
            self._hide(number)
        elif what == "details":
            self._open_details(number)
        elif what.startswith("rate_"):
            stars = int(what.removeprefix("rate_"))
            if stars != opinion.stars:
                do(SetOpinion(number, replace(opinion, stars=stars), f"Rate {name}"))
        else:
            self.asked.emit(what, number)

    def _hide(self, number: int) -> None:
        """Hides a candidate, and goes on to the next if it is the one heard; or brings a hidden one back."""
        song = self._workspace.song
        if song is None:
            return
        hide = number not in song.project.hidden(song.poor)
        heard = self._playback.mix.selected
        following = self._following(number)
        opinion = replace(song.project.opinion(number), hidden=hide)
        self._workspace.do(SetOpinion(number, opinion, f"{'Hide' if hide else 'Show'} {self._name(number)}"))
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
        candidate = None if song.project.blind is not None else song.candidates.get(number)
        dialog = DetailsDialog(
            name[:1].upper() + name[1:],
            song.project.opinion(number).note,
            candidate,
            song.fits.get(number),
            self._parent,
        )

        def on_noted(note: str) -> None:
            opinion = song.project.opinion(number)
            if song is self._workspace.song and note != opinion.note:
                what = f"Note on {self._name(number)}"
                self._workspace.do(SetOpinion(number, replace(opinion, note=note), what))

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
            order = blind_order(self._rows.in_sight, random.SystemRandom())
            rest = (number for number in song.project.numbers if number not in order)
            self._workspace.do(SetBlind((*order, *rest)))
            if order:
                self._playback.select(order[0])
                self._playback.forget_last()  # the last two would tell which was which
        else:
            styles = {number: candidate.arrangement.style for number, candidate in song.candidates.items()}
            names = [
                f"{blind_label(place)} is {number}, {style_title(styles.get(number, ''))}"
                for place, number in enumerate(blind)
            ]
            self._workspace.do(SetBlind(None))
            self._workspace.told.emit(" · ".join(names))

    def _toggle_match(self) -> None:
        self._playback.set_mix(matched=not self._playback.mix.matched)

    def _toggle_hidden(self) -> None:
        self._shows_hidden = not self._shows_hidden
        self._show()

    # What is shown

    def _on_opened(self, _: Song) -> None:
        self._shows_hidden, self._focus_order = False, []
        self._show()
        self._show_undo()

    def _on_changed(self, before: Project, after: Project, _: Command) -> None:
        if (before.opinions, before.picked, before.blind, before.candidates) != (
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

    def _on_mix_changed(self, mix: Mix) -> None:
        self._actions["match"].setChecked(mix.matched)
        self._header.show_matched(mix.matched)
        for what in _ABOUT_ONE:
            self._actions[what].setEnabled(mix.selected is not None)
        self._show()

    def show(self) -> None:
        """Shows the project's opinions again, as after a row was added."""
        self._show()

    def _show(self) -> None:
        song = self._workspace.song
        if song is None:
            return
        project = song.project
        hidden = project.hidden(song.poor) & self._rows.rows.keys()
        poor = {n for n in hidden if project.opinion(n).hidden is None}
        self._header.show_candidates(len(self._rows.rows), blind=project.blind is not None)
        self._header.show_hidden(len(poor), len(hidden - poor), shown=self._shows_hidden)
        self._actions["blind"].setChecked(project.blind is not None)
        self._actions["show_hidden"].setChecked(self._shows_hidden)
        self._rows.show_state(project, () if self._shows_hidden else hidden)
        if list(self._rows.rows) != self._focus_order:
            self._focus_order = list(self._rows.rows)
            self._rows.follow_in_focus(self._header.blind)

    def _show_undo(self) -> None:
        document = self._workspace.document
        texts = (("undo", "Undo", document.undo_text), ("redo", "Redo", document.redo_text))
        for name, verb, what in texts:
            self._actions[name].setText(f"{verb}: {what}" if what else verb)
            self._actions[name].setEnabled(bool(what))
