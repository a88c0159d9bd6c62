"""FastSAG as an engine: one band stem, any length, stereo, seeds, refusals."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.core.arrangement import BAND
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.ml.fastsag.checkpoint import save_checkpoint
from studio.ml.fastsag.engine import FastSAGEngine, load_fastsag
from studio.ml.fastsag.model import FastSAG

CPU = torch.device("cpu")


@pytest.fixture
def sag(tiny: FastSAG) -> FastSAGEngine:
    return FastSAGEngine(tiny, CPU, {"fastsag": "00"}, steps=2)


@pytest.fixture
def short_request(request_of_four_bars: GenerationRequest) -> GenerationRequest:
    """Its first 2.1 s: three windows of the tiny model."""
    vocal = request_of_four_bars.vocal
    return dataclasses.replace(
        request_of_four_bars, vocal=Audio(vocal.samples[:, :100_003].copy(), vocal.sample_rate)
    )


def _generate(engine: FastSAGEngine, request: GenerationRequest) -> tuple[list[Candidate], list[Progress]]:
    candidates: list[Candidate] = []
    steps: list[Progress] = []
    engine.generate(request, Run(on_step=steps.append, on_candidate=candidates.append))
    return candidates, steps


def test_one_band_stem_as_long_as_the_vocal(sag: FastSAGEngine, short_request: GenerationRequest) -> None:
    candidates, steps = _generate(sag, short_request)
    assert [c.number for c in candidates] == [1, 2]
    for candidate in candidates:
        assert list(candidate.stems) == [BAND]
        band = candidate.stems[BAND]
        vocal = short_request.vocal
        assert (band.frames, band.sample_rate, band.channels) == (vocal.frames, vocal.sample_rate, 2)
        assert np.isfinite(band.samples).all()
        assert candidate.arrangement.parts == {}
        assert candidate.arrangement.grid == short_request.analysis.grid
        assert candidate.settings["weights"] == "trained"
        assert "CC BY-NC" in str(candidate.settings["licence"])
    fractions = [p.fraction for p in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    first, second = (c.stems[BAND].samples for c in candidates)
    assert np.abs(first - second).max() > 1e-3 * np.abs(first).max()


def test_the_same_seed_the_same_samples(sag: FastSAGEngine, short_request: GenerationRequest) -> None:
    request = dataclasses.replace(short_request, candidates=1)
    runs = [_generate(sag, request)[0][0].stems[BAND].samples for _ in range(2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    other = _generate(sag, dataclasses.replace(request, seed=6))[0][0].stems[BAND].samples
    assert np.abs(other - runs[0]).max() > 1e-3 * np.abs(other).max()


def test_silence_and_stereo(sag: FastSAGEngine, short_request: GenerationRequest) -> None:
    silent = Audio(np.zeros((2, 44_100 * 3), np.float32), 44_100)
    request = dataclasses.replace(short_request, vocal=silent, candidates=1)
    band = _generate(sag, request)[0][0].stems[BAND]
    assert band.frames == silent.frames
    assert np.isfinite(band.samples).all()


@pytest.mark.parametrize("controls", [Controls(style="pop"), Controls(density="busy")])
def test_wishes_it_cannot_fulfil_are_refused_with_the_reason(
    sag: FastSAGEngine, short_request: GenerationRequest, controls: Controls
) -> None:
    request = dataclasses.replace(short_request, controls=controls)
    with pytest.raises(StudioError, match="FastSAG cannot do that.*no stems, notes, chords"):  # noqa: RUF043
        _generate(sag, request)


def test_cancel_stops_at_the_next_call(sag: FastSAGEngine, short_request: GenerationRequest) -> None:
    cancel, steps = CancelToken(), []

    def on_step(progress: Progress) -> None:
        steps.append(progress)
        if len(steps) == 4:
            cancel.cancel()

    with pytest.raises(JobCancelled):
        sag.generate(short_request, Run(cancel, on_step))
    assert len(steps) == 4


def test_an_untrained_model_is_called_so(
    tiny: FastSAG, tmp_path: Path, short_request: GenerationRequest
) -> None:
    torch.manual_seed(0)
    save_checkpoint(FastSAG(tiny.config), tmp_path / "fresh.safetensors", {})
    engine = load_fastsag(tmp_path / "fresh.safetensors", "cpu")
    assert len(engine.model_hashes["fastsag"]) == 64
    request = dataclasses.replace(short_request, candidates=1)
    assert _generate(engine, request)[0][0].settings["weights"] == "untrained"


def test_without_weights_the_import_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="studio import-fastsag"):
        load_fastsag(tmp_path / "fastsag.safetensors", "cpu")
