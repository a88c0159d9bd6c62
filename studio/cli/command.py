"""What every command shares: its context, its exit codes, and how Ctrl+C reaches a job.

A command is a module with `add_parser(commands)`, which says what may be written and names its `run`, and
`run(options, context)`, which does it and returns the exit code. What is heavy is imported when it runs.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Protocol, TypeAlias

from studio.core.amounts import many

if TYPE_CHECKING:
    from studio.core.jobs import CancelToken
    from studio.services.generating.service import GenerationService

OK, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

#: argparse's collection of commands, which has no public name.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
#: Opens the window on a vocal, a folder of results, or None, with a device; returns the exit code.
OpenWindow = Callable[[Path | None, str], int]


@dataclass(frozen=True)
class Context:
    """What a command may use.

    Attributes:
        service: the generator; None for the one that the options ask for.
    """

    open_window: OpenWindow
    service: GenerationService | None = None


class Command(Protocol):
    """A module of a command."""

    def add_parser(self, commands: Commands) -> None: ...


@contextlib.contextmanager
def ctrl_c_cancels(cancel: CancelToken) -> Iterator[None]:
    """The first Ctrl+C asks the job to stop, so that what is being written gets finished; the second insists."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        # Nothing is printed here: the interrupted code may hold the lock of the stream.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cancel.cancel()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def count(candidates: Sequence[object]) -> str:
    """'1 candidate', '4 candidates'."""
    return many(len(candidates), "candidate")
