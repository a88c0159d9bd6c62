"""Background work: one lane for the generator, one for saving, a small pool for files, and measured remaining time.

A job is a plain function `run(request, *, on_step, cancel) -> result`. Its callbacks are handed to `post`, which
the window sets to its bridge, so that they run on the main thread. Nothing is ever terminated: a job ends by
itself or at the next check of its cancel token.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.storage.log import LOG

RequestT = TypeVar("RequestT", contravariant=True)
ResultT = TypeVar("ResultT", covariant=True)
R = TypeVar("R")

Lane = Literal["files", "generator", "writer"]

Post = Callable[[Callable[[], None]], None]

#: Steps reported faster than this are skipped: no eye follows them, and they would fill the event queue.
_STEP_INTERVAL_S = 0.05
#: No estimate before this much was measured.
_ETA_AFTER_S, _ETA_AFTER_FRACTION = 1.0, 0.02
#: The share of the work that counts as the latest.
_ETA_WINDOW = 0.25


class JobFunction(Protocol[RequestT, ResultT]):
    """What runs in the background: immutable values in and out."""

    def __call__(self, request: RequestT, /, *, on_step: StepCallback, cancel: CancelToken) -> ResultT: ...


@dataclass(eq=False)
class Job(Generic[R]):
    """A submitted job. `cancel` asks it to stop; `future` is done once it has.

    An `essential` job is never cancelled by shutting down: it writes what must not be lost.
    """

    number: int
    title: str
    lane: Lane = "files"
    essential: bool = False
    token: CancelToken = field(default_factory=CancelToken)
    future: Future[None] | None = None

    @property
    def done(self) -> bool:
        return self.future is not None and self.future.done()

    def cancel(self) -> None:
        self.token.cancel()


class EtaEstimator:
    """Remaining time from the measured pace: the mean of the average so far and of the latest quarter of the work.

    Time before any progress (models loading) does not count: it says nothing about what is left.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, float]] = deque([(clock(), 0.0)])  # (seconds, fraction), oldest first
        self._first = self._marks[0]

    def update(self, fraction: float) -> float | None:
        """Seconds left at `fraction` of the work, or None while too little was measured."""
        now = (self._clock(), fraction)
        if fraction <= 0.0:
            self._first = now
            self._marks = deque([now])
            return None
        self._marks.append(now)
        while len(self._marks) > 2 and self._marks[1][1] <= fraction - _ETA_WINDOW:
            self._marks.popleft()
        elapsed = now[0] - self._first[0]
        (then, before) = self._marks[0]
        if elapsed < _ETA_AFTER_S or fraction < _ETA_AFTER_FRACTION or fraction <= before:
            return None
        recent = (now[0] - then) / (fraction - before)
        return max(0.0, (1.0 - fraction) * (elapsed / fraction + recent) / 2)


class JobRunner:
    """Runs jobs on three lanes and posts what happens to them.

    Args:
        post: runs a callback on the main thread; may be called from any thread.
        file_workers: threads of the lane for files and pictures.
    """

    def __init__(self, post: Post, *, file_workers: int = 2) -> None:
        self._post = post
        # One worker: the generator's memory and threads are never shared between two jobs.
        self._generator = ThreadPoolExecutor(1, thread_name_prefix="generator")
        self._files = ThreadPoolExecutor(file_workers, thread_name_prefix="files")
        # One worker of its own: saving never waits behind drawing, and what is saved first is there first.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._jobs: set[Job[Any]] = set()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._closed = False

    def submit(
        self,
        title: str,
        run: JobFunction[RequestT, R],
        request: RequestT,
        *,
        lane: Lane = "files",
        essential: bool = False,
        on_step: Callable[[Progress, float | None], None] | None = None,
        on_done: Callable[[R], None] | None = None,
        on_failed: Callable[[Exception], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
    ) -> Job[R]:
        """Queues a job. Exactly one of on_done, on_failed and on_cancelled is posted at its end.

        Args:
            title: names the job to the user.
            lane: 'generator' for work on the models, 'writer' for what is saved; in both one runs at a time.
            essential: True for what `shutdown` lets finish.
            on_step: gets each report with the seconds left, None while unknown.
        """
        job: Job[R] = Job(next(self._numbers), title, lane, essential)

        def work() -> None:
            steps = _Steps(self._post, on_step)
            try:
                job.token.check()
                LOG.info("%s", title)
                result = run(request, on_step=steps, cancel=job.token)
            except JobCancelled:
                self._finish(job, on_cancelled)
            except Exception as error:  # the job boundary: whatever went wrong is shown, never swallowed
                failure = error
                LOG.error("%s: %s", title, error, exc_info=None if isinstance(error, StudioError) else error)
                self._finish(job, on_failed and (lambda: on_failed(failure)))
            else:
                self._finish(job, on_done and (lambda: on_done(result)))

        with self._lock:
            if self._closed:  # what follows on a job that ended while we closed has nobody to do it for
                job.cancel()
                return job
            self._jobs.add(job)
        lanes = {"files": self._files, "generator": self._generator, "writer": self._writer}
        job.future = lanes[lane].submit(work)
        return job

    def _finish(self, job: Job[R], callback: Callable[[], None] | None) -> None:
        def end() -> None:
            try:
                if callback:
                    callback()
            finally:
                with self._lock:
                    self._jobs.discard(job)

        self._post(end)

    def running(self, title: str) -> bool:
        """Whether a job of that title is queued or runs."""
        with self._lock:
            return any(job.title == title for job in self._jobs)

    @property
    def busy(self) -> bool:
        """Whether any job is queued or runs, or what happens at its end has yet to happen."""
        return bool(self._jobs)

    def stop_generator(self) -> None:
        """Asks the generator's jobs to stop and waits until they have."""
        with self._lock:
            jobs = [job for job in self._jobs if job.lane == "generator"]
        for job in jobs:
            job.cancel()
        wait([job.future for job in jobs if job.future is not None])

    def shutdown(self) -> None:
        """Takes no new job, asks all but the essential ones to stop, waits for all, and ends the threads."""
        with self._lock:
            self._closed = True
            jobs = list(self._jobs)
        for job in jobs:
            if not job.essential:
                job.cancel()
        wait([job.future for job in jobs if job.future is not None])
        self._generator.shutdown()
        self._writer.shutdown()
        self._files.shutdown()


class _Steps:
    """The on_step of one job: measures the pace, thins out, posts."""

    def __init__(self, post: Post, on_step: Callable[[Progress, float | None], None] | None) -> None:
        self._post, self._on_step = post, on_step
        self._eta = EtaEstimator()
        self._shown_s, self._stage = 0.0, ""

    def __call__(self, progress: Progress) -> None:
        paced_s = self._eta.update(progress.fraction)
        remaining_s = paced_s if progress.remaining_s is None else progress.remaining_s
        now = time.monotonic()
        if self._on_step is None or (
            progress.stage == self._stage and now - self._shown_s < _STEP_INTERVAL_S
        ):
            return
        self._shown_s, self._stage = now, progress.stage
        on_step = self._on_step
        self._post(lambda: on_step(progress, remaining_s))
