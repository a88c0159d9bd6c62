"""The stages end to end on a tiny run: songs and sounds in, trained networks, previews, weights and cards out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile as sf
import torch
from safetensors.torch import load_file

from studio.core.arrangement import STEMS, Note
from studio.core.errors import JobCancelled, StudioError
from studio.core.jobs import CancelToken
from studio.ml.engine import load_engine
from studio.ml.sound.excitation import excite
from studio.services.machine.doctor import _models
from studio.services.exporting.export_midi import write_midi
from studio.storage.paths import resources_dir
from studio.training.runs import checkpoints
from studio.training.runs import pace
from studio.training.collections import corpus
from studio.training.runs import train_sound
from studio.training.runs.presets import PRESETS, StagePlan
from studio.training.runs.stages import Workshop, run_stage
from studio.training.sounds.packed import packed_mels, packed_sounds

TINY = {
    "arrangement": {"dim": 16, "layers": 1, "heads": 2},
    "mel": {"dim": 16, "prior_layers": 1, "denoiser_layers": 1, "sounds": 0},
    "vocoder": {"dim": 16, "layers": 1, "kinds": 4},
}
PLAN = StagePlan(steps=4, batch=2, learning_rate=1e-3, warmup=2)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "SONGS_PER_SHARD", 51)
    monkeypatch.setattr(checkpoints, "default_config", TINY.get)
    monkeypatch.setattr(train_sound, "_SCORED", 1)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound corpus without SoundFonts: the excitations themselves."""
    folder = tmp_path_factory.mktemp("corpus") / "sounds"
    frames = 512 * 200
    notes = {stem: [(0.3 * i, 0.3 * i + 0.25, 48 + i % 5, 90) for i in range(7)] for stem in STEMS}
    notes["drums"] = [(0.3 * i, 0.3 * i + 0.1, 36 + 2 * (i % 2), 90) for i in range(7)]
    for number in range(10):
        target = folder / f"{number:05d}"
        target.mkdir(parents=True)
        sound = np.stack(
            [excite(s, [Note(*n) for n in notes[s]], seed=number, start=0, frames=frames)[0] for s in STEMS]
        )
        np.save(target / "audio.npy", (np.clip(0.1 * sound, -1, 1) * 16383).astype(np.int16))
        np.save(target / "excitation.npy", sound.astype(np.float16))
        names = dict(zip(STEMS, ("standard kit", "finger bass", "piano", "strings"), strict=True))
        parts = {s: {"instrument": names[s], "notes": notes[s]} for s in STEMS}
        (target / "notes.json").write_text(json.dumps(parts))
    return folder


def workshop(folder: Path, sounds: Path, run: str = "run") -> Workshop:
    preset = replace(
        PRESETS["cpu"], songs=51, sounds=10, arrangement=PLAN, mel=PLAN, vocoder=PLAN, save_every=2
    )
    (folder / run).mkdir()
    (folder / run / "sounds").symlink_to(sounds)
    return Workshop(folder / run, folder / "models", preset, 1, None, write_midi)


def test_from_songs_to_models_that_play(tmp_path: Path, sounds: Path) -> None:
    shop = workshop(tmp_path, sounds)
    for stage in ("songs", "vocoder", "mel", "arrangement", "export"):
        run_stage(stage, shop)

    for stage in ("vocoder", "mel"):
        for stem in STEMS:
            info = sf.info(shop.run / stage / "previews" / f"step_000004_{stem}.flac")
            assert (info.samplerate, info.format) == (44100, "FLAC")
            assert info.duration > 4.0  # what there is of the target, a breath, the result
        assert len((shop.run / stage / "held_out.csv").read_text().splitlines()) == 3
    band = shop.run / "arrangement/previews/step_000004"
    assert len(mido.MidiFile(band.with_suffix(".mid")).tracks) == 5
    assert sf.info(band.with_suffix(".flac")).channels == 2

    engine = load_engine(shop.models, "cpu")
    assert set(engine.model_hashes) == {"arrangement", "mel", "vocoder"}
    findings = list(_models(shop.models))
    assert [f.status for f in findings] == ["OK"] * 3
    manifest = json.loads((shop.models / "sources.json").read_text("utf-8"))
    assert manifest["weights"]["mel"]["sources"] == ["factory", "grooves", "fluid"]
    assert manifest["weights"]["arrangement"]["sources"] == ["factory", "grooves"]
    assert (manifest["weights"]["vocoder"]["steps"], manifest["weights"]["vocoder"]["batch"]) == (4, 2)


@pytest.mark.parametrize("stage", ["vocoder", "mel"])
def test_a_stage_stopped_and_resumed_ends_bit_equal(tmp_path: Path, sounds: Path, stage: str) -> None:
    whole, broken = workshop(tmp_path, sounds, "whole"), workshop(tmp_path, sounds, "broken")
    run_stage(stage, whole)
    cancel = CancelToken()
    cancel.cancel()
    for _ in range(2):  # each time one step is finished
        with pytest.raises(JobCancelled):
            run_stage(stage, replace(broken, cancel=cancel))
    assert torch.load(broken.run / stage / "state.pt", weights_only=True)["step"] == 2
    run_stage(stage, broken)
    first, second = (load_file(checkpoints.averaged(shop.run, stage)) for shop in (whole, broken))
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, atol=0, rtol=0)


@pytest.mark.parametrize("stage", ["vocoder", "mel"])
def test_packed_sounds_train_what_folders_do_and_others_are_not_taken(
    tmp_path: Path, sounds: Path, stage: str
) -> None:
    folders, packed = workshop(tmp_path, sounds, "folders"), workshop(tmp_path, sounds, "packed")
    run_stage(stage, folders)
    run_stage("pack", packed)
    run_stage(stage, packed)
    first, second = (load_file(checkpoints.averaged(shop.run, stage)) for shop in (folders, packed))
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, atol=0, rtol=0)
    kept = list(corpus.sound_folders(packed.run / "sounds"))[8:]
    assert len(packed_sounds(packed.run / "packed", kept) or ()) == 4 * len(kept)
    assert packed_sounds(packed.run / "packed", kept[:1]) is None
    assert packed_mels(packed.run / "packed", kept[:1], 0) is None


def test_a_plan_of_seconds_becomes_steps_once(
    tmp_path: Path, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "_TIMED", 1)
    monkeypatch.setattr(pace, "_IDLE", 0)
    shop = workshop(tmp_path, sounds)
    timed = replace(shop, preset=replace(shop.preset, vocoder=replace(PLAN, seconds=1e-6)))
    run_stage("vocoder", timed)
    assert torch.load(shop.run / "vocoder/state.pt", weights_only=True)["step"] == 1  # less than a step's time
    kept = shop.run / "vocoder/pace.json"
    assert json.loads(kept.read_text("utf-8")) == {"seconds": 1e-6, "steps": 1}
    kept.write_text(json.dumps({"steps": 3}))
    run_stage("vocoder", timed)  # goes on to what was planned, and measures no more
    assert torch.load(shop.run / "vocoder/state.pt", weights_only=True)["step"] == 3


def test_a_stage_can_begin_from_earlier_weights_and_says_so(tmp_path: Path, sounds: Path) -> None:
    first, second = workshop(tmp_path, sounds, "first"), workshop(tmp_path, sounds, "second")
    run_stage("vocoder", first)
    start = checkpoints.averaged(first.run, "vocoder")
    run_stage("vocoder", replace(second, start=start))
    run_stage("export", second)
    entry = json.loads((second.models / "sources.json").read_text("utf-8"))["weights"]["vocoder"]
    assert (entry["earlier_steps"], entry["steps"]) == (4, 4)
    assert "after 4 of earlier runs" in (second.models / "vocoder.md").read_text("utf-8")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    shop = workshop(tmp_path, tmp_path / "nothing")
    with pytest.raises(StudioError, match="studio train songs"):
        run_stage("arrangement", shop)
    with pytest.raises(StudioError, match="studio train sounds"):
        run_stage("mel", shop)
    with pytest.raises(StudioError, match="nothing to export"):
        run_stage("export", shop)


def test_small_corpora_and_other_settings_are_refused(tmp_path: Path, sounds: Path) -> None:
    shop = workshop(tmp_path, sounds)
    with pytest.raises(StudioError, match="more than 8"):
        run_stage("mel", replace(shop, preset=replace(shop.preset, sounds=8)))
    (shop.run / "vocoder").mkdir()
    settings = {"config": TINY["vocoder"], "batch": 2, "learning_rate": 1e-3, "warmup": 2, "seed": 0}
    (shop.run / "vocoder/settings.json").write_text(json.dumps(settings))
    with pytest.raises(StudioError, match="Expected: seed 0"):
        run_stage("vocoder", replace(shop, seed=1))
