"""Use of the generator: loaded on first use, kept for the next request, one request at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from studio.core.errors import JobCancelled
from studio.core.jobs import Progress, StepCallback
from studio.core.pipeline import Engine, Run
from studio.core.request import GenerationRequest


@dataclass(frozen=True, eq=False)
class GenerationResult:
    """How one request was worked off. The candidates themselves went to `on_candidate` and are not held.

    Attributes:
        stages_s: seconds of work by stage, 'load models' first.
        device, model_hashes: what made the candidates.
    """

    stages_s: Mapping[str, float]
    device: str
    model_hashes: Mapping[str, str]


class GenerationService:
    """Owns the engine.

    Args:
        models_dir: folder of the bundled weights.
        device: 'auto', 'cpu' or 'cuda'.
        load: makes the engine; by default the bundled one, whose import (torch) waits for the first request.
    """

    def __init__(
        self, models_dir: Path, device: str = "auto", load: Callable[[Path, str], Engine] | None = None
    ) -> None:
        self._models_dir, self._device = models_dir, device
        self._load = load or load_bundled_engine
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @property
    def loaded(self) -> bool:
        return self._engine is not None

    @property
    def model_hashes(self) -> Mapping[str, str]:
        """SHA-256 by model name; empty until the models are loaded."""
        engine = self._engine
        return engine.model_hashes if engine else {}

    @property
    def device(self) -> str:
        """Where the loaded models run; empty until they are loaded."""
        engine = self._engine
        return engine.device if engine else ""

    def unload(self) -> None:
        """Gives the models' memory back; the next request loads them again."""
        with self._lock:
            self._engine = None

    def load(self, *, on_step: StepCallback | None = None) -> float:
        """Loads the models unless they are; returns the seconds it took.

        Raises:
            StudioError: models missing or damaged, or no such device.
        """
        with self._lock:
            if self._engine is not None:
                return 0.0
            if on_step:
                on_step(Progress("Loading models", 0.0))
            started = time.perf_counter()
            self._engine = self._load(self._models_dir, self._device)
            return time.perf_counter() - started

    def generate(self, request: GenerationRequest, run: Run) -> GenerationResult:
        """Makes the request's candidates; `run.on_candidate` gets each as soon as it is whole.

        Raises:
            StudioError: see `load`.
            JobCancelled: within a second of `run.cancel`; candidates handed over before stay valid.
        """
        loading_s = self.load(on_step=run.on_step)
        run.cancel.check()
        with self._lock:
            engine = self._engine
            if engine is None:
                raise JobCancelled  # unloaded from another thread meanwhile
            stages_s = engine.generate(request, run)
        return GenerationResult({"load models": loading_s, **stages_s}, engine.device, engine.model_hashes)


def load_bundled_engine(models_dir: Path, device: str, vocoder_file: Path | None = None) -> Engine:
    """The models that come with the application, in this process; see studio.ml.engine.load_engine."""
    from studio.ml.engine import load_engine

    return load_engine(models_dir, device, vocoder_file)
