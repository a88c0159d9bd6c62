"""One writer a project: a file that says who has it open.

Choices: a file with host, process and time rather than a lock of the system, because projects lie on network folders
and memory sticks too, and because whoever is refused wants to know by whom. A lock whose process is gone is seen
through; one of another machine is believed until its heartbeat is old.
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from studio.core.language import tr
from studio.storage.atomic import is_running

NAME = "lock.json"
#: How often the holder touches the file, and after how long without it one of another machine is seen through.
HEARTBEAT_S = 30.0
_STALE_AFTER_S = 10 * HEARTBEAT_S


@dataclass(frozen=True)
class Holder:
    """Who has a project open. `started` tells a process from a later one of the same number, where the system can."""

    host: str
    pid: int
    started: str = ""
    since: str = ""

    def __str__(self) -> str:
        where = tr("this computer") if self.host == socket.gethostname() else self.host
        return tr("another window on {where}", where=where) + (
            tr(", since {since}", since=self.since) if self.since else ""
        )


def acquire(folder: Path) -> Holder | None:
    """Takes the lock of a project folder. Returns None when it is ours now, else who has it.

    Raises:
        OSError: where nothing can be written there.
    """
    mine = Holder(socket.gethostname(), os.getpid(), _started(os.getpid()), time.strftime("%Y-%m-%d %H:%M"))
    path = folder / NAME
    for _ in range(3):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            holder = living_holder(folder)
            if holder is not None:
                return holder
            path.unlink(missing_ok=True)
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(mine), file)
        return None
    return read_holder(folder) or Holder(tr("another computer"), 0)


def release(folder: Path) -> None:
    """Gives our own lock back; one that is not ours stays."""
    holder = read_holder(folder)
    if holder is not None and (holder.host, holder.pid) == (socket.gethostname(), os.getpid()):
        (folder / NAME).unlink(missing_ok=True)


def beat(folder: Path) -> None:
    """Says that the holder is still there."""
    try:
        os.utime(folder / NAME)
    except OSError:
        return  # a memory stick was pulled out: the next write says so


def read_holder(folder: Path) -> Holder | None:
    """Who has the project; None for nobody, or a lock that cannot be read."""
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return Holder(str(found["host"]), int(found["pid"]), str(found["started"]), str(found["since"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def living_holder(folder: Path) -> Holder | None:
    """Who has the project now; None for nobody, and for a lock that is seen through."""
    holder = read_holder(folder)
    return holder if holder is not None and _is_alive(holder, folder / NAME) else None


def _is_alive(holder: Holder, path: Path) -> bool:
    if holder.host != socket.gethostname():
        try:
            return time.time() - path.stat().st_mtime < _STALE_AFTER_S
        except OSError:
            return False
    if not is_running(holder.pid):
        return False
    return not holder.started or _started(holder.pid) in ("", holder.started)


def _started(pid: int) -> str:
    """When a process began, as the system counts; empty where it does not tell."""
    try:
        return (
            Path(f"/proc/{pid}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rsplit(")", 1)[1]
            .split()[19]
        )
    except (OSError, IndexError):
        return ""
