"""The engine's contract, on a tiny model with random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.core.analysis import Reading
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.core.music import Chord
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest, Regenerate
from studio.ml.engine import BandEngine, load_engine
from studio.services.measuring.fit_report import report_fit


def _run(engine: BandEngine, request: GenerationRequest) -> list[Candidate]:
    made: list[Candidate] = []
    engine.generate(request, Run(on_candidate=made.append))
    return made


def test_stems_match_the_vocal_in_rate_and_length(
    engine: BandEngine, request_of_four_bars: GenerationRequest
) -> None:
    made = _run(engine, request_of_four_bars)
    assert [c.number for c in made] == [1, 2]
    for candidate in made:
        assert tuple(candidate.stems) == STEMS
        for audio in candidate.stems.values():
            assert audio.sample_rate == 48000
            assert audio.samples.shape == (2, request_of_four_bars.vocal.frames)
            assert np.isfinite(audio.samples).all()


@pytest.mark.parametrize("rate", [8000, 11025, 12000, 16000, 22050, 96000, 192000])
def test_a_band_is_made_at_every_rate_a_vocal_may_have(
    engine: BandEngine, request_of_four_bars: GenerationRequest, rate: int
) -> None:
    sung = 0.1 * np.sin(2 * np.pi * 220 * np.arange(8 * rate) / rate)
    request = replace(request_of_four_bars, vocal=Audio(sung.astype(np.float32)[None], rate), candidates=1)
    (candidate,) = _run(engine, request)
    for audio in candidate.stems.values():
        assert audio.sample_rate == rate
        assert audio.samples.shape == (2, request.vocal.frames)
        assert np.isfinite(audio.samples).all()
    assert not np.isnan(report_fit(candidate, request.analysis).loudness_lufs)
    (part,) = _run(engine, replace(request, change=Regenerate(candidate, (1, 2), ("bass",))))
    assert part.stems["bass"].samples.shape == (2, request.vocal.frames)


def test_same_request_same_samples(engine: BandEngine, request_of_four_bars: GenerationRequest) -> None:
    first, again = _run(engine, request_of_four_bars), _run(engine, request_of_four_bars)
    for a, b in zip(first, again, strict=True):
        for stem in STEMS:
            np.testing.assert_array_equal(a.stems[stem].samples, b.stems[stem].samples)


def test_candidates_differ(engine: BandEngine, request_of_four_bars: GenerationRequest) -> None:
    arranged = engine.arrange(replace(request_of_four_bars, candidates=4), Run())
    arrangements = [candidate.arrangement for candidate in arranged]
    kinds = [
        (a.bar_chords(), a.parts["drums"], tuple(p.instrument for p in a.parts.values()))
        for a in arrangements
    ]
    assert all(x != y for i, x in enumerate(kinds) for y in kinds[:i])


def test_fewer_candidates_do_not_change_the_first(
    engine: BandEngine, request_of_four_bars: GenerationRequest
) -> None:
    one = engine.arrange(replace(request_of_four_bars, candidates=1), Run())
    two = engine.arrange(request_of_four_bars, Run())
    assert one[0].arrangement == two[0].arrangement


def test_wishes_are_obeyed(engine: BandEngine, request_of_four_bars: GenerationRequest) -> None:
    controls = Controls(style="folk", chords=Chord.parse_many("Am F"))
    arrangement = engine.arrange(replace(request_of_four_bars, controls=controls), Run())[0].arrangement
    assert arrangement.style == "folk"
    assert [c.name() for c in arrangement.bar_chords()] == ["Am", "F", "Am", "F"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"controls": Controls(style="polka")}, "style"),
        ({"controls": Controls(density="thick")}, "density"),
        ({"candidates": 17}, "1 to 16"),
    ],
)
def test_impossible_wishes_are_named(
    engine: BandEngine, request_of_four_bars: GenerationRequest, change: dict[str, object], word: str
) -> None:
    with pytest.raises(StudioError, match=word):
        engine.arrange(replace(request_of_four_bars, **change), Run())  # type: ignore[arg-type]


def test_progress_rises_to_one(engine: BandEngine, request_of_four_bars: GenerationRequest) -> None:
    seen: list[Progress] = []
    engine.generate(request_of_four_bars, Run(on_step=seen.append))
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    stages = list(dict.fromkeys(p.stage for p in seen))
    assert stages == ["Arranging 2 candidates", "Playing candidate 1 of 2", "Playing candidate 2 of 2"]


def test_progress_never_goes_back_with_two_readings(
    engine: BandEngine, request_of_four_bars: GenerationRequest
) -> None:
    heard = request_of_four_bars.analysis
    other = replace(heard.grid, times_s=heard.grid.times_s[::2])
    unsure = replace(
        heard,
        confidence=replace(heard.confidence, tempo=0.2, beats=0.2),
        alternatives=(Reading(other, heard.chords[: other.bars], 0.8),),
    )
    request = replace(request_of_four_bars, analysis=unsure)
    assert set(request.readings) == {0, 1}
    seen: list[Progress] = []
    engine.generate(request, Run(on_step=seen.append))
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)


def test_cancel_keeps_what_was_handed_over(
    engine: BandEngine, request_of_four_bars: GenerationRequest
) -> None:
    made: list[Candidate] = []
    token = CancelToken()

    def first_is_enough(candidate: Candidate) -> None:
        made.append(candidate)
        token.cancel()

    with pytest.raises(JobCancelled):
        engine.generate(request_of_four_bars, Run(token, on_candidate=first_is_enough))
    assert len(made) == 1


def test_missing_models_and_devices_are_named(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"mel\.safetensors is missing"):
        load_engine(tmp_path, "cpu")
    if not torch.cuda.is_available():
        with pytest.raises(StudioError, match="CUDA"):
            load_engine(tmp_path, "cuda")
