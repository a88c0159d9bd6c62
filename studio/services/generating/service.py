"""Use of the generator: loaded on first use, kept for the next request, one request at a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from studio.audio.sample_sets import InstalledSets, open_sets
from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled
from studio.core.jobs import Progress, StepCallback
from studio.core.pipeline import Engine, Run
from studio.core.request import GenerationRequest
from studio.core.workload import arranging_work, work_of
from studio.services.costs import Costs
from studio.services.forecast import LOAD, Forecast
from studio.storage.paths import resources_dir

#: What is said while it happens.
LOADING = "Loading models"


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
        costs: what to expect of this machine, and where to remember what was seen.
    """

    def __init__(
        self,
        models_dir: Path,
        device: str = "auto",
        load: Callable[[Path, str], Engine] | None = None,
        costs: Costs | None = None,
    ) -> None:
        self._models_dir, self._device = models_dir, device
        self.costs = costs or Costs()
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
                on_step(Progress(LOADING, 0.0, self.costs.seconds("load")))
            started = time.perf_counter()
            self._engine = self._load(self._models_dir, self._device)
            seconds = time.perf_counter() - started
            self.costs.learn("load", seconds)
            return seconds

    def generate(self, request: GenerationRequest, run: Run) -> GenerationResult:
        """Makes the request's candidates; `run.on_candidate` gets each as soon as it is whole.

        Raises:
            StudioError: see `load`.
            JobCancelled: within a second of `run.cancel`; candidates handed over before stay valid.
        """
        work, handing_s = work_of(request), 0.0
        hashes: Mapping[str, str] = {}
        loading = {} if self.loaded else {LOAD: self.costs.seconds("load")}
        # Apart: beside other programs arranging, whose threads wait for each other, slows down more than playing.
        arranging = arranging_work(request) / work
        whole_s = self.costs.seconds("make", work)
        forecast = Forecast({**loading, "arrange": arranging * whole_s, "play": (1 - arranging) * whole_s})

        def step(progress: Progress) -> None:
            done = progress.fraction
            if done <= arranging:
                run.on_step(forecast.update("arrange", done / arranging, progress.stage))
            else:
                forecast.end("arrange")
                played = (done - arranging) / (1 - arranging)
                run.on_step(forecast.update("play", played, progress.stage))

        def hand_over(candidate: Candidate) -> None:
            nonlocal handing_s
            began = time.perf_counter()
            # A candidate carries what made it: nobody asks an engine afterwards, which may be another by then.
            run.on_candidate(replace(candidate, models=hashes))
            handing_s += time.perf_counter() - began
            forecast.skip()

        loading_s = self.load(on_step=lambda p: run.on_step(forecast.update(LOAD, 0.0, p.stage)))
        if loading_s:
            run.on_step(forecast.update(LOAD, 1.0, LOADING))
        run.cancel.check()
        began = time.perf_counter()
        with self._lock:
            engine = self._engine
            if engine is None:
                raise JobCancelled  # unloaded from another thread meanwhile
            hashes = engine.model_hashes
            stages_s = engine.generate(request, replace(run, on_step=step, on_candidate=hand_over))
        self.costs.learn("make", time.perf_counter() - began - handing_s, work)
        return GenerationResult({"load models": loading_s, **stages_s}, engine.device, engine.model_hashes)


def let_threads_sleep() -> None:
    """Has torch's threads sleep, not spin, while they wait for each other; to be called before torch is loaded.

    Beside another busy program a thread that spins takes its core from the one it waits for: small networks ran
    fifteen times as slow on two threads (docs/measurements.md).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _recordings() -> InstalledSets | None:
    """The recorded instruments that come with the application; None where there are none."""
    found = open_sets(resources_dir() / "instruments")
    return found if found.sets else None


def load_bundled_engine(models_dir: Path, device: str, vocoder_file: Path | None = None) -> Engine:
    """The models that come with the application, in this process; see studio.ml.engine.load_engine."""
    let_threads_sleep()
    from studio.ml.engine import load_engine

    return load_engine(models_dir, device, vocoder_file, _recordings())
