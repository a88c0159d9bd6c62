"""journal.jsonl: every command of a project the moment it is given, a line each.

Choices: a line is appended with one write before anybody sees its effect, so that killing the program loses nothing;
`sync`, which survives a power cut, is for a thread that may wait. Each line ends with a checksum of itself: a line cut
off by a crash is seen and dropped, and one that was damaged later is not taken for a command.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.language import tr
from studio.storage.atomic import replacing

_CHECKED = re.compile(rb'^(?P<entry>\{.*),"crc":"(?P<crc>[0-9a-f]{8})"\}$')


@dataclass(frozen=True)
class Replay:
    """What a journal holds.

    Attributes:
        entries: those that are whole, in order.
        damage: what could not be read, in words; empty when everything could, but for a last line never finished.
        torn: whether the last line was never finished.
    """

    entries: tuple[Mapping[str, Any], ...] = ()
    damage: str = ""
    torn: bool = False


class Journal:
    """The open journal of one project. `append` belongs to one thread.

    Raises:
        OSError: where the file cannot be opened for writing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._length = os.fstat(self._file).st_size

    def append(self, entry: Mapping[str, Any]) -> None:
        """Writes one line, whole or not at all. Raises OSError when there is no room; nothing is appended then."""
        line = line_of(entry)
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._length)
            raise
        self._length += len(line)

    def sync(self) -> None:
        """Waits until everything appended so far is on the disk."""
        with contextlib.suppress(OSError):  # some network folders know no sync
            os.fsync(self._file)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def line_of(entry: Mapping[str, Any]) -> bytes:
    """The line of one entry, with its checksum and its end."""
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    return text[:-1] + b',"crc":"%08x"}\n' % zlib.crc32(text[:-1])


def read_journal(path: Path) -> Replay:
    """Every line that is whole; empty where there is no file.

    Raises:
        OSError: where the file is there and cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Replay()
    *lines, last = content.split(b"\n")
    entries: list[Mapping[str, Any]] = []
    damage = ""
    for number, line in enumerate(lines, 1):
        entry = _entry(line)
        if entry is not None:
            entries.append(entry)
        elif line:
            damage = damage or tr(
                "line {number} of {name} is not what was written", number=number, name=path.name
            )
    return Replay(tuple(entries), damage, torn=bool(last))


def write_journal(path: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Replaces the journal as a whole."""
    with replacing(path) as temporary:
        temporary.write_bytes(b"".join(line_of(entry) for entry in entries))


def _entry(line: bytes) -> Mapping[str, Any] | None:
    found = _CHECKED.match(line)
    if found is None or zlib.crc32(found["entry"]) != int(found["crc"], 16):
        return None
    try:
        entry = json.loads(found["entry"] + b"}")
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
