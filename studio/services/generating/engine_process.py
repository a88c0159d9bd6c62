"""The generator in a process of its own.

Within the window's process it would share the interpreter's lock with the audio callback: loading torch alone holds
it for seconds, in which no sample could be mixed (docs/measurements.md has the figures). A process of its own also
leaves the window standing when memory runs out, and gives everything back when it ends.

The parent sends a request ("generate", "arrange" or "play") and "cancel"; the child answers with steps, candidates and
one end. The child runs at a lower priority than what is heard, and ends by itself when the parent is gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, PauseToken
from studio.core.pipeline import Engine, Run
from studio.core.request import GenerationRequest
from studio.services.array_pickle import pack, unpack
from studio.services.generating.service import load_bundled_engine
from studio.services.memory import memory_ran_out
from studio.storage.temporary import temporary_folder

if TYPE_CHECKING:
    from studio.ml.adapting.clips import AdapterReport, AdapterTraining

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
        self._folder = temporary_folder()
        #: In use, and how much of it: a child that is started again goes on with it.
        self._adapter: tuple[Path | None, float] = (None, 1.0)
        self._start()

    def _start(self) -> None:
        self._child = _start(self._load, self._models_dir, self._wanted, Path(self._folder.name))
        self._end = weakref.finalize(self, _stop, self._child)
        kind, value = self._child.receive()
        if kind != "ready":
            self._end()
            raise _error(kind, value)
        self._device, self._hashes = value
        if self._adapter[0] is not None:
            self._hashes = self._answer_of("use_adapter", self._adapter, Run())

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
        return dict(self._ask("generate", request, run))

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]:
        """See BandEngine.arrange."""
        return tuple(self._ask("arrange", request, run))

    def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> Mapping[str, float]:
        """See BandEngine.play."""
        bare = tuple(replace(plan, stems={}) for plan in plans)
        return dict(self._ask("play", (vocal, bare), run))

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> Mapping[str, str]:
        """Plays with a personal adapter from the next request on; see BandEngine.use_adapter of studio.ml.engine."""
        self._hashes = dict(self._ask("use_adapter", (path, strength), Run()))
        self._adapter = (path, strength)
        return self._hashes

    def train(self, training: AdapterTraining, run: Run) -> AdapterReport:
        """Trains a personal adapter in the child; `run.pause` holds it. See BandEngine.train of studio.ml.engine.

        Raises:
            StudioError: for material that cannot be learnt from, or a child that died; the same training then goes on
                where it was.
            JobCancelled: within a second of `run.cancel`; likewise.
        """
        report: AdapterReport = self._ask("train", training, run)
        return report

    def _ask(self, kind: str, request: object, run: Run) -> Any:
        """What the child answers to a request in the end."""
        run.cancel.check()  # what is cancelled before it begins is not begun: a short one would end first
        # A start that failed has ended its child; the next request tries again.
        if not self._end.alive or not self._child.process.is_alive():
            self._end()
            self._start()
        return self._answer_of(kind, request, run)

    def _answer_of(self, kind: str, request: object, run: Run) -> Any:
        self._child.send(kind, request)
        try:
            kind, value = self._child.follow(run)
        except BaseException:
            # The caller's own error, or a message that could not be read: the child works on, and must not answer
            # the next request with what is left of this one.
            if not self._child.settle():
                self._end()
            raise
        if kind != "done":
            raise _error(kind, value)
        return value

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
        """Raises StudioError where there is no room for the message. What a dead child cannot read is told by
        `receive`."""
        packed = _packed(kind, value, self._folder)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send_bytes(packed)

    def receive(self) -> tuple[str, Any]:
        """The child's next message; ("died", its exit code) where there will be none. Raises StudioError for one
        that cannot be read."""
        try:
            packed = self.connection.recv_bytes()
        except (EOFError, OSError):
            self.process.join(_PATIENCE_S)
            return "died", self.process.exitcode
        return _unpacked(packed)

    def follow(self, run: Run) -> tuple[str, Any]:
        """Hands on what the child tells, until the message that ends the request, which is returned."""
        told = held = False
        while True:
            if run.cancel.cancelled and not told:
                told = True
                self.send("cancel", None)
            if run.pause.paused is not held:
                held = not held
                self.send("pause" if held else "resume", None)
            if not self.connection.poll(_POLL_S):
                continue
            kind, value = self.receive()
            if kind == "step":
                run.on_step(value)
            elif kind == "candidate":
                run.on_candidate(value)
            else:
                return kind, value

    def settle(self) -> bool:
        """Stops the request and drops what is still said of it; False for a child that does not end it soon."""
        self.send("cancel", None)
        until = time.monotonic() + _PATIENCE_S
        while self.connection.poll(max(0.0, until - time.monotonic())):
            with contextlib.suppress(StudioError):
                if self.receive()[0] not in ("step", "candidate"):
                    return True
        return False


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


def _packed(kind: str, value: object, folder: Path) -> bytes:
    try:
        return pack((kind, value), folder)
    except OSError as error:
        raise StudioError(
            f"Cannot hand over a {kind}", seen=error.strerror or str(error), expected=f"room in {folder.parent}",
            todo="Free some space, then generate again",
        ) from error  # fmt: skip


def _unpacked(packed: bytes) -> tuple[str, Any]:
    try:
        return unpack(packed)
    except OSError as error:
        raise StudioError(
            "Cannot take over what the generator made", seen=error.strerror or str(error),
            expected="enough free memory", todo="Close other programs, then generate again",
        ) from error  # fmt: skip


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
        packed = _packed(kind, value, folder)
        try:
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
                run = Run(inbox.cancel, partial(tell, "step"), partial(tell, "candidate"), inbox.pause)
                end: tuple[str, object] = ("done", _answer(engine, *request, run))
            except _Gone:
                return
            except BaseException as error:
                end = _described(error)
            tell(*end)


_CANNOT = {
    "arrange": "This engine cannot write a band apart from playing it",
    "play": "This engine cannot play a band that was written before",
    "train": "This engine cannot learn a taste",
    "use_adapter": "This engine knows no personal adapters",
}


def _answer(engine: Any, kind: str, request: Any, run: Run) -> object:
    """What the engine makes of one message."""
    if kind == "refused":
        raise request
    if kind == "generate":
        return dict(engine.generate(request, run))
    if not hasattr(engine, kind):
        raise StudioError(_CANNOT[kind], todo="Choose the band model")
    if kind == "arrange":
        return tuple(engine.arrange(request, run))
    if kind == "train":
        return engine.train(request, run)
    if kind == "use_adapter":
        return dict(engine.use_adapter(*request))
    return dict(engine.play(*request, run))


def _described(error: BaseException) -> tuple[str, object]:
    if isinstance(error, JobCancelled):
        return "cancelled", None
    error = memory_ran_out(error) or error
    if isinstance(error, StudioError):
        return "refused", (error.what, error.seen, error.expected, error.todo)
    return "failed", "".join(traceback.format_exception(error))


class _Inbox:
    """Reads the line on a thread of its own, so that a cancel is seen while the engine works."""

    def __init__(self, line: Connection) -> None:
        self.cancel, self.pause = CancelToken(), PauseToken()
        self._line = line
        self._requests: list[tuple[str, Any] | None] = []
        self._arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                kind, value = _unpacked(self._line.recv_bytes())
            except (EOFError, OSError):
                kind, value = "gone", None  # the parent is: nothing more to do
                self.cancel.cancel()
            except StudioError as error:
                kind, value = "refused", error  # a request; its answer is this
            if kind in ("cancel", "pause", "resume"):
                {"cancel": self.cancel.cancel, "pause": self.pause.pause, "resume": self.pause.resume}[kind]()
                continue
            with self._arrived:
                if kind != "gone":
                    self.cancel, self.pause = CancelToken(), PauseToken()
                self._requests.append(None if kind == "gone" else (kind, value))
                self._arrived.notify()
            if kind == "gone":
                return

    def next_request(self) -> tuple[str, Any] | None:
        """Waits for a message, its kind and its content; None when there will be no more."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._requests)
            return self._requests.pop(0)
