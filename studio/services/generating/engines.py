"""Which engines can be used on this machine, and the services that run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.engines import BAND_MODEL, FASTSAG, check_fastsag_weights
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.pipeline import Engine, Run
from studio.core.request import GenerationRequest
from studio.services.costs import Costs
from studio.services.generating.device import check_device, usable_device
from studio.services.generating.engine_process import EngineProcess
from studio.services.generating.import_fastsag import imported_record, model_path
from studio.services.generating.service import (
    Choose,
    GenerationResult,
    GenerationService,
    let_threads_sleep,
    load_bundled_engine,
)
from studio.services.installation import libraries


def generation_service(
    engine: str,
    models_dir: Path,
    data_dir: Path,
    device: str,
    *,
    weights: Path | None = None,
    vocoder: Path | None = None,
) -> GenerationService:
    """The service of an engine, by its name in core.engines; refused here, before any work, where it cannot run.

    Args:
        weights: instead of the imported ones for FastSAG; 'untrained' stands for random ones.
        vocoder: a public BigVGAN file for the band model.

    Raises:
        StudioError: for an option of the other engine, weights that are not there, or a GPU that cannot be.
    """
    check_device(device)
    costs = Costs.of_user(data_dir, engine, device)
    if engine == FASTSAG.name:
        if vocoder is not None:
            raise StudioError(
                tr("FastSAG takes another vocoder when it is imported"),
                seen=f"--vocoder {vocoder}",
                todo=tr("Type: studio import-fastsag fastsag.pt --bigvgan FILE"),
            )
        check_fastsag_weights(weights or model_path(data_dir))
        return GenerationService(weights or model_path(data_dir), device, load_fastsag_engine, costs)
    if weights is not None:
        raise StudioError(
            tr("The band model uses its bundled weights"),
            seen=f"--weights {weights}",
            todo=tr("Add --engine fastsag"),
        )
    if vocoder is not None and not vocoder.is_file():
        raise StudioError(
            tr("Cannot open {path}", path=vocoder), seen=tr("no such file"), todo=tr("Check the path")
        )
    return GenerationService(models_dir, device, partial(load_bundled_engine, vocoder_file=vocoder), costs)


class Engines:
    """The engines of the window: a request goes to the one it names; only one is loaded at a time.

    Args:
        services: by name of the engine; `first` is loaded ahead.
    """

    def __init__(self, services: Mapping[str, GenerationService], first: str) -> None:
        self._services = dict(services)
        self._current = self._services[first]

    @property
    def model_hashes(self) -> Mapping[str, str]:
        """Of the engine used last."""
        return self._current.model_hashes

    def load(self) -> float:
        """See GenerationService.load."""
        return self._current.load()

    def check_memory(self, request: GenerationRequest) -> None:
        """See GenerationService.check_memory. The engine that a request ends is still loaded now, and makes room."""
        self._services[request.engine].check_memory(request.vocal.duration_s, request.played)

    def generate(
        self, request: GenerationRequest, run: Run, choose: Choose | None = None
    ) -> GenerationResult:
        """See GenerationService.generate."""
        return self._use(request.engine).generate(request, run, choose)

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]:
        """See GenerationService.arrange."""
        return self._use(request.engine).arrange(request, run)

    def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> None:
        """See GenerationService.play; by the band model."""
        self._use(BAND_MODEL.name).play(vocal, plans, run)

    def unchanged(self) -> AbstractContextManager[None]:
        """See GenerationService.unchanged; of the band model."""
        return self._use(BAND_MODEL.name).unchanged()

    def _use(self, engine: str) -> GenerationService:
        wanted = self._services[engine]
        if wanted is not self._current:
            self._current.unload()
            self._current = wanted
        return wanted


def unavailable(data_dir: Path) -> dict[str, str]:
    """Why an engine cannot be chosen now, by its name; engines that can be are left out."""
    if imported_record(data_dir) is None:
        return {FASTSAG.name: tr("Its weights are not here. Type once: studio import-fastsag fastsag.pt")}
    return {}


def start_fastsag_engine(path: Path, device: str) -> Engine:
    """FastSAG in a process of its own."""
    return EngineProcess(load_fastsag_engine, path, device)


def load_fastsag_engine(path: Path, device: str) -> Engine:
    """FastSAG, in this process."""
    let_threads_sleep()
    with libraries():
        from studio.ml.fastsag.engine import load_fastsag

    return load_fastsag(path, usable_device(device))
