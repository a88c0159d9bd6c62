"""The request in progress: started, followed, cancelled; one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.core.candidate import Candidate
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.services.jobs import Job, JobRunner
from studio.ui.window.bridge import Bridge
from studio.ui.window.use_cases import UseCases

#: After a cancel the window is free again no later than this.
_PATIENCE_MS = 800


class Generation(QObject):
    """Emits `stepped` (Progress, seconds left or None) and `ended` ('done', 'failed' or 'cancelled')."""

    stepped = Signal(object, object)
    ended = Signal(str)

    def __init__(
        self,
        use_cases: UseCases,
        runner: JobRunner,
        bridge: Bridge,
        on_failed: Callable[[Exception], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._use, self._runner, self._bridge, self._on_failed = use_cases, runner, bridge, on_failed
        self._job: Job[Any] | None = None
        self._warming: Job[Any] | None = None

    @property
    def running(self) -> bool:
        return self._job is not None

    def warm_up(self) -> None:
        """Loads the models once, after the first vocal: importing them can hold the interpreter, and with it the
        audio callback, for a moment, which is better now than while somebody listens. Failing is told on Generate."""
        if self._warming is None:

            def run(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> object:
                return self._use.load_models()

            self._warming = self._runner.submit("Loading models", run, None, generator=True)

    def start(self, request: GenerationRequest, on_candidate: Callable[[Candidate], None]) -> None:
        """Works a request off in the background; `on_candidate` gets each candidate on the main thread."""

        def run(request: GenerationRequest, /, *, on_step: StepCallback, cancel: CancelToken) -> object:
            def hand_over(candidate: Candidate) -> None:
                self._bridge.post(lambda: on_candidate(candidate))

            return self._use.generate(request, Run(cancel, on_step, hand_over))

        def on_failed(error: Exception) -> None:
            self._end(job, "failed")
            self._on_failed(error)

        def on_step(progress: Progress, remaining_s: float | None) -> None:
            if self._job is job:
                self.stepped.emit(progress, remaining_s)

        loading = self._warming is not None and not self._warming.done
        self.stepped.emit(Progress("Loading models" if loading else "Starting", 0.0), None)
        self._job = job = self._runner.submit(
            "Generating",
            run,
            request,
            generator=True,
            on_step=on_step,
            on_done=lambda _: self._end(job, "done"),
            on_failed=on_failed,
            on_cancelled=lambda: self._end(job, "cancelled"),
        )

    def cancel(self) -> None:
        """Asks the generator to stop. Where it cannot at once (models still loading), the window does not wait:
        the job ends by itself in the background, and what it still hands over is kept."""
        job = self._job
        if job is not None:
            job.cancel()
            QTimer.singleShot(_PATIENCE_MS, self, lambda: self._end(job, "cancelled"))

    def _end(self, job: Job[Any], outcome: str) -> None:
        if self._job is job:
            self._job = None
            self.ended.emit(outcome)
