"""Training and use of the two systems, tiny, on tones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.ml.fastsag.config import FastSAGConfig, PerceiverConfig, UNetConfig, WaveNetConfig
from studio.training.collections.vocal_pairs import PairedClips, find_pairs
from studio.training.comparison import systems, train
from studio.training.comparison.generate import accompany
from studio.training.comparison.hearing import ROWS
from studio.training.comparison.systems import AutoregressiveSystem, FastSAGSystem, System
from studio.training.comparison.token_model import TokenConfig
from studio.training.comparison.train import train_system

RATE = 24_000
CLIP = 12_000
FASTSAG = FastSAGConfig(
    semantic=WaveNetConfig(ROWS, 1, 2), prior=WaveNetConfig(100, 1, 2), unet=UNetConfig(dim=8, heads=1, head_dim=4),
    perceiver=PerceiverConfig(depth=1, latents=2, dim=8, heads=1, head_dim=8), clip_samples=CLIP, padded_frames=48,
)  # fmt: skip
MAKERS: dict[str, Callable[[], System]] = {
    "fastsag": lambda: FastSAGSystem(FASTSAG, steps=2),
    "autoregressive": lambda: AutoregressiveSystem(TokenConfig(8, 2, 1, 2, 4, 23)),
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> PairedClips:
    """A second of a tone and of its octave below."""
    folder, t = tmp_path_factory.mktemp("pairs"), np.arange(RATE) / RATE
    for name, hz in (("v", 440.0), ("a", 220.0)):
        (folder / name).mkdir()
        soundfile.write(folder / name / "0.wav", 0.3 * np.sin(2 * np.pi * hz * t), RATE)
    return PairedClips(find_pairs(folder / "v", folder / "a"), CLIP, 2)


@pytest.mark.parametrize("name", MAKERS)
def test_a_stopped_training_goes_on_and_its_system_plays(
    name: str, clips: PairedClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systems, "_CODE_BATCHES", 1)

    monkeypatch.setattr(train, "_SCORED", 1)

    def run(folder: Path, *, stopped: bool = False) -> System:
        folder.mkdir(exist_ok=True)
        (folder / "plan.json").write_text(json.dumps({"steps": 3}))
        torch.manual_seed(0)
        system, cancel = MAKERS[name](), CancelToken()
        if stopped:
            cancel.cancel()
        train_system(system, clips, clips, folder, cpu_s=1.0, learning_rate=1e-2, seed=0, cancel=cancel)
        return system

    run(tmp_path / "once")
    with pytest.raises(JobCancelled):
        run(tmp_path / "twice", stopped=True)
    system = run(tmp_path / "twice")
    first, second = (load_file(tmp_path / f / "ema.safetensors") for f in ("once", "twice"))
    for part, value in first.items():
        assert torch.equal(second[part], value), part
    used = json.loads((tmp_path / "twice/cpu.json").read_text())
    assert len(used) == 2
    assert used[0] > 0.0
    system.network.eval()
    vocal = 0.2 * torch.sin(2 * torch.pi * 440.0 * torch.arange(17_000) / RATE)[None]
    sounds = [accompany(system, vocal, seed)[0] for seed in (1, 1, 2)]
    assert sounds[0].shape == (17_000,)  # longer than a clip, and no whole number of hops
    assert np.isfinite(sounds[0]).all()
    assert np.array_equal(sounds[0], sounds[1])
    assert not np.array_equal(sounds[0], sounds[2])
