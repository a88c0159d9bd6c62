"""FastSAG learns a taste: a tiny one, of a bright and a dull accompaniment."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.core.errors import StudioError
from studio.core.pipeline import Run
from studio.ml.adapting import trainer
from studio.ml.adapting.band import ADAPTER_FILE
from studio.ml.adapting.clips import AdapterTraining, MixClip, TrainingSettings
from studio.ml.fastsag import learning
from studio.ml.fastsag.engine import FastSAGEngine
from studio.ml.fastsag.learning import MixTask, _heard
from studio.ml.fastsag.loss import prior_losses
from studio.ml.fastsag.model import FastSAG
from tests.ml.adapting.material import busy_and_calm

CPU = torch.device("cpu")
SETTINGS = TrainingSettings(steps=8, batch=2, learning_rate=5e-3, evaluations=1, ema=0.5)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "VOCALS", 1)
    monkeypatch.setattr(learning, "_SOLVER_STEPS", 2)
    # Random networks forget and repeat themselves as they please.
    monkeypatch.setattr(trainer, "MOST_REPLAY", np.inf)
    monkeypatch.setattr(trainer, "LEAST_DIVERSITY", 0.0)


@pytest.fixture
def engine(tiny: FastSAG) -> FastSAGEngine:
    return FastSAGEngine(copy.deepcopy(tiny), CPU, {"fastsag": "e" * 64}, steps=2)


def _clips(samples: int, song: str = "song") -> list[MixClip]:
    """By turns noise (liked) and a low tone (not)."""
    t = np.arange(samples) / 24000
    clips = []
    for i in range(4):
        rng = np.random.default_rng(i)
        liked = i % 2 == 0
        sound = 0.5 * rng.standard_normal(samples) if liked else 0.5 * np.sin(2 * np.pi * (110 + i) * t)
        vocal = 0.5 * np.sin(2 * np.pi * 440 * t)
        clips.append(
            MixClip(
                f"{song} {i}", song, vocal.astype(np.float32), sound.astype(np.float32),
                1.8 if liked else 0.2, 1.0 if liked else -1.0,
            )
        )  # fmt: skip
    return clips


def _training(engine: FastSAGEngine, folder: Path, settings: TrainingSettings = SETTINGS) -> AdapterTraining:
    samples = engine.model.config.clip_samples
    return AdapterTraining(_clips(samples), _clips(samples, "other"), folder, Path("no replay"), settings)


def _mean_errors(model: FastSAG, clips: list[MixClip]) -> np.ndarray:
    heard = [_heard(model, clip, Run()) for clip in clips]
    return np.array(MixTask(heard, heard, SETTINGS, model)._held_out_errors(model, lambda: None))


@pytest.mark.parametrize("method", ["adapter", "paper"])
def test_what_is_liked_becomes_likelier_by_either_method(
    engine: FastSAGEngine, tmp_path: Path, method: str
) -> None:
    unseen = _clips(engine.model.config.clip_samples, "other")
    before = _mean_errors(engine.model, unseen)
    state = {name: value.clone() for name, value in engine.model.state_dict().items()}
    settings = replace(SETTINGS, method=method, learning_rate=5e-3 if method == "adapter" else 1e-3)  # type: ignore[arg-type]
    report = engine.train(_training(engine, tmp_path, settings), Run())
    assert all(torch.equal(value, state[name]) for name, value in engine.model.state_dict().items())
    assert (report.method, report.steps, report.base) == (method, 8, {"fastsag": "e" * 64})
    assert engine.use_adapter(tmp_path / ADAPTER_FILE)["adapter"] == report.sha256
    changed = {
        name for name, value in engine.model.state_dict().items() if not torch.equal(value, state[name])
    }
    assert changed
    assert all(name.startswith(learning.PREFIXES) for name in changed)
    gains = before - _mean_errors(engine.model, unseen)
    assert gains[::2].mean() > gains[1::2].mean()
    assert gains[::2].mean() > 0
    engine.use_adapter(None)
    assert all(torch.equal(value, state[name]) for name, value in engine.model.state_dict().items())


def test_clips_of_the_band_model_and_a_model_without_weights_are_refused(
    engine: FastSAGEngine, tiny: FastSAG, tmp_path: Path
) -> None:
    training = _training(engine, tmp_path)
    with pytest.raises(StudioError, match="another engine"):
        engine.train(replace(training, clips=busy_and_calm()), Run())
    with pytest.raises(StudioError, match="no weights"):
        FastSAGEngine(tiny, CPU, {}).train(training, Run())


def test_the_priors_loss_is_the_normal_distributions() -> None:
    mu, mel, mask = torch.zeros(2, 3, 4), torch.full((2, 3, 4), 2.0), torch.ones(1, 1, 4)
    mask[..., 2:] = 0.0
    normal = -torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor(2.0))
    torch.testing.assert_close(prior_losses(mu, mel, mask), normal.expand(2))
