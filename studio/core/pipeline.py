"""The seam between the application and a generator engine: one request, one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.jobs import CancelToken, PauseToken, Progress, StepCallback
from studio.core.request import GenerationRequest


def _unheard(_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Run:
    """How a request that is being worked off talks to the one who asked. `Run()` is a run that nobody watches.

    Attributes:
        cancel: looked at at every step.
        on_step: called on the thread that called `generate`; fractions never go back.
        on_candidate: likewise; gets each candidate as soon as it is whole.
        pause: looked at by trainings, at every step.
    """

    cancel: CancelToken = field(default_factory=CancelToken)
    on_step: StepCallback = _unheard
    on_candidate: Callable[[Candidate], None] = _unheard
    pause: PauseToken = field(default_factory=PauseToken)

    def step(self, stage: str, fraction: float) -> None:
        """Says how far it is; raises JobCancelled once it was cancelled."""
        self.cancel.check()
        self.on_step(Progress(stage, fraction))


class Engine(Protocol):
    """A loaded generator."""

    @property
    def device(self) -> str:
        """'cpu' or 'cuda:0 (name)', for reports."""

    @property
    def model_hashes(self) -> Mapping[str, str]:
        """SHA-256 of every weights file in use, by model name."""

    def generate(self, request: GenerationRequest, run: Run) -> Mapping[str, float]:
        """Makes all candidates, hands each over as soon as it is whole, returns seconds by stage.

        Raises:
            JobCancelled: within a second of `run.cancel`; candidates handed over before stay valid.
        """


class BandEngine(Engine, Protocol):
    """An engine that writes what is played before it plays it, and can do either alone."""

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]:
        """The candidates that `generate` would make, without their stems: cheap beside playing them.

        Raises:
            JobCancelled: within a second of `run.cancel`.
        """

    def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> Mapping[str, float]:
        """Plays arrangements to a vocal, those of `arrange` or of anything else, and hands each over as soon as it is
        whole; returns seconds by stage.

        Args:
            vocal: gives the length and the level of the bands.
            plans: with recipes; their stems do not matter.

        Raises:
            JobCancelled: within a second of `run.cancel`; candidates handed over before stay valid.
        """
