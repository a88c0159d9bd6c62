from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.core.pipeline import Engine, Run
from studio.core.request import GenerationRequest
from studio.services.generating.service import GenerationService
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
    assert steps[0] == Progress("Loading models", 0.0)
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
