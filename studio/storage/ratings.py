"""ratings.db: everything that was ever said of a project's candidates and screens, one row a saying, taken back or not.

The project knows what holds now; this knows how it came about, which is what a taste can be learnt from. Rows carry the
number of the journal's entry, so that writing them again after a crash changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.screen import Verdict
from studio.storage.codec import from_json, to_json
from studio.storage.database import BROKEN, open_database, refusal

NAME = "ratings.db"
#: 2 added the verdicts on screens.
SCHEMA_VERSION = 2
_SAYINGS = """
CREATE TABLE IF NOT EXISTS sayings (
    entry INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    candidate INTEGER,
    what TEXT NOT NULL,
    favourite INTEGER, stars INTEGER, hidden INTEGER, note TEXT,
    blind INTEGER NOT NULL,
    taken_back INTEGER NOT NULL DEFAULT 0
)
"""
_VOTES = """
CREATE TABLE IF NOT EXISTS votes (
    entry INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    screen INTEGER NOT NULL,
    verdict TEXT,
    taken_back INTEGER NOT NULL DEFAULT 0
)
"""
_COLUMNS = "entry, at, candidate, what, favourite, stars, hidden, note, blind, taken_back"


@dataclass(frozen=True)
class Saying:
    """One thing said.

    Attributes:
        entry: of the journal.
        at: ISO 8601.
        candidate: None where a pick was taken back.
        what: 'opinion' or 'pick'.
        blind: whether it was said without knowing which candidate it was.
        taken_back: whether it was undone.
    """

    entry: int
    at: str
    candidate: int | None
    what: str
    favourite: bool = False
    stars: int = 0
    hidden: bool | None = None
    note: str = ""
    blind: bool = False
    taken_back: bool = False


@dataclass(frozen=True)
class Vote:
    """What was said of a screen.

    Attributes:
        entry, at, taken_back: see `Saying`.
        screen: its number in the project.
        verdict: None where it was said that nothing is said of it.
    """

    entry: int
    at: str
    screen: int
    verdict: Verdict | None
    taken_back: bool = False


class RatingsFile:
    """The open database. Belongs to one thread.

    Raises:
        StudioError: for a file that is no such database, or of a newer program.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = open_database(
            path,
            SCHEMA_VERSION,
            pragmas=("journal_mode=WAL", "synchronous=NORMAL"),
            prepare=_prepare,
            unusable=_unusable,
            newer=tr("Open the project with the newer Backline that made it"),
        )

    def write(self, sayings: Iterable[Saying]) -> None:
        """Keeps sayings; one with the number of an earlier one replaces it."""
        rows = [
            (
                s.entry,
                s.at,
                s.candidate,
                s.what,
                s.favourite,
                s.stars,
                s.hidden,
                s.note,
                s.blind,
                s.taken_back,
            )
            for s in sayings
        ]
        self._run("INSERT OR REPLACE INTO sayings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def write_votes(self, votes: Iterable[Vote]) -> None:
        """Keeps votes; one with the number of an earlier one replaces it."""
        rows = [
            (
                v.entry,
                v.at,
                v.screen,
                None if v.verdict is None else to_json(v.verdict).decode(),
                v.taken_back,
            )
            for v in votes
        ]
        self._run("INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?, ?)", rows)

    def take_back(self, entry: int, taken_back: bool = True) -> None:
        """What was said in an entry was undone, or done again."""
        self._run("UPDATE sayings SET taken_back = ? WHERE entry = ?", [(taken_back, entry)])
        self._run("UPDATE votes SET taken_back = ? WHERE entry = ?", [(taken_back, entry)])

    def read(self) -> tuple[Saying, ...]:
        """Everything, oldest first. Raises StudioError for what was not written here."""
        try:
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM sayings ORDER BY entry").fetchall()
        except BROKEN as error:
            raise _unusable(self._path, error) from error
        if not all(_is_whole(row) for row in rows):  # any column of SQLite may hold any value
            raise _unusable(self._path, sqlite3.DatabaseError(tr("a row that is not what was written")))
        return tuple(
            Saying(
                entry, at, candidate, what, bool(favourite), int(stars or 0),
                None if hidden is None else bool(hidden), note or "", bool(blind), bool(taken_back),
            )
            for entry, at, candidate, what, favourite, stars, hidden, note, blind, taken_back in rows
        )  # fmt: skip

    def votes(self) -> tuple[Vote, ...]:
        """Every vote, oldest first. Raises StudioError for what was not written here."""
        try:
            rows = self._db.execute(
                "SELECT entry, at, screen, verdict, taken_back FROM votes ORDER BY entry"
            ).fetchall()
        except BROKEN as error:
            raise _unusable(self._path, error) from error
        votes = []
        for entry, at, screen, verdict, taken_back in rows:
            whole = all(isinstance(n, int) for n in (entry, screen, taken_back)) and isinstance(at, str)
            if not whole or not isinstance(verdict, str | None):
                raise _unusable(self._path, sqlite3.DatabaseError(tr("a vote that is not what was written")))
            said = None if verdict is None else from_json(Verdict, verdict.encode(), tr("a vote"))
            votes.append(Vote(entry, at, screen, said, bool(taken_back)))
        return tuple(votes)

    def close(self) -> None:
        self._db.close()

    def _run(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        try:
            with self._db:
                self._db.execute("BEGIN")
                self._db.executemany(statement, rows)
        except BROKEN as error:
            raise _unusable(self._path, error) from error


def _is_whole(row: tuple[object, ...]) -> bool:
    entry, at, candidate, what, favourite, stars, hidden, note, blind, taken_back = row
    optional = (candidate, favourite, stars, hidden)
    numbers = (entry, blind, taken_back, *(value for value in optional if value is not None))
    texts = (at, what, note or "")
    return all(isinstance(n, int) for n in numbers) and all(isinstance(text, str) for text in texts)


def _prepare(db: sqlite3.Connection, _: int) -> None:
    db.execute(_SAYINGS)
    db.execute(_VOTES)
    db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _unusable(path: Path, error: Exception) -> StudioError:
    return refusal(
        path,
        error,
        expected=tr("the project's ratings, as Backline wrote them"),
        todo=tr("The project itself is not affected; move the file away to begin a new one"),
    )
