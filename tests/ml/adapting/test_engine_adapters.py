"""An engine learns, plays with what was learnt, and goes back: a tiny band model with random weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken, Progress
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.ml.adapting import arrangement_task, band, sound
from studio.ml.adapting.adapter_file import load_adapter, save_adapter
from studio.ml.adapting.band import ADAPTER_FILE
from studio.ml.adapting.clips import AdapterTraining, RatedClip, SoundClip, TrainingSettings
from studio.ml.adapting.making import rated_clip
from studio.ml.adapting.replay import save_replay
from studio.ml.arrangement.arranging import Arranger
from studio.ml.arrangement.model import ArrangementModel
from studio.ml.engine import BandEngine
from studio.ml.sound.mel_model import MelModel
from studio.ml.sound.synthesis import SynthesisConfig
from studio.ml.sound.vocoder import Vocoder
from tests.ml.adapting.material import CPU, busy_and_calm, replay_material

HASHES = {"arrangement": "a" * 64, "mel": "b" * 64, "vocoder": "c" * 64}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (arrangement_task, "_VOCALS", 1), (arrangement_task, "_DRAWS", 2), (arrangement_task, "CROP", 8),
        (band, "VOCALS", 1), (band, "DRAWS", 2), (sound, "CROP", 32), (sound, "_CLIPS", 1), (sound, "_DRAWS", 2),
        (sound, "_LONGEST_S", 1.0),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def band_engine(arranger: ArrangementModel, mel_model: MelModel, vocoder: Vocoder) -> Iterator[BandEngine]:
    engine = BandEngine(
        Arranger(arranger, {"4/4": tuple(range(12))}),
        mel_model,
        vocoder,
        CPU,
        HASHES,
        config=SynthesisConfig(steps=2),
    )
    yield engine
    engine.use_adapter(None)


def _training(folder: Path, clips: list[RatedClip], **settings: object) -> AdapterTraining:
    save_replay(replay_material(), folder / "replay.safetensors")
    chosen = {"steps": 3, "learning_rate": 1e-2, "evaluations": 1, "ema": 0.5, **settings}
    held_out = [replace(clip, song="other") for clip in busy_and_calm(seed=3)[:2]]
    return AdapterTraining(
        clips,
        held_out,
        folder / "work",
        folder / "replay.safetensors",
        TrainingSettings(**chosen),  # type: ignore[arg-type]
    )


def _liking_busy() -> list[RatedClip]:
    return [replace(clip, weight=1.8 if clip.utility > 0 else 0.2) for clip in busy_and_calm()]


def _first(engine: BandEngine, request: GenerationRequest) -> Candidate:
    return engine.arrange(request, Run())[0]


def test_an_adapter_is_used_at_any_strength_and_the_base_comes_back_bit_by_bit(
    band_engine: BandEngine, request_of_four_bars: GenerationRequest, tmp_path: Path
) -> None:
    networks = band_engine.networks[:2]
    before = [{k: v.clone() for k, v in network.state_dict().items()} for network in networks]

    def is_base() -> bool:
        return all(
            torch.equal(value, then[name])
            for network, then in zip(networks, before, strict=True)
            for name, value in network.state_dict().items()
        )

    seen: list[Progress] = []
    report = band_engine.train(_training(tmp_path, _liking_busy()), Run(on_step=seen.append))
    assert is_base()
    fractions = [step.fraction for step in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len({step.fraction for step in seen if step.stage == "Checking what was learnt"}) > 20
    path = tmp_path / "work" / ADAPTER_FILE
    assert load_adapter(path).sha256 == report.sha256
    assert (report.steps, report.planned, report.stopped, report.device) == (3, 3, "finished", "cpu")
    assert {check.name for check in report.checks} >= {"copies what it was trained on"}
    hashes = band_engine.use_adapter(path, 0.0)
    assert is_base()
    assert hashes == HASHES
    hashes = band_engine.use_adapter(path, 0.8)
    assert not is_base()
    assert (
        hashes == {**HASHES, "adapter": report.sha256, "adapter_strength": "0.80"} == band_engine.model_hashes
    )
    band_engine.use_adapter(None)
    assert is_base()
    assert band_engine.model_hashes == HASHES


def test_a_training_begins_from_the_base_and_leaves_what_is_in_use(
    band_engine: BandEngine, tmp_path: Path
) -> None:
    first = band_engine.train(_training(tmp_path, _liking_busy()), Run())
    path = tmp_path / "first.safetensors"
    (tmp_path / "work" / ADAPTER_FILE).rename(path)
    (tmp_path / "work" / "arrangement.pt").unlink()
    band_engine.use_adapter(path)
    again = band_engine.train(_training(tmp_path, _liking_busy()), Run())
    assert (
        again.sha256 == first.sha256
    )  # the same clips and seed: the same file, never stacked on what is in use
    assert band_engine.model_hashes["adapter"] == first.sha256


def test_sound_is_learnt_where_ratings_speak_of_it(
    band_engine: BandEngine, request_of_four_bars: GenerationRequest, tmp_path: Path
) -> None:
    plan = _first(band_engine, request_of_four_bars)
    clips = [
        replace(clip, sound=SoundClip(plan.arrangement, seed, 1.8 if seed % 2 else 0.2))
        for seed, clip in enumerate(_liking_busy()[:4])
    ]
    report = band_engine.train(_training(tmp_path, clips), Run())
    adapter = load_adapter(tmp_path / "work" / ADAPTER_FILE)
    assert set(adapter.tensors) == {"arrangement", "mel"}
    assert all(name.startswith(sound.PREFIXES) for name in adapter.tensors["mel"])
    assert {"more silence", "clips"} <= {check.name for check in report.checks}
    band_engine.use_adapter(tmp_path / "work" / ADAPTER_FILE)


def test_a_cancelled_training_goes_on_where_it_was(band_engine: BandEngine, tmp_path: Path) -> None:
    cancel = CancelToken()

    def on_step(progress: Progress) -> None:
        if progress.fraction > 0.2:
            cancel.cancel()

    with pytest.raises(JobCancelled):
        band_engine.train(_training(tmp_path, _liking_busy()), Run(cancel, on_step))
    seen: list[Progress] = []
    resumed = band_engine.train(_training(tmp_path, _liking_busy()), Run(on_step=seen.append))
    assert seen[0].fraction > 0.2
    whole = band_engine.train(replace(_training(tmp_path, _liking_busy()), folder=tmp_path / "whole"), Run())
    assert resumed.sha256 == whole.sha256


@pytest.mark.parametrize("damage", ["missing", "cut", "foreign", "other base", "other model", "nan"])
def test_files_that_cannot_be_used_are_refused_and_what_was_in_use_stays(
    band_engine: BandEngine, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "a.safetensors"
    base = {"arrangement": HASHES["arrangement"], "mel": HASHES["mel"]}
    good = {"arrangement": {"head.weight.delta": torch.full((916, 32), 0.1)}}
    kept = save_adapter(good, {"base": base}, tmp_path / "kept.safetensors")
    band_engine.use_adapter(tmp_path / "kept.safetensors")
    weights = band_engine.networks[0].head.weight.detach().clone()
    words = {
        "missing": "is missing", "cut": "cannot be read", "foreign": "not an adapter",
        "other base": "another version of the model", "other model": "does not fit", "nan": "NaN",
    }  # fmt: skip
    if damage == "other base":
        save_adapter(good, {"base": {**base, "mel": "d" * 64}}, path)
    elif damage == "other model":
        save_adapter({"arrangement": {"head.weight.delta": torch.zeros(3, 3)}}, {"base": base}, path)
    elif damage == "nan":
        save_adapter(
            {"arrangement": {"head.weight.delta": torch.full((916, 32), torch.nan)}}, {"base": base}, path
        )
    elif damage == "cut":
        path.write_bytes((tmp_path / "kept.safetensors").read_bytes()[:-100])
    elif damage == "foreign":
        save_replay(replay_material(), path)
    with pytest.raises(StudioError, match=words[damage]):
        band_engine.use_adapter(path)
    assert band_engine.model_hashes["adapter"] == kept
    assert torch.equal(band_engine.networks[0].head.weight, weights)


def test_a_clip_is_what_the_model_was_told_and_drew(
    band_engine: BandEngine, request_of_four_bars: GenerationRequest
) -> None:
    plan = _first(band_engine, request_of_four_bars)
    assert plan.recipe is not None
    clip = rated_clip(
        "key", "song", plan, request_of_four_bars.analysis, weight=1.5, utility=0.3, sound_weight=1.2
    )
    np.testing.assert_array_equal(clip.tokens, plan.recipe.score.tokens)
    assert clip.melody.shape == (16, 64)
    assert clip.place[:5].tolist() == [clip.place[0] + i for i in (0, 1, 2, 3)] + [clip.place[0]]
    assert clip.song_features.tolist() == pytest.approx([np.log2(1.2), 1.0, 1.0])
    assert clip.sound is not None
    assert (clip.sound.seed, clip.sound.weight) == (plan.recipe.sound_seed, 1.2)
