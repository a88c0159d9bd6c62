"""The services behind the window, as functions, so that the window knows none of their classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.jobs import CancelToken, StepCallback
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.services.exporting.export import ExportedCandidate, ExportRequest
from studio.services.jobs import JobFunction
from studio.services.project.results import Results
from studio.services.vocal import Vocal


class Generate(Protocol):
    """Makes candidates; see GenerationService.generate."""

    def __call__(self, request: GenerationRequest, run: Run) -> object: ...


class Analyse(Protocol):
    """See studio.services.vocal.analyse_vocal."""

    def __call__(
        self,
        audio: Audio,
        given: Given | None,
        *,
        song: VocalAnalysis | None,
        on_step: StepCallback | None,
        cancel: CancelToken | None,
    ) -> VocalAnalysis: ...


class OpenResults(Protocol):
    """See studio.services.project.results.open_results."""

    def __call__(
        self, folder: Path, *, on_step: StepCallback | None, cancel: CancelToken | None
    ) -> Results: ...


@dataclass(frozen=True)
class UseCases:
    """The services behind the window, as functions."""

    open_vocal: Callable[[Path], Vocal]
    open_results: OpenResults
    analyse: Analyse
    load_models: Callable[[], object]
    generate: Generate
    models: Callable[[], Mapping[str, str]]
    export: JobFunction[ExportRequest, ExportedCandidate]
    sessions_dir: Path
