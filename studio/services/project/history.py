"""Undo and redo: a list of changes that know how to be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """What was done, in words for a menu ('Hide candidate 2'), and how to take it back and do it again."""

    what: str
    undo: Callable[[], object]
    redo: Callable[[], object]


class History:
    """Changes in the order they were made; a new one forgets those that were undone."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []

    @property
    def undoable(self) -> str:
        """What `undo` would take back; empty for nothing."""
        return self._done[-1].what if self._done else ""

    @property
    def redoable(self) -> str:
        return self._undone[-1].what if self._undone else ""

    def do(self, change: Change) -> None:
        """Makes a change that was not made yet."""
        self._undone.clear()
        self._done.append(change)
        change.redo()

    def undo(self) -> str:
        """Takes the last change back and returns what it was; empty when there is none."""
        if not self._done:
            return ""
        change = self._done.pop()
        self._undone.append(change)
        change.undo()
        return change.what

    def redo(self) -> str:
        if not self._undone:
            return ""
        change = self._undone.pop()
        self._done.append(change)
        change.redo()
        return change.what

    def clear(self) -> None:
        self._done.clear()
        self._undone.clear()
