"""Joins the comparison of candidates with the window: keys, menu, what is said of them, blind mode, undo."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.services.project.deck_state import MOST_STARS, blind_label, blind_order, match_gain
from studio.services.project.session import Session
from studio.services.project.session_mix import MixState
from studio.ui.appearance.widgets import style_title
from studio.ui.comparing.details_dialog import DetailsDialog

if TYPE_CHECKING:
    from studio.ui.window.main_window import MainWindow

_MOST_DIRECT = 8
#: What is asked of one candidate, by a key for the one that is heard or on its row.
_ABOUT_ONE = (
    "pick", "favourite", "hide", "details", *(f"rate_{n}" for n in range(MOST_STARS + 1)),
    "vary", "vary_far", "regenerate", "export",
)  # fmt: skip


class CompareDesk(QObject):
    """Made before the window's actions, which take `handlers`; `connect_window` follows when the window stands."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._shows_hidden = False
        self._focus_order: list[int] = []
        undo = window.workflow.undo
        self.handlers: dict[str, Callable[[], object]] = {
            "undo": undo.undo,
            "redo": undo.redo,
            "previous": lambda: self._step(-1),
            "next": lambda: self._step(1),
            "swap": window.playback.swap,
            "blind": self.toggle_blind,
            "match": self._toggle_match,
            "show_hidden": self._toggle_hidden,
        }
        for what in _ABOUT_ONE:
            self.handlers[what] = partial(self._ask_of_heard, what)
        for place in range(1, _MOST_DIRECT + 1):
            self.handlers[f"candidate_{place}"] = partial(self._select_direct, place)

    def connect_window(self) -> None:
        window, deck, header = self._window, self._window.deck, self._window.desk.deck_header
        for name in ("blind", "match", "show_hidden"):
            window.actions_by_name[name].setCheckable(True)
        deck.selected.connect(window.playback.select)
        deck.asked.connect(self.ask)
        header.blind_toggled.connect(self.toggle_blind)
        header.match_toggled.connect(self._toggle_match)
        header.hidden_toggled.connect(self._toggle_hidden)
        workflow = window.workflow
        workflow.opened.connect(self._on_opened)
        workflow.deck_changed.connect(self._show)
        workflow.fit_ready.connect(self._on_fit_ready)
        workflow.candidate_added.connect(lambda _: self._show())
        workflow.undo.changed.connect(self._show_undo)
        workflow.undo.told.connect(window.status.tell)
        window.playback.mix_changed.connect(self._on_mix_changed)
        self._show_undo()
        self._on_mix_changed(window.playback.mix)

    @property
    def _session(self) -> Session | None:
        return self._window.workflow.session

    # Which one is heard

    def _step(self, direction: int) -> None:
        number = self._window.deck.neighbour(self._window.playback.mix.selected, direction)
        if number is not None:
            self._window.playback.select(number)

    def _select_direct(self, place: int) -> None:
        """The candidate of that number; in a blind comparison the one at that place."""
        number = place
        if self._session is not None and self._session.blind is not None:
            order = self._session.blind
            number = order[place - 1] if place <= len(order) else 0
        if number in self._window.deck.rows:
            self._window.playback.select(number)

    # What is said of one

    def _ask_of_heard(self, what: str) -> None:
        number = self._window.playback.mix.selected
        if number is not None:
            self.ask(what, number)

    def ask(self, what: str, number: int) -> None:
        """Does one of the things a row offers to a candidate."""
        window, session = self._window, self._session
        if session is None or number not in session.candidates:
            return
        deck, name = session.deck, self._name(number)
        remark = deck.remark(number)
        if what == "pick":
            verb = "Take the pick back from" if deck.picked == number else "Pick"
            window.workflow.set_deck(f"{verb} {name}", deck.with_pick(number))
        elif what == "favourite":
            verb = "No favourite:" if remark.favourite else "Favourite:"
            window.workflow.set_deck(
                f"{verb} {name}", deck.with_remark(number, favourite=not remark.favourite)
            )
        elif what == "hide":
            self._hide(session, number)
        elif what == "details":
            self._open_details(session, number)
        elif what.startswith("rate_"):
            stars = int(what.removeprefix("rate_"))
            window.workflow.set_deck(f"Rate {name}", deck.with_remark(number, stars=stars))
        elif what == "export":
            window.export(number)
        elif what == "regenerate":
            window.ask_what_to_regenerate(number)
        else:
            window.vary(number, "far" if what == "vary_far" else "near")

    def _hide(self, session: Session, number: int) -> None:
        """Hides a candidate, and goes on to the next if it is the one heard; or brings a hidden one back."""
        hide = number not in self._out_of_sight(session)
        heard = self._window.playback.mix.selected
        verb = "Hide" if hide else "Show"
        following = self._following(number)
        self._window.workflow.set_deck(
            f"{verb} {self._name(number)}", session.deck.with_remark(number, hidden=hide)
        )
        if hide and number == heard and following is not None:
            self._window.playback.select(following)

    def _following(self, number: int) -> int | None:
        """The candidate below, or above the last one."""
        for direction in (1, -1):
            other = self._window.deck.neighbour(number, direction)
            if other != number:
                return other
        return None

    def _open_details(self, session: Session, number: int) -> None:
        remark, blind = session.deck.remark(number), session.blind is not None
        name = self._name(number)
        candidate = None if blind else session.candidates[number]
        dialog = DetailsDialog(
            name[:1].upper() + name[1:], remark.note, candidate, session.fits.get(number), self._window
        )
        dialog.noted.connect(lambda note: self._note(number, note))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _note(self, number: int, note: str) -> None:
        session = self._session
        if session is not None:
            self._window.workflow.set_deck(
                f"Note on {self._name(number)}", session.deck.with_remark(number, note=note)
            )

    def _name(self, number: int) -> str:
        blind = self._session.blind if self._session is not None else None
        return f"candidate {number if blind is None else blind_label(blind.index(number))}"

    # How they are compared

    def toggle_blind(self) -> None:
        """Shuffles and hides who is who, starting at the first; or reveals it."""
        session, window = self._session, self._window
        if session is None or not session.candidates:
            self._show()
        elif session.blind is None:
            deck = window.deck
            order = blind_order(deck.in_sight, random.SystemRandom())
            window.workflow.set_blind((*order, *(n for n in deck.rows if n not in order)))
            if order:
                window.playback.select(order[0])
                window.playback.forget_last()  # the last two would tell which was which
        else:
            names = [
                f"{blind_label(place)} is {number}, {style_title(session.candidates[number].arrangement.style)}"
                for place, number in enumerate(session.blind)
            ]
            window.workflow.set_blind(None)
            window.status.tell(" · ".join(names))

    def _toggle_match(self) -> None:
        playback = self._window.playback
        playback.set_mix(matched=not playback.mix.matched)

    def _toggle_hidden(self) -> None:
        self._shows_hidden = not self._shows_hidden
        self._show()

    # What is shown

    def _on_opened(self, session: Session) -> None:
        self._shows_hidden, self._focus_order = False, []
        self._window.playback.set_mix(match={})
        self._show()

    def _on_fit_ready(self, number: int) -> None:
        session, window = self._session, self._window
        if session is None:
            return
        fit, vocal = session.fits[number], session.made[number].analysis
        gain = match_gain(fit.loudness_lufs, vocal.loudness_lufs)
        window.playback.set_mix(match={**window.playback.mix.match, number: gain})
        window.deck.rows[number].show_fit(fit)
        self._show()

    def _on_mix_changed(self, mix: MixState) -> None:
        self._window.actions_by_name["match"].setChecked(mix.matched)
        self._window.desk.deck_header.show_matched(mix.matched)
        for what in _ABOUT_ONE:
            self._window.actions_by_name[what].setEnabled(mix.selected is not None)
        self._show()

    def _out_of_sight(self, session: Session) -> set[int]:
        heard = self._window.playback.mix.selected
        return session.deck.hidden(session.poor, session.candidates, keep=heard)

    def _show(self) -> None:
        session, window = self._session, self._window
        if session is None:
            return
        hidden = self._out_of_sight(session) & window.deck.rows.keys()
        poor = {n for n in hidden if session.deck.remark(n).hidden is None}
        header = window.desk.deck_header
        header.show_candidates(len(window.deck.rows), blind=session.blind is not None)
        header.show_hidden(len(poor), len(hidden - poor), shown=self._shows_hidden)
        window.actions_by_name["blind"].setChecked(session.blind is not None)
        window.actions_by_name["show_hidden"].setChecked(self._shows_hidden)
        window.deck.show_state(session.deck, () if self._shows_hidden else hidden, session.blind)
        if list(window.deck.rows) != self._focus_order:
            self._focus_order = list(window.deck.rows)
            window.deck.follow_in_focus(header.blind)

    def _show_undo(self) -> None:
        history = self._window.workflow.undo.history
        for name, verb, what in (("undo", "Undo", history.undoable), ("redo", "Redo", history.redoable)):
            action = self._window.actions_by_name[name]
            action.setText(f"{verb}: {what}" if what else verb)
            action.setEnabled(bool(what))
