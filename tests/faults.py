"""Disks that fail: the n-th time that a file is opened for writing, written, synced, renamed or a folder made, the
system says no, or the process is gone.

`count_steps` says how many such moments a writer has, so that a test can try each.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

KINDS = ("ENOSPC", "EACCES", "EIO")
_KILLED = 77


class _Disk:
    def __init__(self, fail_at: int, kind: str, below: Path) -> None:
        self.steps, self._fail_at, self._kind, self._below = 0, fail_at, kind, str(below)

    def step(self, *paths: object) -> None:
        """A moment at which something may fail; only what lies below the test's folder counts."""
        if paths and not any(str(path).startswith(self._below) for path in paths):
            return
        at, self.steps = self.steps, self.steps + 1
        if at == self._fail_at:
            if self._kind == "kill":
                os._exit(_KILLED)
            code = getattr(errno, self._kind)
            raise OSError(code, os.strerror(code))


class _File:
    """A file whose writes are steps. What is buffered reaches the disk at once, so that a kill finds it there."""

    def __init__(self, file: Any, disk: _Disk) -> None:
        self._file, self._disk = file, disk

    def write(self, content: Any) -> int:
        self._disk.step()
        done = self._file.write(content)
        self._file.flush()
        return int(done)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@contextlib.contextmanager
def failing(below: Path, fail_at: int, kind: str = "ENOSPC") -> Iterator[_Disk]:
    """Within, the step numbered `fail_at` from 0 fails in this thread and all others; -1 for none."""
    disk = _Disk(fail_at, kind, below)
    real_open, real_os_open = io.open, os.open

    def open_(path: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        ours = isinstance(path, str | os.PathLike) and str(path).startswith(str(below))
        if not ours or not set(mode) & set("wax+"):
            return real_open(path, mode, *args, **kwargs)
        disk.step(path)
        return _File(real_open(path, mode, *args, **kwargs), disk)

    def stepped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            disk.step(*args[:2])
            return real(*args, **kwargs)

        return call

    def fsync(handle: int) -> None:
        if kind == "kill":  # a sync that fails is no reason to fail, see storage.atomic.sync; a kill is
            disk.step()

    with (
        mock.patch.object(io, "open", open_),
        mock.patch.object(builtins, "open", open_),
        mock.patch.object(os, "open", real_os_open),
        mock.patch.object(os, "fsync", fsync),
        mock.patch.object(os, "replace", stepped(os.replace)),
        mock.patch.object(os, "rename", stepped(os.rename)),
        mock.patch.object(os, "mkdir", stepped(os.mkdir)),
    ):
        yield disk


def count_steps(below: Path, write: Callable[[], object], kind: str = "ENOSPC") -> int:
    """How many moments a writer has at which it can fail."""
    with failing(below, -1, kind) as disk:
        write()
    return disk.steps


def killed_at(below: Path, fail_at: int, write: Callable[[], object]) -> bool:
    """Runs a writer in a child process that is gone at a step; whether it came so far."""
    child = os.fork()
    if child == 0:
        try:
            with failing(below, fail_at, "kill"):
                write()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == _KILLED
