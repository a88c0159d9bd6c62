"""The keys of a rating page: which of its actions a key means now, and what that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from studio.ui.keys.key_map import KeyMap
from studio.ui.keys.shortcut_table import RATING
from studio.ui.rating.digits import digit_of

if TYPE_CHECKING:
    from studio.ui.rating.rating_page import RatingPage


class RatingKeys:
    """Turns keys into what the page does."""

    def __init__(self, page: RatingPage, keys: KeyMap) -> None:
        self._page, self._keys = page, keys
        sitting, deck = page.sitting, page.deck
        self._acts: dict[str, Callable[[], object]] = {
            "r_name_best": lambda: self._wait_for("best"),
            "r_name_worst": lambda: self._wait_for("worst"),
            "r_none": page.toggle_none,
            "r_tie": page.toggle_tie,
            "r_vote": page.go_on,
            "r_undo": sitting.undo,
            "r_redo": sitting.redo,
            "r_play": deck.toggle,
            "r_restart": deck.restart,
            "r_earlier": lambda: sitting.move_phrase(-1),
            "r_later": lambda: sitting.move_phrase(1),
            "r_breed": page.ask_to_breed,
            "r_leave": page.left.emit,
        }
        #: What a number is for, by how the names of such actions begin.
        self._counted: dict[str, Callable[[int], object]] = {
            "r_hear_": lambda number: self._on_place(number - 1),
            "r_best_": lambda number: page.name("best", number - 1),
            "r_worst_": lambda number: page.name("worst", number - 1),
            "r_stars_": lambda number: page.rate(page.heard_place, number),
        }

    def handle(self, event: QKeyEvent) -> bool:
        """Whether a key was meant for the screen."""
        shortcut = self._keys.owner(pressed(event), RATING)
        if shortcut is None:
            return False
        act = self._acts.get(shortcut.name)
        if act is not None and (shortcut.name != "r_none" or self._page.shows_screen):
            act()
        elif act is None and self._page.shows_screen:
            prefix, number = shortcut.name[:-1], int(shortcut.name[-1])
            self._counted[prefix](number)
        return True

    def _on_place(self, place: int) -> None:
        page = self._page
        if page.naming:
            page.name(page.naming, place)
        elif page.sitting.state == "revealed" and page.key_at(place) == page.deck.selected:
            page.cards[place].more.toggle()  # the same number again chooses it
        else:
            page.hear(place)

    def _wait_for(self, what: str) -> None:
        page = self._page
        if page.naming == what:
            page.name(what, page.heard_place)
        elif page.said() is not None:
            page.naming = what
            page.show_open()


def pressed(event: QKeyEvent) -> QKeySequence:
    """The key as the table names it: digits by their place where a layout writes something else on them."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.text() == "=":  # on some keyboards the 0 with Shift
        return QKeySequence("=")
    digit = digit_of(event)
    key = Qt.Key(event.key() if digit is None else Qt.Key.Key_0 + digit)
    if key == Qt.Key.Key_Enter:
        key = Qt.Key.Key_Return
    return QKeySequence(QKeyCombination(held, key))
