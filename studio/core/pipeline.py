"""The seam between the application and a generator engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from studio.core.candidate import Candidate
from studio.core.jobs import CancelToken, StepCallback
from studio.core.request import GenerationRequest


class Engine(Protocol):
    """A loaded generator."""

    @property
    def device(self) -> str:
        """'cpu' or 'cuda:0 (name)', for reports."""

    @property
    def model_hashes(self) -> Mapping[str, str]:
        """SHA-256 of every weights file in use, by model name."""

    def generate(
        self,
        request: GenerationRequest,
        *,
        on_step: StepCallback,
        on_candidate: Callable[[Candidate], None],
        cancel: CancelToken,
    ) -> Mapping[str, float]:
        """Makes all candidates, hands each over as soon as it is whole, returns seconds by stage.

        Raises:
            JobCancelled: within a second of `cancel`; candidates handed over before stay valid.
        """
