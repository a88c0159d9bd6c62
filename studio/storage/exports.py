"""exports.db of the user: what this computer exported, by which a file is known again whose marks are gone.

It holds no sound: of each file a print of its sound (see dsp.sound_print), and of each candidate its ticket and the
prints of its tune. Nothing leaves the computer. The oldest go when there are many.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.storage.database import BROKEN, open_database, refusal

NAME = "exports.db"
SCHEMA_VERSION = 1
#: Candidates that are remembered; each takes some 150 kB for a song of three minutes.
_MOST = 2000
_TABLES = """
CREATE TABLE IF NOT EXISTS candidates (
    ticket TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    title TEXT NOT NULL,
    number INTEGER NOT NULL,
    request BLOB NOT NULL,
    tune BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS sounds (
    ticket TEXT NOT NULL REFERENCES candidates(ticket) ON DELETE CASCADE,
    name TEXT NOT NULL,
    print BLOB NOT NULL,
    PRIMARY KEY (ticket, name)
);
"""


@dataclass(frozen=True, eq=False)
class ExportedSong:
    """A candidate that was exported.

    Attributes:
        ticket, request: the ticket's id, and the ticket as it is packed.
        at: ISO 8601.
        title, number: the vocal's name, and the candidate's number.
        tune: uint32, see core.tune_print; empty where there are no notes.
    """

    ticket: str
    at: str
    title: str
    number: int
    request: str
    tune: NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class ExportedSound:
    """A file of one: its name, such as 'drums', and its print."""

    song: ExportedSong
    name: str
    print: NDArray[np.uint32]


class Exports:
    """The open database; a context manager. Belongs to one thread.

    Raises:
        StudioError: for a file that is not one of ours, or of a newer program.
    """

    def __init__(self, data_dir: Path) -> None:
        path = data_dir / NAME

        def prepare(db: sqlite3.Connection, _version: int) -> None:
            db.executescript(_TABLES)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

        self._path = path
        self._db = open_database(
            path,
            SCHEMA_VERSION,
            pragmas=("foreign_keys = ON", "journal_mode = WAL", "synchronous = NORMAL"),
            prepare=prepare,
            unusable=_unusable,
            newer="Update Backline",
        )

    def __enter__(self) -> Exports:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, song: ExportedSong, sounds: Iterable[tuple[str, NDArray[np.uint32]]]) -> None:
        """Remembers an export, in the place of an earlier one of the same candidate. Raises StudioError."""
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.execute("DELETE FROM candidates WHERE ticket = ?", (song.ticket,))
                db.execute(
                    "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        song.ticket,
                        song.at,
                        song.title,
                        song.number,
                        song.request.encode(),
                        song.tune.tobytes(),
                    ),
                )
                db.executemany(
                    "INSERT INTO sounds VALUES (?, ?, ?)",
                    [(song.ticket, name, print_.tobytes()) for name, print_ in sounds],
                )
                db.execute(
                    "DELETE FROM candidates WHERE rowid NOT IN "
                    "(SELECT rowid FROM candidates ORDER BY rowid DESC LIMIT ?)",
                    (_MOST,),
                )
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise
        except BROKEN as error:
            raise _unusable(self._path, error) from error

    def song(self, ticket: str) -> ExportedSong | None:
        """The export of a ticket; None where it is not known here. Raises StudioError."""
        return next(iter(self._songs("WHERE ticket = ?", (ticket,))), None)

    def songs(self) -> list[ExportedSong]:
        """All that are remembered, the latest first. Raises StudioError."""
        return self._songs("ORDER BY rowid DESC", ())

    def sounds(self) -> Iterator[ExportedSound]:
        """All files, the latest first. Raises StudioError."""
        for song in self.songs():
            try:
                rows = self._db.execute(
                    "SELECT name, print FROM sounds WHERE ticket = ? ORDER BY name", (song.ticket,)
                ).fetchall()
            except BROKEN as error:
                raise _unusable(self._path, error) from error
            for name, content in rows:
                yield ExportedSound(song, str(name), _prints(content))

    def _songs(self, where: str, values: tuple[object, ...]) -> list[ExportedSong]:
        try:
            rows = self._db.execute(
                f"SELECT ticket, at, title, number, request, tune FROM candidates {where}", values
            ).fetchall()
        except BROKEN as error:
            raise _unusable(self._path, error) from error
        return [
            ExportedSong(
                str(ticket), str(at), str(title), int(number), bytes(request).decode("ascii", "replace"), _prints(tune)
            )
            for ticket, at, title, number, request, tune in rows
        ]  # fmt: skip


def _prints(content: bytes) -> NDArray[np.uint32]:
    return np.frombuffer(content[: len(content) // 4 * 4], dtype=np.uint32)


def _unusable(path: Path, error: Exception) -> StudioError:
    return refusal(
        path,
        error,
        expected=tr("the list of exports, as Backline wrote it"),
        todo=tr("Move it away: a new one is begun, and earlier exports are known by their own marks only"),
    )
