"""What may be seen of a listener's marks while a comparison is blind: only those given since it began.

A heart, stars, a note or a pick from before would tell which candidate stands behind a letter, and so would a key that
takes one of them back. So every mark begins empty, and what is said from then on is said anew. Taking it back by undo
hides it again. What was said blind is kept beside the project, by the journal's entries, and is seen after a restart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from studio.core.commands import Command, Pick, SetOpinion
from studio.core.opinion import Opinion
from studio.core.project import Project
from studio.services.project.document import State, Step
from studio.storage.view_state import BlindLeft, BlindSaid

_FIELDS = frozenset(field.name for field in fields(Opinion))


@dataclass(frozen=True, eq=False)
class _Said:
    """`what` is a field of Opinion, or 'picked'."""

    command: Command
    number: int
    what: str
    value: object


class BlindMarks:
    """Of one blind comparison.

    Args:
        closed: candidates that were out of sight when it began; they stay so until the reveal.
        opened: those that were hidden, but in sight because hidden ones were shown.
    """

    def __init__(self, closed: Collection[int], opened: Collection[int] = ()) -> None:
        self._closed, self._opened = frozenset(closed), frozenset(opened)
        self._said: list[_Said] = []
        self._notes_before: dict[int, str] = {}

    @classmethod
    def restored(cls, left: BlindLeft, state: State) -> BlindMarks:
        """As they were left."""
        marks = cls(left.closed, left.opened)
        marks._notes_before = dict(left.notes_before)
        commands = {step.entry: step.command for step in (*state.done, *state.undone)}
        for said in left.said:
            command = commands.get(said.entry)
            if isinstance(command, Pick) and said.what == "picked":
                marks.say(command, said.number, said.what, command.number is not None)
            elif isinstance(command, SetOpinion) and command.number == said.number and said.what in _FIELDS:
                value = said.note if said.what == "note" else getattr(command.opinion, said.what)
                marks.say(command, said.number, said.what, value)
        return marks

    def left(self, project: Project, state: State) -> BlindLeft:
        """To be kept for the next time."""
        entries = {id(step.command): step.entry for step in (*state.done, *state.undone)}
        return BlindLeft(
            project.blind or (),
            tuple(sorted(self._closed)),
            tuple(sorted(self._opened)),
            tuple(
                BlindSaid(
                    entries[id(said.command)],
                    said.number,
                    said.what,
                    str(said.value) if said.what == "note" else "",
                )
                for said in self._said
                if id(said.command) in entries
            ),
            dict(self._notes_before),
        )

    def say(self, command: Command, number: int, what: str, value: object) -> None:
        """Something was said by a command that the document took."""
        self._said.append(_Said(command, number, what, value))

    def note(self, number: int, typed: str, kept: str) -> str:
        """The whole note of a candidate: what was typed now below what was there, which nobody sees meanwhile.

        Args:
            kept: the whole note as it is.
        """
        before = self._notes_before.setdefault(number, kept)
        return "\n".join(filter(None, (before, typed)))

    def seen(self, number: int, steps: Iterable[Step]) -> tuple[Opinion, bool]:
        """The opinion that may be seen, and whether the candidate may be seen as picked.

        Args:
            steps: what can be taken back.
        """
        seen: dict[str, object] = {}
        picked: int | None = None
        for said in self._standing(steps):
            if said.what == "picked":
                picked = said.number if said.value else None
            elif said.number == number:
                seen[said.what] = said.value
        return Opinion(**seen), picked == number  # type: ignore[arg-type]  # fields of Opinion

    def hidden(self, steps: Iterable[Step]) -> set[int]:
        """What was hidden since the comparison began."""
        hidden: set[int] = set()
        for said in self._standing(steps):
            if said.what == "hidden":
                (hidden.add if said.value else hidden.discard)(said.number)
        return hidden

    def out_of_sight(self, project: Project, poor: Collection[int]) -> set[int]:
        """The candidates that nobody sees until the reveal."""
        return set(self._closed) | (project.hidden(poor) - self._opened)

    def _standing(self, steps: Iterable[Step]) -> list[_Said]:
        there = {id(step.command) for step in steps}
        return [said for said in self._said if id(said.command) in there]
