"""The broadcast extension of a WAV file: who made it, when, with which reference, where on the time line, how loud.

Layout: EBU Tech 3285, version 2 (`bext` chunk, 602 bytes and the coding history). It stands before the sound, where
every reader looks; to put it there the file is copied beside itself and renamed. RF64 files have it as well.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from studio.core.part_path import part_path

_LAYOUT = struct.Struct("<256s32s32s10s8sQH64s5h180s")
#: A level that was not measured (Tech 3285, 2.3).
_NO_LEVEL = 0x7FFF
_COPIED = 1 << 20


@dataclass(frozen=True)
class Broadcast:
    """One `bext` chunk.

    Attributes:
        description, originator, reference: at most 256, 32 and 32 bytes; ASCII, what is not becomes '?'.
        date, time: 'YYYY-MM-DD' and 'HH:MM:SS'; empty where they are not known.
        time_reference: first sample of the file, counted from midnight or from the start of the session.
        loudness_lufs, true_peak_dbtp: None where they were not measured.
    """

    description: str = ""
    originator: str = ""
    reference: str = ""
    date: str = ""
    time: str = ""
    time_reference: int = 0
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None


@dataclass(frozen=True)
class Chunk:
    """A chunk of a RIFF file: its name, where its content begins, and how many bytes it says it has."""

    name: bytes
    at: int
    size: int


def chunks(handle: BinaryIO) -> Iterator[Chunk]:
    """All chunks of a WAVE file in their order, RF64 too; none of anything else. Sizes are not to be trusted."""
    handle.seek(0)
    head = handle.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return
    at, long_data = 12, 0
    while True:
        handle.seek(at)
        start = handle.read(8)
        if len(start) < 8:
            return
        name, size = start[:4], int.from_bytes(start[4:], "little")
        if name == b"ds64" and head[:4] == b"RF64":
            long_data = int.from_bytes(handle.read(16)[8:], "little")
        if name == b"data" and size == 0xFFFFFFFF and long_data:
            size = long_data
        yield Chunk(name, at + 8, size)
        at += 8 + size + size % 2


def is_rf64(path: Path) -> bool:
    """Whether it is a WAV of the kind that may be longer than 4 GiB. Raises OSError."""
    with path.open("rb") as handle:
        return handle.read(4) == b"RF64"


def read_broadcast(path: Path) -> Broadcast | None:
    """The extension of a file; None where it has none, or is no WAV, or cannot be read."""
    payload = raw_broadcast(path)
    if payload is None or len(payload) < _LAYOUT.size:
        return None
    description, originator, reference, date, time, sample, version, _, loud, _, peak, _, _, _ = (
        _LAYOUT.unpack_from(payload)
    )
    return Broadcast(
        _text(description), _text(originator), _text(reference), _text(date), _text(time), sample,
        _level(loud) if version >= 2 else None, _level(peak) if version >= 2 else None,
    )  # fmt: skip


def raw_broadcast(path: Path) -> bytes | None:
    """The bytes of the extension, to be put into another file as they are; None as for `read_broadcast`."""
    try:
        with path.open("rb") as handle:
            for chunk in chunks(handle):
                if chunk.name == b"bext" and chunk.size <= 1 << 20:
                    handle.seek(chunk.at)
                    return handle.read(chunk.size)
                if chunk.name == b"data":
                    return None
    except (OSError, ValueError):
        pass
    return None


def packed(broadcast: Broadcast) -> bytes:
    """The bytes of an extension, version 2; what is too long is cut."""
    return _LAYOUT.pack(
        _bytes(broadcast.description), _bytes(broadcast.originator), _bytes(broadcast.reference),
        _bytes(broadcast.date), _bytes(broadcast.time), broadcast.time_reference, 2, b"",
        _hundredths(broadcast.loudness_lufs), _NO_LEVEL, _hundredths(broadcast.true_peak_dbtp), _NO_LEVEL,
        _NO_LEVEL, b"",
    )  # fmt: skip


def write_broadcast(path: Path, payload: bytes) -> None:
    """Puts an extension before the sound, in the place of one that is there; all other chunks stay as they are.

    Raises:
        OSError: the disk is full. ValueError: no WAV of ours. The file is then as it was.
    """
    beside = part_path(path)
    try:
        with path.open("rb") as source, beside.open("wb") as target:
            found = list(chunks(source))
            source.seek(0)
            head, end = source.read(12), source.seek(0, os.SEEK_END)
            if not found or all(chunk.name != b"data" for chunk in found):
                raise ValueError(f"{path.name} is no WAV")
            target.write(head)
            ds64_at = 0
            for chunk in found:
                if chunk.name == b"bext":
                    continue
                if chunk.name == b"fmt ":  # ds64 is first where it is there, and fmt comes before the sound
                    target.write(
                        b"bext" + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2)
                    )
                ds64_at = target.tell() if chunk.name == b"ds64" else ds64_at
                source.seek(chunk.at - 8)
                _copy(source, target, min(8 + chunk.size + chunk.size % 2, end - chunk.at + 8))
            size = target.tell() - 8
            if head[:4] == b"RF64":
                target.seek(ds64_at + 8)
                target.write(size.to_bytes(8, "little"))
            else:
                target.seek(4)
                target.write(size.to_bytes(4, "little"))
        shutil.copymode(path, beside)
        beside.replace(path)
    except OverflowError as error:
        raise ValueError(f"{path.name} would be longer than 4 GiB") from error
    finally:
        beside.unlink(missing_ok=True)


def _copy(source: BinaryIO, target: BinaryIO, count: int) -> None:
    while count > 0:
        block = source.read(min(count, _COPIED))
        if not block:
            return
        target.write(block)
        count -= len(block)


def _bytes(text: str) -> bytes:
    return text.encode("ascii", "replace")


def _text(content: bytes) -> str:
    return content.split(b"\0", 1)[0].decode("latin-1").strip()


def _hundredths(level: float | None) -> int:
    return _NO_LEVEL if level is None else max(-9999, min(9999, round(100 * level)))


def _level(value: int) -> float | None:
    return None if value == _NO_LEVEL else value / 100
