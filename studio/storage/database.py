"""How SQLite files of ours are opened: with their settings, none of a newer program, closed where that fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.language import tr

#: What a damaged file raises: SQLite names what it does not understand in bytes of the file, which need not be UTF-8.
BROKEN = (sqlite3.Error, UnicodeDecodeError)
#: Primary result codes (sqlite.org/rescode.html) whose cause lies around the file: permission, another writer, memory,
#: a file that may not be written, the device, a full disk, a folder that cannot be entered.
_AROUND = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}


def refusal(path: Path, error: Exception, *, expected: str, todo: str) -> StudioError:
    """What is said of a file that cannot be used.

    A disk that is full is no reason to move a good file away, which is what helps where the file itself is damaged.

    Args:
        expected: what a file that is not damaged would be.
        todo: what to do about one that is.
    """
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _AROUND:
        expected = tr("free space in {path}, and permission to write there", path=path.parent)
        todo = tr("Leave the file where it is, nothing in it is lost; free some space there")
    return StudioError(tr("Cannot use {name}", name=path.name), seen=str(error), expected=expected, todo=todo)


def open_database(
    path: Path,
    newest: int,
    *,
    pragmas: Sequence[str],
    prepare: Callable[[sqlite3.Connection, int], None],
    unusable: Callable[[Path, Exception], StudioError],
    newer: str,
    timeout_s: float = 5.0,
) -> sqlite3.Connection:
    """An open database, without transactions of its own accord.

    Args:
        newest: the version we write.
        pragmas: settings of the connection.
        prepare: makes tables; gets the version that the file has, 0 for a new one.
        unusable: the refusal of a file that is no such database.
        newer: what to do about a file of a newer program.
        timeout_s: how long it waits for another who writes.

    Raises:
        StudioError: see `unusable` and `newer`.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=timeout_s)
    except BROKEN as error:
        raise unusable(path, error) from error
    try:
        for pragma in pragmas:
            db.execute(f"PRAGMA {pragma}")
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version > newest:
            raise StudioError(
                tr("Cannot use {name}", name=path.name),
                seen=tr("version {version}", version=version),
                expected=tr("version {newest} or older", newest=newest),
                todo=newer,
            )
        prepare(db, version)
    except StudioError:
        db.close()
        raise
    except BROKEN as error:
        db.close()
        raise unusable(path, error) from error
    return db
