"""Prepares sources for another rate than they have, one after the other, on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Hashable

from studio.audio.source import Source

OnPrepared = Callable[[Hashable, Source, Source | None, str], None]


class Preparer:
    """Args:
    on_prepared: called on the thread with the key, the source as it was, as it is now, or None and why not.
    """

    def __init__(self, on_prepared: OnPrepared) -> None:
        self._on_prepared = on_prepared
        self._jobs: queue.SimpleQueue[tuple[Hashable, Source, int] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, key: Hashable, source: Source, sample_rate: int) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="prepare sources", daemon=True)
            self._thread.start()
        self._jobs.put((key, source, sample_rate))

    def close(self) -> None:
        """What is being prepared is finished in the background and dropped."""
        self._closed = True
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._closed:
                continue
            key, source, sample_rate = job
            try:
                prepared: Source | None = source.at_rate(sample_rate)
                problem = ""
            except Exception as error:  # a full disk, a file that went away: the song plays on without it
                prepared, problem = None, str(error)
            self._on_prepared(key, source, prepared, problem)
