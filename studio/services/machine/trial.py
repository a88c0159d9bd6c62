"""One function tried in a process of its own, so that a driver that crashes, hangs or eats all memory costs the trial.

What the child says on its error output (drivers do) is kept apart, and its last line is told where it dies.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from studio.core.errors import StudioError
from studio.core.jobs import CancelToken

#: worked: it returned. refused: it raised. no memory: it asked for more than there is. died, hung: it did not answer.
Outcome = Literal["worked", "refused", "no memory", "died", "hung"]

_POLL_S = 0.05
#: Of a child that was told to end.
_PATIENCE_S = 5.0
_LONGEST_TOLD = 200

#: What signals mean to a user.
_SIGNALS = {
    "SIGILL": "an instruction this processor does not know",
    "SIGSEGV": "a fault in a driver or library",
    "SIGBUS": "a fault in a driver or library",
    "SIGFPE": "a fault in a driver or library",
    "SIGABRT": "a driver or library gave up",
    "SIGKILL": "ended by the system, as when memory runs out",
}
#: The same on Windows, by exit code.
_WINDOWS = {0xC000001D: _SIGNALS["SIGILL"], 0xC0000005: _SIGNALS["SIGSEGV"], 0xC0000017: "memory ran out"}


@dataclass(frozen=True)
class Trial:
    """How it went.

    Attributes:
        value: what the function returned.
        told: why it did not, in words.
    """

    outcome: Outcome
    value: Any = None
    told: str = ""

    @property
    def crashed(self) -> bool:
        """Whether the same within the program could have ended the program."""
        return self.outcome in ("died", "hung", "no memory")


def try_in_child(
    function: Callable[..., Any], *args: object, timeout_s: float = 60.0, cancel: CancelToken | None = None
) -> Trial:
    """Calls a function of a module in a fresh process and waits for it.

    Args:
        timeout_s: then the child is killed. Starting it counts.

    Raises:
        JobCancelled: soon after `cancel`; the child is killed.
    """
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="backline-trial-", ignore_cleanup_errors=True) as folder:
        said = Path(folder) / "said"
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=_run, args=(theirs, said, function, args), daemon=True)
        child.start()
        theirs.close()
        try:
            with ours:
                until = time.monotonic() + timeout_s
                while not ours.poll(_POLL_S):
                    if cancel is not None:
                        cancel.check()
                    if time.monotonic() > until:
                        return Trial("hung", told=f"no answer within {timeout_s:g} seconds")
                try:
                    outcome, value = ours.recv()
                except (EOFError, OSError):
                    child.join(_PATIENCE_S)
                    return Trial("died", told=_death(child.exitcode, said))
                return Trial(outcome, value) if outcome == "worked" else Trial(outcome, told=value)
        finally:
            if child.is_alive():
                child.kill()
            # One that hangs inside the kernel cannot even be killed; it is left behind.
            child.join(_PATIENCE_S)
            with contextlib.suppress(ValueError):
                child.close()


def _death(code: int | None, said: Path) -> str:
    reason = f"exit code {code}"
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-code).name
            reason = f"{name}: {_SIGNALS.get(name, 'ended by the system')}"
    elif code is not None and code & 0xFFFFFFFF in _WINDOWS:
        reason = _WINDOWS[code & 0xFFFFFFFF]
    with contextlib.suppress(OSError):
        lines = said.read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if last:
            reason += f" ({last[:_LONGEST_TOLD]})"
    return reason


def _run(line: Connection, said: Path, function: Callable[..., Any], args: tuple[object, ...]) -> None:
    """In the child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _without_core_dump()
    with contextlib.suppress(OSError):
        handle = os.open(said, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(handle, 2)  # of C libraries too
    try:
        answer: tuple[Outcome, object] = ("worked", function(*args))
    except MemoryError:
        answer = ("no memory", "memory ran out")
    except StudioError as error:
        answer = ("refused", error.seen or error.what)
    except Exception as error:
        answer = ("refused", f"{type(error).__name__}: {error}"[:_LONGEST_TOLD])
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        line.send(answer)
    line.close()
    sys.stdout = sys.stderr = None  # nothing is left to be flushed
    # Not by the interpreter's own end: a driver that hangs when it is let go of has answered all the same.
    os._exit(0)


def _without_core_dump() -> None:
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
