"""What a screen reader is told of a view that paints itself: its role, its name, and what it shows in words.

Choices: one factory for all of them, found by their methods, so that a view says its value where it is drawn and
nothing else has to be kept up to date. Qt passes a text value on to UIA and NSAccessibility, but to AT-SPI only as a
part of the description, so it is there too. What the mouse does in a view a reader can do by `spoken_actions`, which a
view may have as well. Meters are progress bars, whose number every reader gets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QObject
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleInterface,
    QAccessibleValueChangeEvent,
)
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_installed = False


@runtime_checkable
class Spoken(Protocol):
    """A widget that paints itself."""

    #: What kind of thing it is.
    spoken_role: QAccessible.Role

    def spoken_value(self) -> str:
        """What it shows now, in words."""


@runtime_checkable
class Acting(Protocol):
    """One in which something can be done."""

    def spoken_actions(self) -> Mapping[str, Callable[[], object]]:
        """What can be done now, by the names of QAccessibleActionInterface: PRESS, INCREASE, DECREASE."""


PRESS = QAccessibleActionInterface.pressAction()
INCREASE = QAccessibleActionInterface.increaseAction()
DECREASE = QAccessibleActionInterface.decreaseAction()


class _SpokenWidget(QAccessibleWidget):
    """The name is the widget's accessible name."""

    def __init__(self, widget: QWidget, spoken: Spoken) -> None:
        super().__init__(widget, spoken.spoken_role)
        self._spoken = spoken

    @property
    def _actions(self) -> Mapping[str, Callable[[], object]]:
        return self._spoken.spoken_actions() if isinstance(self._spoken, Acting) else {}

    def actionNames(self) -> list[str]:
        return [*self._actions, *super().actionNames()]

    def doAction(self, name: str, /) -> None:
        act = self._actions.get(name)
        if act is None:
            super().doAction(name)
        else:
            act()

    def text(self, kind: QAccessible.Text, /) -> str:
        if kind == QAccessible.Text.Value:
            return self._spoken.spoken_value()
        text = super().text(kind)
        if kind == QAccessible.Text.Description:
            return ". ".join(filter(None, (self._spoken.spoken_value(), text)))
        return text


def install() -> None:
    """Once for the application; later calls do nothing."""
    global _installed
    if not _installed:
        _installed = True
        QAccessible.installFactory(_interface_of)


def _interface_of(_class: str, thing: QObject) -> QAccessibleInterface | None:
    if isinstance(thing, QWidget) and isinstance(thing, Spoken):
        return _SpokenWidget(thing, thing)
    return None


def tell_value(widget: QWidget, value: object) -> None:
    """Tells readers that follow a view that its value is another one now; costs nothing where there are none."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleValueChangeEvent(widget, value))
