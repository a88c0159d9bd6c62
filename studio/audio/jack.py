"""Whether the JACK server that PortAudio is a client of is still there.

PortAudio becomes a client of a running server when it is initialised, whatever device is opened, and stays one. Once
that server has died it may not be terminated, nor a stream of it closed: it asserts that the server answers, and so
ends the process. No call of PortAudio tells; a server's socket does, which refuses whoever connects as soon as nobody
listens. A server takes such a visit for a look whether it is there, as its own tools take one.
"""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

#: What PortAudio calls the host API.
HOST_API = "JACK Audio Connection Kit"
_SOCKETS = Path("/dev/shm")
_ANSWER_S = 0.2


@dataclass(frozen=True)
class Server:
    """A socket that a server listens at, which is another one when another server took its place."""

    path: Path
    inode: int

    @property
    def lives(self) -> bool:
        try:
            return self.path.stat().st_ino == self.inode and _listens(self.path)
        except OSError:
            return False


def running_servers() -> tuple[Server, ...]:
    """The servers that a JACK client of this process would come to: that of its name, else PipeWire, which plays JACK.

    Nothing on other systems than Linux.
    """
    if not sys.platform.startswith("linux"):
        return ()
    name = os.environ.get("JACK_DEFAULT_SERVER") or "default"
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    try:
        sockets = sorted(_SOCKETS.glob(f"jack_{name}_*"))
    except OSError:
        sockets = []
    for paths in (sockets, [runtime / "pipewire-0"]):
        servers = [server for path in paths if (server := _server(path)) is not None and server.lives]
        if servers:
            return tuple(servers)
    return ()


def _server(path: Path) -> Server | None:
    try:
        return Server(path, path.stat().st_ino)
    except OSError:
        return None


def _listens(path: Path) -> bool:
    """A server too busy to take a visitor is there all the same."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
        visitor.settimeout(_ANSWER_S)
        try:
            visitor.connect(str(path))
        except (TimeoutError, BlockingIOError):
            return True
        except OSError:
            return False
    return True
