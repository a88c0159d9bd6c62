from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.core.pipeline import Engine, Run
from studio.core.request import GenerationRequest
from studio.services.generating.device import usable_device
from studio.services.generating.service import GenerationService
from studio.services.memory import NotEnoughMemory
from studio.storage.machine import CUDA, MachineNotes, write_machine_notes
from studio.storage.paths import user_data_dir
from tests.services.band import ToneEngine, make_analysis, make_vocal


def make_request(candidates: int = 3) -> GenerationRequest:
    vocal = make_vocal()
    return GenerationRequest(vocal.audio, make_analysis(vocal.audio.duration_s), candidates)


def test_loads_once_and_hands_candidates_over_as_they_come() -> None:
    loads: list[tuple[Path, str]] = []

    def load(models_dir: Path, device: str) -> Engine:
        loads.append((models_dir, device))
        return ToneEngine()

    service = GenerationService(Path("weights"), "cpu", load)
    assert not service.loaded
    assert service.model_hashes == {}
    steps: list[Progress] = []
    seen: list[Candidate] = []
    result = service.generate(make_request(), Run(on_step=steps.append, on_candidate=seen.append))
    assert [c.number for c in seen] == [1, 2, 3]
    assert (result.device, result.model_hashes) == ("cpu", ToneEngine.model_hashes)
    assert list(result.stages_s) == ["load models", "tones"]
    assert (steps[0].stage, steps[0].fraction) == ("Loading models", 0.0)
    assert all(step.remaining_s is not None and step.remaining_s >= 0.0 for step in steps)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert steps[-1].fraction == 1.0

    assert service.model_hashes == ToneEngine.model_hashes
    again = service.generate(make_request(1), Run(on_step=steps.append, on_candidate=seen.append))
    assert again.stages_s["load models"] == 0.0
    service.unload()
    service.generate(make_request(1), Run(on_step=steps.append, on_candidate=seen.append))
    assert len(seen) == 5
    assert loads == [(Path("weights"), "cpu")] * 2


def test_cancel_keeps_what_was_handed_over_and_the_engine() -> None:
    cancel = CancelToken()
    engine = ToneEngine(before_step=lambda number: cancel.cancel() if number == 3 else None)
    service = GenerationService(Path("weights"), "cpu", lambda *_: engine)
    seen: list[Candidate] = []
    with pytest.raises(JobCancelled):
        service.generate(make_request(), Run(cancel, on_candidate=seen.append))
    assert [c.number for c in seen] == [1, 2]
    engine.before_step = lambda _: None
    service.generate(make_request(), Run(on_candidate=seen.append))
    assert [c.number for c in seen] == [1, 2, 1, 2, 3]


def test_a_failed_load_is_tried_again() -> None:
    attempts: list[int] = []

    def load(*_: object) -> Engine:
        attempts.append(1)
        if len(attempts) == 1:
            raise StudioError("The model file mel is missing")
        return ToneEngine()

    service = GenerationService(Path("weights"), "cpu", load)
    with pytest.raises(StudioError):
        service.load()
    service.load()
    assert service.loaded


class _Adaptable(ToneEngine):
    """Names the adapter in use among its hashes, as the band engine does."""

    model_hashes: Mapping[str, str] = ToneEngine.model_hashes

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> Mapping[str, str]:
        self.adapter = path.name if path else ""
        self.model_hashes = {**ToneEngine.model_hashes, **({"adapter": self.adapter} if path else {})}
        return self.model_hashes

    def train(self, training: object, run: Run) -> None:
        raise NotImplementedError


def test_arranges_and_plays_apart_and_says_by_which_models() -> None:
    service, made = GenerationService(Path("weights"), "cpu", lambda *_: _Adaptable()), list[Candidate]()
    service.use_adapter(Path("mine"))
    request = make_request()
    arranged = service.arrange(request, Run())
    assert [(c.number, c.stems, c.models["adapter"]) for c in arranged] == [
        (n, {}, "mine") for n in (1, 2, 3)
    ]
    with service.unchanged():
        assert "adapter" not in service.arrange(request, Run())[0].models
        service.play(request.vocal, arranged[1:], Run(on_candidate=made.append))
    assert [(c.number, "adapter" in c.models) for c in made] == [(2, False), (3, False)]
    assert made[0].arrangement == arranged[1].arrangement
    assert service.arrange(request, Run())[0].models["adapter"] == "mine"


def test_an_engine_that_writes_nothing_down_refuses_to_arrange() -> None:
    class OneSound:
        device, model_hashes = "cpu", {}

    service = GenerationService(Path("weights"), "cpu", lambda *_: OneSound())  # type: ignore[return-value]
    with pytest.raises(StudioError, match="band model"):
        service.arrange(make_request(), Run())


def test_a_gpu_that_died_when_it_was_tried_is_not_computed_on() -> None:
    assert [usable_device(device) for device in ("auto", "cpu", "cuda")] == ["auto", "cpu", "cuda"]
    write_machine_notes(user_data_dir(), MachineNotes(unusable={CUDA: "crashed: SIGSEGV"}))
    assert [usable_device(device) for device in ("auto", "cpu")] == ["cpu", "cpu"]
    with pytest.raises(StudioError, match=r"crashed: SIGSEGV.*studio doctor"):
        usable_device("cuda")


def test_a_request_that_cannot_fit_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.services.memory.available_bytes", lambda: 300_000_000)
    service = GenerationService(Path("weights"), "cpu", lambda *_: pytest.fail("loaded"))
    with pytest.raises(NotEnoughMemory):
        service.generate(make_request(), Run())


def test_what_a_request_took_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.services.generating.service.held_bytes", lambda pid, what="": 2_000_000_000)
    service = GenerationService(Path("weights"), "cpu", lambda *_: ToneEngine())
    service.generate(make_request(), Run())
    assert service.costs.memory_factor == pytest.approx(2.0, rel=0.05)  # 1 GB and little more was expected
    monkeypatch.setattr("studio.services.generating.service.held_bytes", lambda pid, what="": 2_500_000_000)
    service.generate(make_request(1), Run())  # a smaller one says nothing: the peak is the process's
    assert service.costs.memory_factor == pytest.approx(2.0, rel=0.05)


def test_running_out_of_memory_is_said_with_what_to_do() -> None:
    class Hungry(ToneEngine):
        def generate(self, request: GenerationRequest, run: Run) -> Mapping[str, float]:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")

    service = GenerationService(Path("weights"), "cpu", lambda *_: Hungry())
    with pytest.raises(StudioError, match=r"Memory ran out.*fewer candidates"):
        service.generate(make_request(), Run())
