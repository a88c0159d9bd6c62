"""Use of the generator: loaded on first use, kept for the next request, one request at a time."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from studio.audio.sample_sets import InstalledSets, open_sets
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import Progress, StepCallback
from studio.core.language import later, tr
from studio.core.pipeline import BandEngine, Engine, Run
from studio.core.request import GenerationRequest
from studio.core.workload import arranging_work, work_of
from studio.services.costs import Costs
from studio.services.forecast import LOAD, Forecast
from studio.services.generating.device import usable_device
from studio.services.installation import libraries
from studio.services.memory import NEEDS, check_memory, held_bytes, memory_ran_out
from studio.storage.paths import resources_dir

if TYPE_CHECKING:
    from studio.ml.adapting.clips import AdapterReport, AdapterTraining

#: From all arrangements to those that are played.
Choose = Callable[[Sequence[Candidate]], Sequence[Candidate]]

#: What is said while it happens.
LOADING = later("Loading models")


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


class AdaptableEngine(Engine, Protocol):
    """An engine that can be trained, and play with what was trained; see studio.ml.engine.BandEngine."""

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> Mapping[str, str]: ...

    def train(self, training: AdapterTraining, run: Run) -> AdapterReport: ...


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
        self._adapter: tuple[Path | None, float] = (None, 1.0)
        self._adapter_problem: StudioError | None = None
        #: The most that was expected of a request, bytes.
        self._largest = 0.0

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

    @property
    def adapter_problem(self) -> StudioError | None:
        """Why the adapter that was chosen is not in use, the base model being so instead; None where all is well."""
        return self._adapter_problem

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> None:
        """Plays with a personal adapter from the next request on, now or when the models are loaded; None for the base.

        Waits for a request that is worked off.

        Raises:
            StudioError: for an adapter that is missing, damaged or of another base, if the models are loaded; what was
                in use stays. Where they are not, the base will be used: see `adapter_problem`.
        """
        with self._lock:
            if self._engine is not None:
                _adaptable(self._engine).use_adapter(path, strength)
            self._adapter, self._adapter_problem = (path, strength), None

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """The base model in the place of a personal adapter, for clips that the adapter is measured by."""
        path, strength = self._adapter
        if path is None:
            yield
            return
        self.use_adapter(None)
        try:
            yield
        finally:
            self.use_adapter(path, strength)

    def _fit_adapter(self, engine: Engine) -> None:
        """The chosen adapter on an engine that was just loaded; a bad one must not keep the user from working."""
        if self._adapter[0] is not None:
            try:
                _adaptable(engine).use_adapter(*self._adapter)
            except StudioError as error:
                self._adapter, self._adapter_problem = (None, 1.0), error

    def train(self, training: AdapterTraining, run: Run) -> AdapterReport:
        """Trains a personal adapter; no request is worked off meanwhile.

        Raises:
            StudioError, JobCancelled: see EngineProcess.train.
        """
        self.load(on_step=run.on_step)
        with self._lock:
            engine = self._engine
            if engine is None:
                raise JobCancelled  # unloaded from another thread meanwhile
            return _adaptable(engine).train(training, run)

    def check_memory(self, seconds: float, candidates: int) -> None:
        """Refuses what cannot fit, before anything is loaded or begun.

        Raises:
            NotEnoughMemory: with a setting that fits.
        """
        held = held_bytes(self._process_id) if self.loaded else 0
        check_memory(self.costs.engine, seconds, candidates, held=held, factor=self.costs.memory_factor)

    @property
    def _process_id(self) -> int:
        """Of the process that the engine works in."""
        return int(getattr(self._engine, "pid", os.getpid()))

    def _learn_memory(self, request: GenerationRequest) -> None:
        """The peak is that of the process's life: only the largest request so far says something."""
        expected = NEEDS[self.costs.engine].bytes(request.vocal.duration_s, request.played)
        if expected > self._largest:
            self._largest = expected
            self.costs.learn_memory(held_bytes(self._process_id, "VmHWM") / expected)

    def load(self, *, on_step: StepCallback | None = None) -> float:
        """Loads the models unless they are; returns the seconds it took.

        Raises:
            StudioError: models missing or damaged, or no such device.
        """
        with self._lock:
            if self._engine is not None:
                return 0.0
            if on_step:
                on_step(Progress(tr(LOADING), 0.0, self.costs.seconds("load")))
            started = time.perf_counter()
            self._engine = self._load(self._models_dir, self._device)
            self._fit_adapter(self._engine)
            seconds = time.perf_counter() - started
            self.costs.learn("load", seconds)
            return seconds

    def generate(
        self, request: GenerationRequest, run: Run, choose: Choose | None = None
    ) -> GenerationResult:
        """Makes the request's candidates; `run.on_candidate` gets each as soon as it is whole.

        Args:
            choose: picks which of all that were arranged are played, instead of those the request wants. As many, or
                the time left is told wrong.

        Raises:
            StudioError: see `load` and `check_memory`; also when memory runs out.
            JobCancelled: within a second of `run.cancel`; candidates handed over before stay valid.
        """
        self.check_memory(request.vocal.duration_s, request.played)
        work, handing_s = work_of(request), 0.0
        hashes: Mapping[str, str] = {}
        loading = {} if self.loaded else {LOAD: self.costs.seconds("load")}
        # Apart: beside other programs arranging, whose threads wait for each other, slows down more than playing.
        arranging = arranging_work(request) / work
        whole_s = self.costs.seconds("make", work)
        forecast = Forecast({**loading, "arrange": arranging * whole_s, "play": (1 - arranging) * whole_s})

        def step(progress: Progress) -> None:
            done = progress.fraction
            if arranging and done <= arranging:
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
            run.on_step(forecast.update(LOAD, 1.0, tr(LOADING)))
        run.cancel.check()
        began = time.perf_counter()
        with self._lock:
            engine = self._engine
            if engine is None:
                raise JobCancelled  # unloaded from another thread meanwhile
            hashes = engine.model_hashes
            own = replace(run, on_step=step, on_candidate=hand_over)

            def play_step(progress: Progress) -> None:
                step(replace(progress, fraction=arranging + (1 - arranging) * progress.fraction))

            try:
                if choose is None:
                    stages_s = engine.generate(request, own)
                else:
                    band = self._band(run)
                    plans = choose(band.arrange(request, own))
                    stages_s = band.play(request.vocal, plans, replace(own, on_step=play_step))
            except Exception as error:
                raise memory_ran_out(error) or error from error
        self._learn_memory(request)
        self.costs.learn("make", time.perf_counter() - began - handing_s, work)
        return GenerationResult({"load models": loading_s, **stages_s}, engine.device, engine.model_hashes)

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]:
        """The candidates of a request without their sound. Raises StudioError, JobCancelled."""
        self.load(on_step=run.on_step)
        with self._lock:
            engine = self._band(run)
            return tuple(replace(made, models=engine.model_hashes) for made in engine.arrange(request, run))

    def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> None:
        """Plays what was arranged, see BandEngine.play. Raises StudioError, JobCancelled."""
        self.load(on_step=run.on_step)
        with self._lock:
            engine = self._band(run)
            hashes = engine.model_hashes
            hand_over = run.on_candidate
            engine.play(
                vocal, plans, replace(run, on_candidate=lambda made: hand_over(replace(made, models=hashes)))
            )

    def _band(self, run: Run) -> BandEngine:
        """The loaded engine, one that can arrange."""
        run.cancel.check()
        if self._engine is None:
            raise JobCancelled  # unloaded from another thread meanwhile
        if not hasattr(self._engine, "arrange"):
            raise StudioError(
                tr("This engine cannot write a band apart from playing it"), todo=tr("Choose the band model")
            )
        return cast(BandEngine, self._engine)


def _adaptable(engine: Engine) -> AdaptableEngine:
    """The engine as one that can learn. Raises StudioError for one that cannot."""
    if not (hasattr(engine, "use_adapter") and hasattr(engine, "train")):
        raise StudioError(tr("This engine knows no personal adapters"), todo=tr("Choose the band model"))
    return cast("AdaptableEngine", engine)


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
    with libraries():
        from studio.ml.engine import load_engine

    return load_engine(models_dir, usable_device(device), vocoder_file, _recordings())
