"""Progress on a terminal: a bar with the measured time left, or plain lines where nobody watches."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from studio.core import jobs
from studio.services.jobs import EtaEstimator

_PLAIN_STEP = 0.1


class TerminalProgress:
    """A context manager; `on_step` is the callback to hand to a job.

    Args:
        stream: where to draw, usually stderr. A bar when it is a terminal, else a line a stage and a tenth.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False)
        self._eta = EtaEstimator()
        self._printed: tuple[str, int] = ("", -1)
        self._bar: Progress | None = None
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[left]}"),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=1.0, left="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def on_step(self, progress: jobs.Progress) -> None:
        paced_s = self._eta.update(progress.fraction)
        left = format_left(paced_s if progress.remaining_s is None else progress.remaining_s)
        if self._bar:
            self._bar.update(self._task, completed=progress.fraction, description=progress.stage, left=left)
            return
        shown = (progress.stage, int(progress.fraction / _PLAIN_STEP + 1e-9))
        if shown != self._printed:
            self._printed = shown
            self.say(f"{progress.stage}: {progress.fraction:.0%}{', ' + left if left else ''}")

    def say(self, line: str) -> None:
        """A line above the bar, never wrapped or styled."""
        self._console.print(Text(line), soft_wrap=True)


def format_left(seconds: float | None) -> str:
    """'about 1 min 20 s left'; empty while nothing is known."""
    if seconds is None:
        return ""
    whole = max(1, round(seconds))
    minutes, rest = divmod(whole, 60)
    return f"about {f'{minutes} min ' if minutes else ''}{rest} s left"
