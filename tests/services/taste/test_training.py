"""Learning in the generator's process: paused, stopped, killed; and what comes onto the shelf."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, PauseToken, Progress
from studio.core.pipeline import Run
from studio.ml.adapting.adapter_file import KIND
from studio.ml.adapting.clips import AdapterTraining, RatedClip, TrainingSettings
from studio.services.generating.engine_process import EngineProcess
from studio.services.generating.service import GenerationService
from studio.services.taste import adapter_header, training
from studio.services.taste.adapters import AdapterShelf
from studio.services.taste.lesson import Lesson
from studio.services.taste.training import train_adapter
from studio.storage.paths import models_dir
from tests.services.band import ToneEngine
from tests.services.taste.adapter_files import BASE, write_adapter
from tests.services.taste.learner import STEPS, LearningEngine, load_learner


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    engine = EngineProcess(load_learner, Path("no weights"), "cpu")
    yield engine
    engine.close()


def _lesson(clips: int = 40) -> Lesson:
    none = np.zeros((1, 1), np.int64)
    clip = RatedClip("key", "song", none, none, none.astype(np.float32), none, none.astype(np.float32))
    return Lesson((clip,) * clips, (clip,), float(clips), 0, True)


def _training(folder: Path) -> AdapterTraining:
    return AdapterTraining(_lesson().clips, (), folder, Path("replay"), TrainingSettings())


def test_a_training_in_the_process_tells_how_far_it_is_and_can_be_held(
    engine: EngineProcess, tmp_path: Path
) -> None:
    pause, seen = PauseToken(), []
    held_s = 0.0

    def on_step(progress: Progress) -> None:
        nonlocal held_s
        seen.append(progress.fraction)
        if len(seen) == 5:
            held_s = time.monotonic()
            pause.pause()
            threading.Timer(0.6, pause.resume).start()

    report = engine.train(_training(tmp_path), Run(on_step=on_step, pause=pause))
    assert report.steps == STEPS
    assert seen == [i / STEPS for i in range(1, STEPS + 1)]
    assert time.monotonic() - held_s >= 0.6


@pytest.mark.parametrize("held", [False, True])
def test_a_cancelled_training_ends_soon_even_while_it_is_held(
    engine: EngineProcess, tmp_path: Path, held: bool
) -> None:
    cancel, pause, seen = CancelToken(), PauseToken(), []

    def on_step(progress: Progress) -> None:
        seen.append(progress.fraction)
        if len(seen) == 3:
            if held:
                pause.pause()
            threading.Timer(0.2, cancel.cancel).start()

    with pytest.raises(JobCancelled):
        engine.train(_training(tmp_path), Run(cancel, on_step, pause=pause))
    assert len(seen) < STEPS
    assert engine.train(_training(tmp_path), Run()).steps == STEPS


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_training_goes_on_and_the_adapter_is_in_use_again(
    engine: EngineProcess, tmp_path: Path
) -> None:
    adapter = write_adapter(tmp_path / "a.safetensors", 1)
    assert engine.use_adapter(adapter, 0.5) == {
        **BASE,
        "adapter": "a.safetensors",
        "adapter_strength": "0.50",
    }
    engine.use_adapter(None)
    assert engine.model_hashes == BASE
    engine.use_adapter(adapter, 0.5)
    assert engine.model_hashes["adapter"] == "a.safetensors"
    begun: list[float] = []

    def kill(progress: Progress) -> None:
        begun.append(progress.fraction)
        if len(begun) == 3:
            os.kill(engine.pid, signal.SIGKILL)

    with pytest.raises(StudioError, match="stopped unexpectedly"):
        engine.train(_training(tmp_path), Run(on_step=kill))
    again: list[float] = []
    engine.train(_training(tmp_path), Run(on_step=lambda p: again.append(p.fraction)))
    assert again[0] > begun[1]
    assert engine.model_hashes["adapter"] == "a.safetensors"
    engine.use_adapter(None)


def test_an_engine_that_cannot_learn_says_so(tmp_path: Path) -> None:
    service = GenerationService(tmp_path, load=lambda models, device: ToneEngine())
    with pytest.raises(StudioError, match="knows no personal adapters"):
        service.train(_training(tmp_path), Run())


def test_a_service_uses_its_adapter_from_the_start_and_the_base_where_that_fails(tmp_path: Path) -> None:
    adapter = write_adapter(tmp_path / "a.safetensors", 1)
    service = GenerationService(tmp_path, load=load_learner)
    service.use_adapter(adapter, 0.7)
    service.load()
    assert service.model_hashes == {**BASE, "adapter": "a.safetensors", "adapter_strength": "0.70"}
    service.unload()
    adapter.unlink()
    service.load()
    assert service.model_hashes == BASE
    assert "missing" in str(service.adapter_problem)


def test_what_was_learnt_is_a_candidate_on_the_shelf(tmp_path: Path) -> None:
    shelf = AdapterShelf(tmp_path / "adapters")
    learned = train_adapter(LearningEngine(), shelf, _lesson(), models_dir(), Run(), note="7")
    assert (learned.entry.state, learned.entry.note) == ("candidate", "adapter 7")
    assert learned.entry.report["changes"] == ("busier",) or learned.entry.report["changes"] == ["busier"]
    assert "blind test" in learned.told
    assert not shelf.training_folder.exists()
    assert shelf.promoted is None


def test_what_is_not_fit_is_kept_with_the_reason_and_not_tested(tmp_path: Path) -> None:
    shelf = AdapterShelf(tmp_path / "adapters")
    learned = train_adapter(LearningEngine(), shelf, _lesson(), models_dir(), Run(), note="13")
    assert learned.entry.state == "rejected"
    assert learned.told.startswith("Not fit to be used: more silence.")


def test_too_few_ratings_and_too_little_memory_are_told_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = AdapterShelf(tmp_path / "adapters")
    with pytest.raises(StudioError, match="39 rated clips"):
        train_adapter(LearningEngine(), shelf, _lesson(39), models_dir(), Run())
    monkeypatch.setattr(training, "available_bytes", lambda: 10**8)
    with pytest.raises(StudioError, match=r"0\.1 GB of memory free"):
        train_adapter(LearningEngine(), shelf, _lesson(), models_dir(), Run())


def test_the_shelf_knows_adapters_by_the_name_they_are_written_with() -> None:
    assert adapter_header.KIND == KIND


def test_a_training_that_nearly_fits_is_refused_with_two_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "available_bytes", lambda: 1_170_000_000)
    training.check_memory(1_170_000_000)
    with pytest.raises(StudioError) as refused:
        training.check_memory(1_180_000_000)
    assert (refused.value.seen, refused.value.expected) == ("1.17 GB of memory free", "1.18 GB")
