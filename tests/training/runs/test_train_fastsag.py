"""FastSAG's objective and its training on paired folders."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from studio.core.errors import StudioError
from studio.ml.fastsag import FastSAG
from studio.ml.fastsag.front_end import mel_spectrogram, normalise
from studio.training.runs.loop import LoopConfig
from studio.training.runs.train_fastsag import fastsag_losses, train_fastsag, trained_parts
from studio.training.collections.vocal_pairs import PairedClips, find_pairs
from tests.ml.fastsag.conftest import TINY

RATE = 24_000


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three songs of 2.5 s: a tone over its octave below; the last is sung only in its first half."""
    vocals, accompaniments = tmp_path / "v", tmp_path / "a"
    t = np.arange(int(2.5 * RATE)) / RATE
    for i, hz in enumerate((220.0, 330.0, 440.0)):
        vocal = 0.3 * np.sin(2 * np.pi * hz * t)
        if i == 2:
            vocal[len(t) // 2 :] = 0.0
        for folder, samples in ((vocals, vocal), (accompaniments, 0.2 * np.sin(np.pi * hz * t))):
            (folder / "album").mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / "album" / f"{i}.wav", samples, RATE)
    soundfile.write(vocals / "alone.wav", t, RATE)
    return vocals, accompaniments


def test_pairs_are_files_of_one_name(folders: tuple[Path, Path], tmp_path: Path) -> None:
    assert [pair.name for pair in find_pairs(*folders)] == ["album/0", "album/1", "album/2"]
    with pytest.raises(StudioError, match="no name in both"):
        find_pairs(folders[0], tmp_path / "nothing")


def test_clips_are_loud_scaled_and_the_same_for_a_step(folders: tuple[Path, Path]) -> None:
    clips = PairedClips(find_pairs(*folders), RATE, 3)
    assert len(clips) == 4 + 4 + 3  # every half second of two seconds; the third song falls silent at 1.25 s
    batch = clips(5)
    assert batch["vocal"].shape == batch["accompaniment"].shape == (3, RATE)
    torch.testing.assert_close(batch["accompaniment"].amax(-1), torch.full((3,), 0.8))
    assert torch.equal(clips(5)["vocal"], batch["vocal"])
    assert not torch.equal(clips(6)["vocal"], batch["vocal"])
    with pytest.raises(StudioError, match="no loud clip"):
        PairedClips(find_pairs(*folders), 10 * RATE, 3)


def test_losses_by_their_definitions() -> None:
    """With projections that give zero each loss is a plain sum over the accompaniment."""
    torch.manual_seed(0)
    model = FastSAG(TINY, "resize").eval()
    batch = {"vocal": 0.1 * torch.randn(2, RATE), "accompaniment": 0.1 * torch.randn(2, RATE)}
    with torch.no_grad():
        for conv in (model.mixed_encoder.final_conv, model.semantic_encoder[0].final_conv):
            conv.weight.zero_()
            conv.bias.zero_()
        losses = fastsag_losses(model, batch)
        mel = normalise(mel_spectrogram(batch["accompaniment"]))
        difference = model.semantic_features(batch["vocal"]) - model.semantic_features(batch["accompaniment"])
    expected = float(0.5 * (mel.square().mean() + math.log(2 * math.pi)))  # frames past the clip do not count
    assert float(losses["prior"]) == pytest.approx(expected, rel=1e-4)
    assert float(losses["semantic"]) == pytest.approx(float(difference.square().mean()), rel=1e-4)
    total = losses["semantic"] + losses["prior"] + losses["diffusion"]
    assert float(losses["loss"]) == pytest.approx(float(total))


def test_the_diffusion_loss_reaches_the_semantic_projection_and_nothing_reaches_mert() -> None:
    torch.manual_seed(0)
    model = FastSAG(TINY)
    trained_parts(model)
    batch = {"vocal": 0.1 * torch.randn(1, RATE), "accompaniment": 0.1 * torch.randn(1, RATE)}
    fastsag_losses(model, batch)["diffusion"].backward()
    first = model.semantic_encoder[0].init_conv.weight  # type: ignore[union-attr]
    assert first.grad is not None
    assert float(first.grad.abs().sum()) > 0  # type: ignore[arg-type, operator, union-attr]
    assert all(p.grad is None for p in (*model.wav2vec.parameters(), *model.vocoder.parameters()))


def test_losses_fall_and_the_result_loads(folders: tuple[Path, Path], tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = FastSAG(TINY)
    clips = PairedClips(find_pairs(*folders), RATE, 2)
    config = LoopConfig(30, 2e-3, warmup=1, weight_decay=0.0, save_every=30, report_every=6)
    path = train_fastsag(model, clips, clips, tmp_path / "run", config, device=torch.device("cpu"))
    with (tmp_path / "run" / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    for name in ("semantic", "prior", "diffusion"):
        assert float(rows[-1][name]) < float(rows[0][name])
    again = FastSAG.load(path)
    assert not again.never_trained
    assert again.config == TINY
