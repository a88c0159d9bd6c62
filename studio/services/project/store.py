"""Keeps an open project: the journal at once, everything slower on a thread of its own.

Choices: a command is in the journal, as far as the operating system is concerned, before its effect is seen, so that
killing the program loses nothing. What waits for the disk (syncs, ratings, snapshots, the lock's heartbeat) has a
writer thread that nothing else uses: saving never waits behind drawing. What cannot be kept, because the disk is full,
stays in memory, is said, and is tried again with the next change.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import studio
from studio.core.commands import Judge, Pick, SetOpinion
from studio.core.errors import StudioError
from studio.core.language import capital, tr
from studio.core.project import Project
from studio.services.project.document import State, Step, command_from_builtins, command_to_builtins
from studio.storage import lock
from studio.storage.atomic import write_bytes
from studio.storage.codec import damaged, from_builtins, to_builtins
from studio.storage.journal import Journal
from studio.storage.project_folder import ProjectFolder
from studio.storage.ratings import NAME as RATINGS
from studio.storage.ratings import RatingsFile, Saying, Vote

SCHEMA_VERSION = 1
#: A row for the ratings, or (entry, whether it is taken back) for one undone or done again.
Row = Saying | Vote | tuple[int, bool]
#: A snapshot is written after so many changes, so that opening stays fast.
_SNAPSHOT_EVERY = 500
#: Changes that follow each other faster than this are synced together.
_GATHER_S = 0.2


class ProjectStore:
    """The keeper of a document. Made for a folder whose lock is ours.

    Args:
        state: what is kept there already.
        on_problem: called, on the thread that noticed, with what could not be kept; with None once it is.

    Raises:
        OSError: where the folder cannot be written.
    """

    def __init__(
        self,
        folder: ProjectFolder,
        state: State,
        on_problem: Callable[[StudioError | None], None] | None = None,
    ) -> None:
        self.folder = folder
        self._on_problem = on_problem or (lambda _: None)
        self._journal = Journal(folder.journal)
        self._state, self._snapshot_entry = state, state.entry
        self._unkept: deque[Mapping[str, Any]] = deque()
        self._sayings: deque[Row] = deque()
        self._wake = threading.Condition()
        self._dirty = self._closing = self._wants_snapshot = False
        self._beats = 0
        self._ratings_problem = ""
        self._gone = False
        self._thread = threading.Thread(target=self._work, name="project writer", daemon=True)
        self._thread.start()

    # Main thread

    def append(self, entry: Mapping[str, Any], state: State) -> None:
        """Keeps one entry, after those that could not be kept before."""
        before = self._state
        self._unkept.append(entry)
        self._state = state
        self.retry()
        saying = saying_of(entry, before.project, state)
        with self._wake:
            if saying is not None:
                self._sayings.append(saying)
            self._dirty = True
            if state.entry - self._snapshot_entry >= _SNAPSHOT_EVERY:
                self._snapshot_entry, self._wants_snapshot = state.entry, True
            self._wake.notify()

    @property
    def unkept(self) -> int:
        """How many changes are in memory only."""
        return len(self._unkept)

    def retry(self) -> None:
        """Writes what could not be written before."""
        had = len(self._unkept) > 1
        try:
            while self._unkept:
                self._journal.append(self._unkept[0])
                self._unkept.popleft()
        except OSError as error:
            self._on_problem(
                StudioError(
                    tr("The last changes are not saved yet"),
                    seen=error.strerror or str(error),
                    expected=tr("room in {path}", path=self.folder.path),
                    todo=tr(
                        "Free some space, or save the project elsewhere: they are kept in memory and tried again"
                    ),
                )
            )
            return
        if had:
            self._on_problem(None)

    def save(self) -> None:
        """Asks for a snapshot now."""
        self.retry()
        with self._wake:
            self._dirty = self._wants_snapshot = True
            self._wake.notify()

    def close(self) -> None:
        """Waits until everything is on the disk, and gives the lock back."""
        self.retry()
        with self._wake:
            self._closing = self._dirty = self._wants_snapshot = True
            self._wake.notify()
        self._thread.join()
        self._journal.close()
        lock.release(self.folder.path)

    # Writer thread

    def _work(self) -> None:
        ratings: RatingsFile | None = None
        closing = False
        while not closing:
            with self._wake:
                if not self._dirty and not self._closing:
                    self._wake.wait(lock.HEARTBEAT_S)
                if not self._closing and self._dirty:
                    self._wake.wait_for(lambda: self._closing, _GATHER_S)
                closing, dirty, snapshot = self._closing, self._dirty, self._wants_snapshot
                self._dirty = self._wants_snapshot = False
                sayings = list(self._sayings)
                self._sayings.clear()
                state = self._state
            lock.beat(self.folder.path)
            if dirty:
                self._journal.sync()
            if not (dirty or sayings or snapshot):
                continue
            if not self._is_there():
                with self._wake:  # written with the next heartbeat that finds the folder back in its place
                    self._sayings.extendleft(reversed(sayings))
                    self._wants_snapshot = self._wants_snapshot or snapshot
                continue
            if sayings:
                ratings = self._keep_sayings(ratings, sayings)
            if snapshot:
                self._keep_snapshot(state)
        if ratings is not None:
            ratings.close()

    def _is_there(self) -> bool:
        """Whether the folder is where it was. Where it is not, that is said once until it is back: the journal, which
        is open, goes with the folder and has everything, but no other file would be found under its name."""
        try:
            self.folder.require()
        except StudioError as gone:
            if not self._gone:
                self._gone = True
                self._on_problem(gone)
            return False
        if self._gone:
            self._gone = False
            self._on_problem(None)
        return True

    def _keep_sayings(self, ratings: RatingsFile | None, sayings: list[Row]) -> RatingsFile | None:
        try:
            ratings = ratings or RatingsFile(self.folder.path / RATINGS)
            for saying in sayings:
                keep_row(ratings, saying)
        except StudioError as error:
            if str(error) != self._ratings_problem:  # said once: the journal has them all the same
                self._ratings_problem = str(error)
                self._on_problem(error)
        return ratings

    def _keep_snapshot(self, state: State) -> None:
        try:
            write_snapshot(self.folder, state)
        except OSError as error:
            self._on_problem(
                StudioError(
                    tr("The project's snapshot was not written"),
                    seen=error.strerror or str(error),
                    expected=tr("room in {path}", path=self.folder.path),
                    todo=tr("Nothing is lost: its journal has everything. Free some space and save again"),
                )
            )


def keep_row(ratings: RatingsFile, row: Row) -> None:
    """Writes one row. Raises StudioError."""
    if isinstance(row, Saying):
        ratings.write([row])
    elif isinstance(row, Vote):
        ratings.write_votes([row])
    else:
        ratings.take_back(*row)


def saying_of(entry: Mapping[str, Any], before: Project, after: State) -> Row | None:
    """What an entry says of a candidate or a screen; None where it says nothing of either."""
    if "undo" in entry:
        step = after.undone[-1]
        return (step.entry, True) if isinstance(step.command, SetOpinion | Pick | Judge) else None
    if "redo" in entry:
        step = after.done[-1]
        return (step.entry, False) if isinstance(step.command, SetOpinion | Pick | Judge) else None
    command = command_from_builtins(entry["do"])
    number, at, blind = int(entry["entry"]), str(entry["at"]), before.blind is not None
    if isinstance(command, SetOpinion):
        opinion = command.opinion
        return Saying(
            number,
            at,
            command.number,
            "opinion",
            opinion.favourite,
            opinion.stars,
            opinion.hidden,
            opinion.note,
            blind,
        )
    if isinstance(command, Pick):
        return Saying(number, at, command.number, "pick", blind=blind)
    if isinstance(command, Judge):
        return Vote(number, at, command.screen, command.verdict)
    return None


def write_snapshot(folder: ProjectFolder, state: State) -> None:
    """Replaces project.json. Raises OSError."""
    content = json.dumps(snapshot_json(state), ensure_ascii=False, indent=1)
    write_bytes(folder.snapshot, content.encode("utf-8", "surrogatepass"))


def snapshot_json(state: State) -> dict[str, Any]:
    """A whole state as JSON values, for `state_from_json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "program": f"Backline {studio.__version__}",
        "entry": state.entry,
        "project": to_builtins(state.project),
        "done": [_step_json(step) for step in state.done],
        "undone": [_step_json(step) for step in state.undone],
    }


def state_from_json(content: object, what: str) -> State:
    """Reads `snapshot_json` back.

    Raises:
        StudioError: for anything else, and for what a newer program wrote.
    """
    if not isinstance(content, dict):
        raise damaged(what, ValueError("no object"))
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise StudioError(
            tr("{what} was made by a newer Backline", what=capital(what)),
            seen=tr("format {version}, {program!s:.60}", version=version, program=content.get("program", "")),
            expected=tr("format {schema_version} or older", schema_version=SCHEMA_VERSION),
            todo=tr("Open it with that version; nothing in it was changed"),
        )
    try:
        return State(
            project=from_builtins(Project, content["project"], what),
            done=tuple(_step(step) for step in content["done"]),
            undone=tuple(_step(step) for step in content["undone"]),
            entry=int(content["entry"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(what, error) from error


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "entry": step.entry,
        "command": command_to_builtins(step.command),
        "inverse": command_to_builtins(step.inverse),
    }


def _step(content: Mapping[str, Any]) -> Step:
    return Step(
        int(content["entry"]),
        command_from_builtins(content["command"]),
        command_from_builtins(content["inverse"]),
    )
