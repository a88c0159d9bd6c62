"""The generator in a process of its own.

Within the window's process it would share the interpreter's lock with the audio callback: loading torch alone holds
it for seconds, in which no sample could be mixed (docs/measurements.md has the figures). A process of its own also
leaves the window standing when memory runs out, and gives everything back when it ends.

The parent sends a request and "cancel"; the child answers with steps, candidates and one end. The child runs at a
lower priority than what is heard, and ends by itself when the parent is gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import threading
import traceback
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken
from studio.core.pipeline import Engine, Run
from studio.core.request import GenerationRequest
from studio.services.generating.array_pickle import pack, unpack
from studio.services.generating.service import load_bundled_engine

Load = Callable[[Path, str], Engine]

_POLL_S = 0.05
_NICENESS = 5
_PATIENCE_S = 5.0


class EngineProcess:
    """An Engine whose work is done by a child process; started again when it died.

    Args:
        load: makes the real engine in the child; a function of a module, since the child must import it.

    Raises:
        StudioError: what `load` raised in the child.
    """

    def __init__(self, load: Load, models_dir: Path, device: str) -> None:
        self._load, self._models_dir, self._wanted = load, models_dir, device
        self._folder = tempfile.TemporaryDirectory(prefix="backline-", ignore_cleanup_errors=True)
        self._child = _start(load, models_dir, device, Path(self._folder.name))
        self._end = weakref.finalize(self, _stop, self._child)
        self._device, self._hashes = self._await_ready()

    def _await_ready(self) -> tuple[str, Mapping[str, str]]:
        kind, value = self._child.receive()
        if kind == "ready":
            return value
        self._end()
        raise _error(kind, value)

    @property
    def device(self) -> str:
        return self._device

    @property
    def model_hashes(self) -> Mapping[str, str]:
        return self._hashes

    @property
    def pid(self) -> int:
        """Of the child, for measuring its memory."""
        return int(self._child.process.pid)

    def generate(self, request: GenerationRequest, run: Run) -> Mapping[str, float]:
        """See Engine.generate."""
        if not self._child.process.is_alive():
            self._end()
            self._child = _start(self._load, self._models_dir, self._wanted, Path(self._folder.name))
            self._end = weakref.finalize(self, _stop, self._child)
            self._await_ready()
        child, told = self._child, False
        child.send("generate", request)
        while True:
            if run.cancel.cancelled and not told:
                told = True
                child.send("cancel", None)
            if not child.connection.poll(_POLL_S):
                continue
            kind, value = child.receive()
            if kind == "step":
                run.on_step(value)
            elif kind == "candidate":
                run.on_candidate(value)
            elif kind == "done":
                return value
            else:
                raise _error(kind, value)

    def close(self) -> None:
        """Ends the process, as does letting go of the last reference."""
        self._end()
        self._folder.cleanup()


def start_bundled_engine(models_dir: Path, device: str) -> EngineProcess:
    """The bundled models in a process of their own."""
    return EngineProcess(load_bundled_engine, models_dir, device)


class _Child:
    """The parent's end of the line."""

    def __init__(self, process: Any, connection: Connection, folder: Path) -> None:
        self.process, self.connection, self._folder = process, connection, folder

    def send(self, kind: str, value: object) -> None:
        # What a dead child cannot read is told by `receive`.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send_bytes(pack((kind, value), self._folder))

    def receive(self) -> tuple[str, Any]:
        """The child's next message; ("died", its exit code) where there will be none."""
        try:
            return unpack(self.connection.recv_bytes())
        except (EOFError, OSError):
            self.process.join(_PATIENCE_S)
            return "died", self.process.exitcode


def _start(load: Load, models_dir: Path, device: str, folder: Path) -> _Child:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_serve, args=(theirs, load, models_dir, device, folder), name="generator", daemon=True
    )
    process.start()
    theirs.close()
    return _Child(process, ours, folder)


def _stop(child: _Child) -> None:
    """The child ends when the line is cut, at the next step if it is working."""
    child.connection.close()
    child.process.join(_PATIENCE_S)
    if child.process.is_alive():
        child.process.kill()
        child.process.join()
    child.process.close()


def _error(kind: str, value: Any) -> Exception:
    if kind == "cancelled":
        return JobCancelled()
    if kind == "refused":
        what, seen, expected, todo = value
        return StudioError(what, seen=seen, expected=expected, todo=todo)
    if kind == "died":
        return StudioError(
            "The generator stopped unexpectedly",
            seen=f"exit code {value}" + (", as when memory runs out" if value == -9 else ""),
            expected="enough free memory for the request",
            todo="Close other programs or ask for a shorter song, then generate again; what was finished is kept",
        )
    return RuntimeError(f"in the generator's process: {value}")


# In the child


class _Gone(Exception):
    """The parent is no longer there."""


def _serve(line: Connection, load: Load, models_dir: Path, device: str, folder: Path) -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the parent, which cancels
    telling = threading.Lock()

    def tell(kind: str, value: object) -> None:
        try:
            packed = pack((kind, value), folder)
            with telling:
                line.send_bytes(packed)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise _Gone from error

    with contextlib.suppress(_Gone):
        try:
            engine = load(models_dir, device)
        except Exception as error:
            tell(*_described(error))
            return
        tell("ready", (engine.device, dict(engine.model_hashes)))
        inbox = _Inbox(line)
        while (request := inbox.next_request()) is not None:
            try:
                run = Run(inbox.cancel, partial(tell, "step"), partial(tell, "candidate"))
                stages = engine.generate(request, run)
                end: tuple[str, object] = ("done", dict(stages))
            except _Gone:
                return
            except BaseException as error:
                end = _described(error)
            tell(*end)


def _described(error: BaseException) -> tuple[str, object]:
    if isinstance(error, JobCancelled):
        return "cancelled", None
    if isinstance(error, StudioError):
        return "refused", (error.what, error.seen, error.expected, error.todo)
    return "failed", "".join(traceback.format_exception(error))


class _Inbox:
    """Reads the line on a thread of its own, so that a cancel is seen while the engine works."""

    def __init__(self, line: Connection) -> None:
        self.cancel = CancelToken()
        self._line = line
        self._requests: list[GenerationRequest | None] = []
        self._arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                kind, value = unpack(self._line.recv_bytes())
            except (EOFError, OSError):
                kind, value = "generate", None  # the parent is gone: nothing more to do
                self.cancel.cancel()
            if kind == "cancel":
                self.cancel.cancel()
                continue
            with self._arrived:
                if value is not None:
                    self.cancel = CancelToken()
                self._requests.append(value)
                self._arrived.notify()
            if value is None:
                return

    def next_request(self) -> GenerationRequest | None:
        """Waits for one; None when there will be no more."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._requests)
            return self._requests.pop(0)
