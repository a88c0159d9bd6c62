"""Files that are whole or absent, whatever happens while they are written.

One way for every writer: the content goes to a temporary name beside its target, is synced, and renamed over it. The
name says which process writes, so that what a killed process left behind can be told from what is being written now.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.part_path import part_path as part_path
from studio.core.part_path import writer_of

_HALVES = re.compile("[\\ud800-\\udfff]")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path to write; what stands there at the end replaces `path`, and nothing does on an error.

    Raises:
        OSError: as the system says it; nothing is left behind then.
    """
    temporary = part_path(path)
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):  # what failed is said, not that its rest could not be removed
            temporary.unlink(missing_ok=True)
    sync(path.parent)


@contextlib.contextmanager
def new_folder(path: Path, what: str, expected: str, todo: str) -> Iterator[Path]:
    """Yields a temporary folder to fill; it is synced and gets the name `path` at the end, unless it was given another
    one with `named`. On an error nothing is left behind.

    Args:
        what, expected, todo: of the refusal: see StudioError.

    Raises:
        StudioError: no room, no right to write there, or something of that name.
    """
    temporary = part_path(path)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if temporary.exists():
            sync_all(temporary)
            temporary.rename(path)
            sync(path.parent)
    except OSError as error:
        raise StudioError(what, seen=error.strerror or str(error), expected=expected, todo=todo) from error
    except StudioError as error:
        if str(temporary) not in str(error):
            raise
        # A file in it could not be written: nobody finds that folder, and room for one file is not enough.
        raise StudioError(what, seen=error.seen, expected=expected, todo=todo) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Replaces a file by a text, UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces a file."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Replaces a file by indented JSON; numbers of numpy are written as numbers."""
    write_text(path, json_text(content, indent=2))


def json_text(content: Mapping[str, object], *, indent: int | None = None) -> str:
    """JSON as it is kept: in its own script, but for what UTF-8 does not know (half characters in old file names)."""
    text = json.dumps(content, indent=indent, ensure_ascii=False, default=_plain) + "\n"
    return _HALVES.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk; where the system cannot, it is left to it."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network folders know no sync
            os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(folder: Path) -> None:
    """Waits until everything in a folder is on the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def named(temporary: Path, path: Path) -> Path:
    """Gives a finished, synced folder its name, `path` or the first free one of `path_v02`, `path_v03` ..., and
    returns it. Whoever else asks for the same name at the same time gets another. Raises OSError."""
    while True:
        free = free_folder(path)
        try:
            temporary.rename(free)
        except OSError:
            if not free.exists():
                raise
            continue  # someone was faster
        sync(free.parent)
        return free


def free_folder(folder: Path) -> Path:
    """The folder itself, or the first of `name_v02`, `name_v03` ... that is not there yet."""
    version, free = 1, folder
    while free.exists():
        version += 1
        free = folder.with_name(f"{folder.name}_v{version:02d}")
    return free


def sweep_parts(folder: Path, *, deep: bool = True) -> tuple[Path, ...]:
    """Removes what killed processes were writing in a folder, and below it where `deep`; returns what was removed."""
    if not folder.is_dir():
        return ()
    return _swept(folder.rglob(".*.part") if deep else folder.glob(".*.part"), writer_of)


def _swept(paths: Iterable[Path], writer: Callable[[Path], int | None]) -> tuple[Path, ...]:
    removed = []
    for path in sorted(paths):
        pid = writer(path)
        if pid is None or is_running(pid) or not path.exists():
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):  # of another user, or gone already
                path.unlink(missing_ok=True)
        if not path.exists():
            removed.append(path)
    return tuple(removed)


def is_running(pid: int) -> bool:
    """Whether a process of this machine has that number."""
    if pid <= 0:
        return False
    if os.name == "nt":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)  # type: ignore[attr-defined]
        if not handle:
            return False
        ctypes.windll.kernel32.CloseHandle(handle)  # type: ignore[attr-defined]
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # no system counts that far
        return False
    except PermissionError:
        return True
    return True


def _plain(value: object) -> object:
    """numpy scalars and arrays as numbers and lists; anything else as its text."""
    tolist = getattr(value, "tolist", None)
    return tolist() if tolist is not None else str(value)
