"""The keys of a rating page, see the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from studio.ui.rating.digits import digit_of

if TYPE_CHECKING:
    from studio.ui.rating.rating_page import RatingPage

_SHIFT, _ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


class RatingKeys:
    """Turns keys into what the page does."""

    def __init__(self, page: RatingPage) -> None:
        self._page = page

    def handle(self, event: QKeyEvent) -> bool:
        """Whether a key was meant for the screen."""
        held, digit = event.modifiers(), digit_of(event)
        if event.text() == "=":  # on some keyboards the 0 with Shift
            self._page.toggle_tie()
            return True
        if digit is not None and self._handle_digit(digit, held):
            return True
        key = event.key()
        if held & _CONTROL:
            if key == Qt.Key.Key_Z:
                (self._page.sitting.redo if held & _SHIFT else self._page.sitting.undo)()
                return True
            return False
        if held & _ALT:
            if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                self._page.sitting.move_phrase(-1 if key == Qt.Key.Key_Left else 1)
                return True
            return False
        return self._handle_plain(key)

    def _handle_digit(self, digit: int, held: Qt.KeyboardModifier) -> bool:
        if not self._page.shows_screen:
            return False
        place = digit - 1
        if held & _CONTROL:
            if digit <= 5:
                self._page.rate(self._page.heard_place, digit)
            return True
        if held & _ALT:
            self._page.name("worst", place)
        elif held & _SHIFT:
            self._page.name("best", place)
        elif digit == 0:
            self._page.toggle_none()
        elif self._page.naming:
            self._page.name(self._page.naming, place)
        elif self._page.sitting.state == "revealed" and self._page.key_at(place) == self._page.deck.selected:
            self._page.cards[place].more.toggle()  # the same number again chooses it
        else:
            self._page.hear(place)
        return True

    def _handle_plain(self, key: int) -> bool:
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._page.go_on()
        elif key == Qt.Key.Key_Space:
            self._page.deck.toggle()
        elif key == Qt.Key.Key_Home:
            self._page.deck.restart()
        elif key == Qt.Key.Key_M:
            self._page.ask_to_breed()
        elif key == Qt.Key.Key_Escape:
            self._page.left.emit()
        elif key in (Qt.Key.Key_B, Qt.Key.Key_W):
            what = "best" if key == Qt.Key.Key_B else "worst"
            if self._page.naming == what:
                self._page.name(what, self._page.heard_place)
            elif self._page.said() is not None:
                self._page.naming = what
                self._page.show_open()
        else:
            return False
        return True
