"""The project that is open: what was done to it, taken back and done again, told to whoever listens.

Main thread only. Every change is kept before it is told, see `Keeper`; what can be undone survives closing and crashes.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from studio.core.commands import COMMANDS, Command, apply, text_now
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.project import Project
from studio.storage.codec import from_builtins, to_builtins

#: Called with the project before, the project after, and the command that was applied.
Listener = Callable[[Project, Project, Command], None]

#: So many choices can be taken back.
MOST_STEPS = 1000


@dataclass(frozen=True)
class Step:
    """One choice that can be taken back: the journal's entry it stands in, and both ways."""

    entry: int
    command: Command
    inverse: Command


@dataclass(frozen=True)
class State:
    """All that is kept of a project: the value, what can be undone and redone (the next last), the last entry."""

    project: Project = field(default_factory=Project)
    done: tuple[Step, ...] = ()
    undone: tuple[Step, ...] = ()
    entry: int = 0

    def do(self, command: Command) -> State:
        """After a command. Raises ValueError where it does not fit."""
        after = apply(self.project, command)
        entry = self.entry + 1
        if not command.undoable:
            return State(after, self.done, self.undone, entry)
        step = Step(entry, command, command.inverse(self.project))
        return State(after, (*self.done, step)[-MOST_STEPS:], (), entry)

    def undo(self) -> State:
        """With the last choice taken back. Raises ValueError when there is none."""
        if not self.done:
            raise ValueError("nothing to undo")
        step = self.done[-1]
        after = apply(self.project, step.inverse)
        return State(after, self.done[:-1], (*self.undone, step), self.entry + 1)

    def redo(self) -> State:
        """With the choice that was last taken back. Raises ValueError when there is none."""
        if not self.undone:
            raise ValueError("nothing to redo")
        step = self.undone[-1]
        after = apply(self.project, step.command)
        return State(after, (*self.done, step), self.undone[:-1], self.entry + 1)


class Keeper(Protocol):
    """Where a document's changes are kept."""

    def append(self, entry: Mapping[str, Any], state: State) -> None:
        """Keeps one entry, after which the document is in `state`; never raises, see `Document.unkept`."""


class Document:
    """Owns the state of the project that is open.

    Args:
        state: as it was opened.
        keeper: None while nothing is kept: on an empty desk, or where a project is only looked at.
        read_only: choices and facts are refused; what is heard can be changed, and is forgotten.
        because: why it is only looked at, as a clause.
    """

    def __init__(
        self, state: State, keeper: Keeper | None = None, *, read_only: bool = False, because: str = ""
    ) -> None:
        self._state, self.keeper, self.read_only, self._because = state, keeper, read_only, because
        self._listeners: list[Listener] = []

    @property
    def project(self) -> Project:
        return self._state.project

    @property
    def state(self) -> State:
        return self._state

    @property
    def undo_text(self) -> str:
        """What `undo` would take back; empty for nothing."""
        return self._text(self._state.done[-1]) if self._state.done else ""

    @property
    def redo_text(self) -> str:
        return self._text(self._state.undone[-1]) if self._state.undone else ""

    def _text(self, step: Step) -> str:
        return text_now(step.command, step.inverse, self.project)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls back after every change; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def refusal(self) -> StudioError:
        """What is said to a change of a project that is only looked at."""
        return StudioError(
            tr("Nothing can be changed here"),
            seen=tr("a project that is only looked at: {because}", because=self._because),
            todo=_to_work_on_it(),
        )

    @property
    def looked_at(self) -> str:
        """Why nothing is kept of a project that is only looked at, and what to do; empty where it is worked on."""
        if not self.read_only:
            return ""
        only = tr("This project is only looked at: {because}", because=self._because)
        return str(StudioError(only, todo=_to_work_on_it()))

    def do(self, command: Command) -> None:
        """Applies a command, keeps it, and tells it.

        Raises:
            ValueError: where it does not fit the project; nothing has happened then.
            StudioError: for a choice in a project that is only looked at.
        """
        if self.read_only and type(command).__name__ not in ("SetMix", "SetLoop", "SetBlind"):
            raise self.refusal
        self._go(self._state.do(command), {"do": command_to_builtins(command)}, command)

    def undo(self) -> str:
        """Takes the last choice back and returns what it was; empty when there is none. Raises StudioError as `do`."""
        if not self._state.done:
            return ""
        if self.read_only:
            raise self.refusal
        step = self._state.done[-1]
        self._go(self._state.undo(), {"undo": step.entry}, step.inverse)
        return self._text(step)

    def redo(self) -> str:
        if not self._state.undone:
            return ""
        if self.read_only:
            raise self.refusal
        step = self._state.undone[-1]
        self._go(self._state.redo(), {"redo": step.entry}, step.command)
        return self._text(step)

    def _go(self, state: State, what: Mapping[str, Any], command: Command) -> None:
        before, self._state = self._state.project, state
        if self.keeper is not None:
            self.keeper.append({"entry": state.entry, "at": now(), **what}, state)
        for listener in list(self._listeners):
            listener(before, state.project, command)


def _to_work_on_it() -> str:
    return tr("File > Save as … makes a copy that can be worked on")


def replay(state: State, entry: Mapping[str, Any]) -> State:
    """The state after an entry of the journal.

    Raises:
        StudioError, ValueError: for an entry that does not follow on the state, or does not fit it.
    """
    if entry.get("entry") != state.entry + 1:
        raise ValueError(f"entry {entry.get('entry')} after {state.entry}")
    if "do" in entry:
        return state.do(command_from_builtins(entry["do"]))
    if "undo" in entry:
        return state.undo()
    if "redo" in entry:
        return state.redo()
    raise ValueError("an entry that says nothing")


class UnknownChange(StudioError):
    """A change that only another version of Backline knows."""


def command_to_builtins(command: Command) -> dict[str, Any]:
    """A command for the journal: its name, and its fields."""
    return {type(command).__name__: to_builtins(command)}


def command_from_builtins(content: object) -> Command:
    """What `command_to_builtins` gave. Raises StudioError for anything else, UnknownChange where a newer version may
    have written it."""
    if not isinstance(content, dict) or len(content) != 1:
        raise StudioError(tr("Cannot read a change of the project"), seen=f"{content!r:.80}")
    (name, fields), *_ = content.items()
    if name not in COMMANDS:
        raise UnknownChange(
            tr("Cannot read a change of the project"),
            seen=f"{name!s:.80}",
            expected=tr("one this version of Backline knows"),
        )
    return from_builtins(COMMANDS[name], fields, tr("a change of the project ({name})", name=name))


def now() -> str:
    """The time, ISO 8601 with the zone."""
    return datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
