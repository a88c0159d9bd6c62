"""Listening to a vocal in a process of its own.

Within the window's process the pitch network and its libraries would hold the interpreter's lock, and with it the audio
callback, for up to two seconds. The process is started with the first vocal and kept for the next; a cancel ends it at
once, since it has nothing that could be lost.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.services.array_pickle import pack, unpack
from studio.services.vocal import analyse_vocal
from studio.storage.temporary import temporary_folder
from studio.storage.translations import use_language_of_environment

_POLL_S = 0.05


class AnalysisProcess:
    """Called like `studio.services.vocal.analyse_vocal`, from any thread; one vocal at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder = temporary_folder()
        self._child: tuple[Any, Connection] | None = None

    def __call__(
        self,
        audio: Audio,
        given: Given | None = None,
        *,
        song: VocalAnalysis | None = None,
        on_step: StepCallback | None = None,
        cancel: CancelToken | None = None,
    ) -> VocalAnalysis:
        """See `analyse_vocal`.

        Raises:
            StudioError: also when the process died, as when memory runs out.
            JobCancelled: within a tenth of a second of `cancel`.
        """
        with self._lock:
            if cancel:
                cancel.check()
            line = self._line()
            try:
                line.send_bytes(pack((audio, given, song), Path(self._folder.name)))
                while True:
                    if cancel is not None and cancel.cancelled:
                        raise JobCancelled
                    if not line.poll(_POLL_S):
                        continue
                    kind, value = unpack(line.recv_bytes())
                    if kind == "step":
                        if on_step:
                            on_step(value)
                    elif kind == "done":
                        return value
                    elif kind == "refused":
                        raise StudioError(value[0], seen=value[1], expected=value[2], todo=value[3])
                    else:
                        raise RuntimeError(f"while listening to the vocal: {value}")
            except (EOFError, OSError) as error:
                code = self._end()
                raise StudioError(
                    tr("Listening to the vocal stopped unexpectedly"),
                    seen=tr("exit code {code}", code=code)
                    + (tr(", as when memory runs out") if code == -9 else ""),
                    expected=tr("enough free memory for the vocal"),
                    todo=tr("Close other programs, then open the vocal again"),
                ) from error
            except BaseException:
                self._end()  # what it still does nobody wants
                raise

    def close(self) -> None:
        """Ends the process; the next call would start another."""
        with self._lock:
            self._end()
            self._folder.cleanup()

    def _line(self) -> Connection:
        if self._child is not None and self._child[0].is_alive():
            return self._child[1]
        self._end()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, Path(self._folder.name)), name="listening", daemon=True
        )
        process.start()
        theirs.close()
        self._child = (process, ours)
        return ours

    def _end(self) -> int | None:
        if self._child is None:
            return None
        process, line = self._child
        self._child = None
        line.close()
        process.join(_POLL_S)
        code: int | None = process.exitcode
        if code is None:
            process.kill()
            process.join()
        process.close()
        return code


def _serve(line: Connection, folder: Path) -> None:
    """In the child, until the line is cut."""
    use_language_of_environment()
    if hasattr(os, "nice"):
        os.nice(5)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the parent

    def tell(kind: str, value: object) -> None:
        line.send_bytes(pack((kind, value), folder))

    try:
        while True:
            audio, given, song = unpack(line.recv_bytes())
            try:
                analysis = analyse_vocal(audio, given, song=song, on_step=lambda p: tell("step", p))
                tell("done", analysis)
            except StudioError as error:
                tell("refused", (error.what, error.seen, error.expected, error.todo))
            except (EOFError, OSError):
                raise
            except Exception as error:
                tell("failed", "".join(traceback.format_exception(error)))
    except (EOFError, OSError, KeyboardInterrupt):
        return  # the parent is gone
