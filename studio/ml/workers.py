"""Threads that compute side by side, one core each.

Windows are small: sharing one among the cores costs more than it brings, while torch and numpy let go of the
interpreter, so that whole windows run side by side. With one core a window its samples depend on how many
cores there are in their last bit at most.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")

#: More would need more memory than they bring speed.
_MOST = 8
_POLL_S = 0.1


class Workers:
    """A context manager; on leaving, what has not begun is dropped and what runs is awaited."""

    def __init__(self) -> None:
        cores = torch.get_num_threads()
        count = min(_MOST, cores)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="band")
        ready = threading.Barrier(count + 1)

        def begin() -> None:
            torch.set_num_threads(1)
            # A thread takes torch's last setting at its first use of it, which must be this one.
            torch.get_num_threads()
            ready.wait()

        for _ in range(count):
            self._pool.submit(begin)
        ready.wait()
        # torch takes the last setting for this thread too, and for those to come.
        torch.set_num_threads(cores)

    def submit(self, run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Puts work in the queue, which is worked off in order."""
        return self._pool.submit(run, *args, **kwargs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def await_all(futures: Iterable[Future[T]], poll: Callable[[], None]) -> list[T]:
    """Results in order; `poll` is called several times a second meanwhile. Raises what any of them raised."""
    futures = list(futures)
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=_POLL_S, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        poll()
    return [future.result() for future in futures]
