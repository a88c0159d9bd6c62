"""The MP3 decoder's own lines kept off the terminal: what is wrong with a file is told by our errors and warnings.

libsndfile decodes MP3 with libmpg123, which writes to the process's standard error from C, and offers no way through
libsndfile to have it silent. So while such a file is decoded, descriptor 2 leads to a temporary file; afterwards all
lines that are not the decoder's go where they belong.

What it costs: what other threads write to standard error meanwhile comes late, by the time of one decoding at most, and
is lost if the process is killed in it; a child process that is started meanwhile keeps the temporary file as its
standard error, and what it writes there is not seen (ours hand their errors over by pipes). That is why only MP3 files
are decoded so. Where there is no standard error, as in a window without a console, nothing is done.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import IO, TypeVar

import soundfile as sf

Decoder = TypeVar("Decoder", bound=sf.SoundFile)

_STDERR = 2
#: How libmpg123 begins a line: "[src/libmpg123/parse.c:wetwork():1349] error: ..." and "Note: Trying to resync...".
_DECODERS = re.compile(rb"(\[[^\]\n]*libmpg123[^\]\n]*\]|Note: |Warning: ).*(\n|$)")


class _Aside:
    """Where standard error is led while any thread decodes; the last of them brings it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept: IO[bytes] | None = None
        self._terminal = -1

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside > 1:
                return
            _flush()
            try:
                self._terminal = os.dup(_STDERR)
                self._kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the last to leave
                os.dup2(self._kept.fileno(), _STDERR)
            except OSError:
                self._close()

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside or self._kept is None:
                return
            _flush()
            os.dup2(self._terminal, _STDERR)
            self._kept.seek(0)
            others = without_decoders_lines(self._kept.read())
            self._close()
            with contextlib.suppress(OSError):
                while others:
                    others = others[os.write(_STDERR, others) :]

    def _close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if self._terminal >= 0:
            os.close(self._terminal)
            self._terminal = -1


_aside = _Aside()


@contextlib.contextmanager
def opened_quietly(open_decoder: Callable[[], Decoder]) -> Iterator[Decoder]:
    """A decoder of libsndfile, closed at the end; while it opens, and if it is one of MP3 until the end, its own lines
    are dropped. In any thread."""
    with contextlib.ExitStack() as quiet:
        _aside.enter()
        quiet.callback(_aside.leave)
        with open_decoder() as decoder:
            if not decoder.subtype.startswith("MPEG"):
                quiet.close()
            yield decoder


def without_decoders_lines(said: bytes) -> bytes:
    """What was written to standard error, but for the decoder's lines."""
    return b"".join(line for line in said.splitlines(keepends=True) if not _DECODERS.match(line))


def _flush() -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
