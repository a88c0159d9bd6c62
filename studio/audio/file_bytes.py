"""The bytes of an audio file, wherever they come from: a file, a pipe, standard input.

What cannot be opened is refused with the system's plain reason. A pipe is read into memory, as far as a recording may
be long, and is given up when nothing comes through it: opening never waits for ever.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from studio.core.errors import StudioError
from studio.core.language import later, tr

FORMATS = "WAV, AIFF, FLAC, MP3 or OGG"
#: A pipe that gives nothing for so long has no one at its other end.
_PIPE_PATIENCE_S = 4.0
#: Ten minutes of stereo floats at 192 kHz.
_PIPE_LIMIT_BYTES = 930_000_000
_TODO = later("Check the path, or choose another file")


@contextlib.contextmanager
def opened(path: Path, what: str) -> Iterator[BinaryIO]:
    """A seekable handle on the content.

    Args:
        what: of the error, such as 'Cannot read take.wav'.

    Raises:
        StudioError: not there, a folder, empty, not allowed, or a pipe with nothing in it.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            handle: BinaryIO = path.open("rb")
        elif stat.S_ISFIFO(mode):
            handle = io.BytesIO(_read_pipe(path, what))
        else:
            raise StudioError(
                what, seen=_kind(mode), expected=tr("a {formats} file", formats=FORMATS), todo=tr(_TODO)
            )
    except FileNotFoundError as error:
        raise StudioError(
            what,
            seen=tr("nothing at {path}", path=shown(str(path))),
            expected=tr("a {formats} file", formats=FORMATS),
            todo=tr(_TODO),
        ) from error
    except (OSError, ValueError) as error:  # a path with a zero byte is a ValueError
        raise StudioError(
            what, seen=error_text(error), expected=tr("a file you may read"), todo=tr(_TODO)
        ) from error
    with handle:
        try:
            empty = not handle.read(1)
            handle.seek(0)
        except OSError as error:
            raise StudioError(
                what, seen=error_text(error), expected=tr("a file you may read"), todo=tr(_TODO)
            ) from error
        if empty:
            raise StudioError(
                what,
                seen=tr("an empty file (0 bytes)"),
                expected=tr("a {formats} file", formats=FORMATS),
                todo=tr(_TODO),
            )
        yield handle


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return tr("a folder")
    if stat.S_ISSOCK(mode):
        return tr("a socket")
    return tr("a terminal or another device") if stat.S_ISCHR(mode) else tr("a device")


def _read_pipe(path: Path, what: str) -> bytes:
    """All that comes through, until the writer closes its end."""
    if sys.platform == "win32":
        raise StudioError(
            what, seen=tr("a pipe"), expected=tr("a {formats} file", formats=FORMATS), todo=tr(_TODO)
        )
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        content, last = bytearray(), time.monotonic()
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        while (left_s := last + _PIPE_PATIENCE_S - time.monotonic()) > 0:
            if not waiting.poll(left_s * 1000):
                break
            block = os.read(pipe, 1 << 20)
            if not block:
                return bytes(content)
            content += block
            last = time.monotonic()
            if len(content) > _PIPE_LIMIT_BYTES:
                raise StudioError(
                    what,
                    seen=tr("a pipe that does not end"),
                    expected=tr("ten minutes of sound or less"),
                    todo=tr("Write it to a file, and choose that"),
                )
    finally:
        os.close(pipe)
    raise StudioError(
        what,
        seen=tr(
            "a pipe through which nothing came for {pipe_patience_s:g} seconds",
            pipe_patience_s=_PIPE_PATIENCE_S,
        ),
        expected=tr("a {formats} file, or a program that writes one into the pipe", formats=FORMATS),
        todo=tr(_TODO),
    )


class View(io.RawIOBase):
    """A stretch of a handle as a file of its own, with bytes put before it and others changed.

    Args:
        stop: exclusive; may lie past the end.
        head: comes first.
        patches: bytes by position in the handle.
    """

    def __init__(
        self,
        handle: BinaryIO,
        start: int,
        stop: int,
        head: bytes = b"",
        patches: dict[int, bytes] | None = None,
    ) -> None:
        self._handle, self._start, self._head, self._patches = handle, start, head, patches or {}
        self._size = len(head) + max(0, min(stop, handle.seek(0, os.SEEK_END)) - start)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        stop = self._size if size is None or size < 0 else min(self._size, self._at + size)
        if stop <= self._at:
            return b""
        out = self._head[self._at : stop]
        at = self._at + len(out) - len(self._head) + self._start  # in the handle
        if len(out) < stop - self._at:
            self._handle.seek(at)
            block = bytearray(self._handle.read(stop - self._at - len(out)))
            for place, new in self._patches.items():
                for i, byte in enumerate(new):
                    if 0 <= place + i - at < len(block):
                        block[place + i - at] = byte
            out += block
        self._at += len(out)
        return out

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def shown(name: str) -> str:
    """A file name as it can be shown and kept: what is not UTF-8 in it becomes a replacement sign."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def error_text(error: Exception) -> str:
    """The system's or decoder's own words, without the path they repeat."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(getattr(error, "error_string", None) or error).removeprefix("Error : ").rstrip(". ")
    # libsndfile's words for a file named .mp3 in which no MPEG frame is found.
    return tr("no audio found in it") if "not a regular file" in text else text or type(error).__name__
