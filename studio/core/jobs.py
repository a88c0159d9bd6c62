"""What a long-running function and its caller agree on: a cancel token and a progress report."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from studio.core.errors import JobCancelled

#: Seconds between looks at the cancel token while a job is paused.
_LOOK_S = 0.1


class CancelToken:
    """Set from any thread; the job calls `check` at every step."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raises JobCancelled once `cancel` was called."""
        if self._event.is_set():
            raise JobCancelled


class PauseToken:
    """Set from any thread; the job calls `wait` at every step."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()

    def pause(self) -> None:
        self._going.clear()

    def resume(self) -> None:
        self._going.set()

    @property
    def paused(self) -> bool:
        return not self._going.is_set()

    def wait(self, cancel: CancelToken) -> None:
        """Returns when the job may go on. Raises JobCancelled once `cancel` is set, soon even while it waits."""
        cancel.check()
        while not self._going.wait(_LOOK_S):
            cancel.check()


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        stage: what is being done, in words for the user.
        fraction: share of all work that is done, 0 to 1; never goes back.
        remaining_s: seconds left, where the job knows more than its pace tells.
    """

    stage: str
    fraction: float
    remaining_s: float | None = None


StepCallback = Callable[[Progress], None]
