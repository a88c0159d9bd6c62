"""taste.db: what a user's listeners said of accompaniments, across all songs. It never leaves the machine by itself.

A row is one answer of one listener to one screen, or one thing said outside of screens. Rows are named by listener and
screen, so that taking a project over again changes nothing. What was deleted is overwritten on the disk, and a note of
when stays behind: the same answers, which the project still has, are not taken over a second time.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.screen import Verdict
from studio.storage.codec import from_json, to_json
from studio.storage.database import BROKEN, open_database, refusal

NAME = "taste.db"
SCHEMA_VERSION = 1
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS listeners (id TEXT PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS songs (key TEXT PRIMARY KEY, title TEXT NOT NULL)",
    # content: what training needs of a clip, compressed; NULL where only its features are known
    "CREATE TABLE IF NOT EXISTS clips (key TEXT PRIMARY KEY, song TEXT NOT NULL, features TEXT NOT NULL, content BLOB)",
    """CREATE TABLE IF NOT EXISTS judgements (
        listener TEXT NOT NULL, screen TEXT NOT NULL, song TEXT NOT NULL, at TEXT NOT NULL, sitting TEXT NOT NULL,
        repeat_of TEXT NOT NULL, blind INTEGER NOT NULL, weight REAL NOT NULL, generation INTEGER NOT NULL,
        clips TEXT NOT NULL, verdict TEXT NOT NULL, PRIMARY KEY (listener, screen))""",
    "CREATE INDEX IF NOT EXISTS judgements_by_song ON judgements (song)",
    # '' stands for every listener, or every song
    """CREATE TABLE IF NOT EXISTS forgotten (
        listener TEXT NOT NULL, song TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (listener, song))""",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One answer of one listener, see studio.taste.judgement.Judgement, whose fields it has.

    Attributes:
        roles: by the key of each clip, in the order they were shown in.
        generation: how many trainings the model that made the clips had behind it.
    """

    listener: str
    song: str
    at: str
    screen: str
    roles: Mapping[str, str] = field(hash=False)
    verdict: Verdict = field(hash=False)
    sitting: str = ""
    repeat_of: str = ""
    blind: bool = True
    weight: float = 1.0
    generation: int = 0


@dataclass(frozen=True)
class StoredClip:
    """A clip: `content` is its clip.json, as the project wrote it; empty where there is none."""

    key: str
    song: str
    features: Mapping[str, float] = field(hash=False)
    content: bytes = b""


@dataclass(frozen=True)
class Deleted:
    """What went: how many answers, and whose taste must be learnt again."""

    answers: int
    listeners: tuple[str, ...]


class TasteFile:
    """The open database. Belongs to one thread.

    Raises:
        StudioError: for a file that is no such database, of a newer program, or that is held by another for long.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(path, error) from error
        self._db = open_database(
            path,
            SCHEMA_VERSION,
            pragmas=("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"),
            prepare=_prepare,
            unusable=_unusable,
            newer=tr("Use the newer Backline that made it"),
            timeout_s=10.0,
        )

    def close(self) -> None:
        self._db.close()

    # Writing

    def name_listener(self, listener: str, name: str) -> None:
        """A listener's name, as shown."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO listeners VALUES (?, ?)", (listener, name))

    def put(
        self,
        listener: str,
        song: str,
        title: str,
        answers: Sequence[Answer],
        clips: Iterable[StoredClip],
        known_screens: Iterable[str],
    ) -> int:
        """Brings what is kept of a listener's answers to a song up to date; returns how many rows changed.

        Args:
            answers: all that hold now, of the screens of `known_screens`.
            known_screens: screens whose answers are told completely: one that has none among `answers` was taken back.
                Of other screens of the song nothing is said.
        """
        before = self._db.total_changes
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO listeners VALUES (?, ?)", (listener, listener))
            db.execute("INSERT OR REPLACE INTO songs VALUES (?, ?)", (song, title))
            forgotten = self.forgotten_at(listener, song)
            fresh = {a.screen: a for a in answers if not forgotten or a.at > forgotten}
            rows = db.execute(
                "SELECT screen, at, sitting, repeat_of, blind, weight, generation, clips, verdict "
                "FROM judgements WHERE listener = ? AND song = ?", (listener, song),
            ).fetchall()  # fmt: skip
            kept = {row[0]: tuple(row[1:]) for row in rows}
            before = self._db.total_changes
            for screen in set(known_screens) & set(kept) - set(fresh):
                db.execute("DELETE FROM judgements WHERE listener = ? AND screen = ?", (listener, screen))
            for screen, answer in fresh.items():
                row = _row(answer)
                if kept.get(screen) != row:
                    db.execute(
                        "INSERT OR REPLACE INTO judgements (listener, screen, song, at, sitting, repeat_of, blind, "
                        "weight, generation, clips, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        (listener, screen, song, *row),
                    )
            wanted = {key for answer in fresh.values() for key in answer.roles}
            for clip in clips:
                if clip.key in wanted:
                    db.execute(
                        "INSERT INTO clips VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                        "content = excluded.content WHERE clips.content IS NULL AND excluded.content IS NOT NULL",
                        (clip.key, clip.song, _text(clip.features), _packed(clip.content)),
                    )
        return self._db.total_changes - before

    def delete(self, *, listener: str = "", song: str = "", at: str) -> Deleted:
        """Deletes a listener's answers, a song's, those of one to the other, or all; for good.

        Args:
            at: now, ISO 8601: answers to what was made until then are not taken over again.
        """
        where, values = [], []
        for column, value in (("listener", listener), ("song", song)):
            if value:
                where.append(f"{column} = ?")
                values.append(value)
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        with self._transaction() as db:
            listeners = db.execute(f"SELECT DISTINCT listener FROM judgements{condition}", values).fetchall()
            count = db.execute(f"DELETE FROM judgements{condition}", values).rowcount
            if listener and not song:
                db.execute("DELETE FROM listeners WHERE id = ?", (listener,))
            if song and not listener:
                db.execute("DELETE FROM songs WHERE key = ?", (song,))
            if not where:
                db.execute("DELETE FROM listeners")
                db.execute("DELETE FROM songs")
            db.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)", (listener, song, at))
            self._drop_unused_clips()
        with contextlib.suppress(*BROKEN):  # somebody reads: the pages are overwritten all the same
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Deleted(count, tuple(sorted(str(row[0]) for row in listeners)))

    def merge(self, other: Path) -> int:
        """Takes in what another such file knows and this one does not, as from another machine or a pilot; returns how
        many answers came. Raises StudioError for a file that is none."""
        source = TasteFile(other)
        try:
            came = 0
            names = dict(source.listeners())
            songs = dict(source.songs())
            for listener in names:
                for song, title in songs.items():
                    answers = [a for a in source.answers(listener) if a.song == song]
                    known = {a.screen for a in self.answers(listener)}
                    new = [a for a in answers if a.screen not in known]
                    if not new:
                        continue
                    keys = {key for a in new for key in a.roles}
                    self.put(listener, song, title, new, source.clips(keys), ())
                    self.name_listener(listener, names[listener])
                    came += len(new)
            return came
        finally:
            source.close()

    # Reading

    def listeners(self) -> tuple[tuple[str, str], ...]:
        """Key and name of each."""
        return tuple((str(k), str(n)) for k, n in self._all("SELECT id, name FROM listeners ORDER BY id"))

    def songs(self) -> tuple[tuple[str, str], ...]:
        """Key and title of each."""
        return tuple((str(k), str(n)) for k, n in self._all("SELECT key, title FROM songs ORDER BY key"))

    def answers(self, listener: str) -> tuple[Answer, ...]:
        """All of a listener's, the oldest first. Raises StudioError for what was not written here."""
        rows = self._all(
            "SELECT j.screen, j.song, j.at, j.sitting, j.repeat_of, j.blind, j.weight, j.generation, j.clips, "
            "j.verdict FROM judgements j WHERE j.listener = ? ORDER BY j.at, j.screen",
            (listener,),
        )
        made = []
        for screen, song, at, sitting, repeat_of, blind, weight, generation, clips, verdict in rows:
            texts = all(isinstance(text, str) for text in (screen, song, at, sitting, repeat_of))
            if not texts or not isinstance(generation, int) or not isinstance(weight, float):
                raise _unusable(self._path, ValueError("a row that is not what was written"))
            roles, said = self._read(dict[str, str], clips), self._read(Verdict, verdict)
            made.append(
                Answer(
                    listener,
                    song,
                    at,
                    screen,
                    roles,
                    said,
                    sitting,
                    repeat_of,
                    bool(blind),
                    weight,
                    generation,
                )
            )
        return tuple(made)

    def features(self) -> dict[str, Mapping[str, float]]:
        """Of every clip, by key."""
        rows = self._all("SELECT key, features FROM clips")
        return {str(key): self._read(dict[str, float], text) for key, text in rows}

    def clips(self, keys: Iterable[str]) -> tuple[StoredClip, ...]:
        """Those of these keys that are there, with their content."""
        found = []
        for key in sorted(set(keys)):
            for name, song, features, content in self._all("SELECT * FROM clips WHERE key = ?", (key,)):
                try:
                    unpacked = zlib.decompress(content) if content else b""
                except (zlib.error, TypeError) as error:
                    raise _unusable(self._path, error) from error
                found.append(
                    StoredClip(str(name), str(song), self._read(dict[str, float], features), unpacked)
                )
        return tuple(found)

    def forgotten_at(self, listener: str, song: str) -> str:
        """When what is said of this was last deleted; '' for never."""
        rows = self._db.execute(
            "SELECT at FROM forgotten WHERE listener IN ('', ?) AND song IN ('', ?)", (listener, song)
        ).fetchall()
        return max((str(row[0]) for row in rows), default="")

    # Inside

    def _drop_unused_clips(self) -> None:
        used = {
            key
            for (text,) in self._db.execute("SELECT clips FROM judgements").fetchall()
            for key in self._read(dict[str, str], text)
        }
        kept = [str(row[0]) for row in self._db.execute("SELECT key FROM clips").fetchall()]
        self._db.executemany("DELETE FROM clips WHERE key = ?", [(key,) for key in kept if key not in used])

    def _read(self, kind: Any, text: object) -> Any:
        if not isinstance(text, str):
            raise _unusable(self._path, ValueError("a row that is not what was written"))
        return from_json(kind, text, self._path.name)

    def _all(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(statement, tuple(values)).fetchall()
        except BROKEN as error:
            raise _unusable(self._path, error) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
        except BROKEN as error:
            raise _unusable(self._path, error) from error


def _row(answer: Answer) -> tuple[object, ...]:
    """Of an answer, in the order of the columns from `at` on."""
    return (
        answer.at, answer.sitting, answer.repeat_of, int(answer.blind), float(answer.weight), answer.generation,
        _text(answer.roles), to_json(answer.verdict).decode(),
    )  # fmt: skip


def _text(value: Mapping[str, object]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)


def _packed(content: bytes) -> bytes | None:
    return zlib.compress(content, 6) if content else None


def _prepare(db: sqlite3.Connection, version: int) -> None:
    if version < SCHEMA_VERSION:
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _unusable(path: Path, error: Exception) -> StudioError:
    return refusal(
        path,
        error,
        expected=tr("the ratings of this user, as Backline wrote them"),
        todo=tr(
            "Songs are not affected; move the file away to begin a new one from the projects that are opened"
        ),
    )
