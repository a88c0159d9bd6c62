"""A taste is learnt by a tiny model: liked clips gain likelihood; ratings that say nothing change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken, Progress
from studio.core.pipeline import Run
from studio.ml.adapting import arrangement_task
from studio.ml.adapting.arrangement_task import ArrangementTask, pair_accuracy
from studio.ml.adapting.clips import RatedClip, TrainingSettings
from studio.ml.adapting.learning import Learnt, learn
from studio.ml.adapting.replay import Replay
from studio.ml.arrangement.model import ArrangementConfig, ArrangementModel
from tests.ml.adapting.material import CPU, busy_and_calm, replay_material


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrangement_task, "_VOCALS", 1)
    monkeypatch.setattr(arrangement_task, "_DRAWS", 2)


SETTINGS = TrainingSettings(learning_rate=3e-3, evaluations=1, ema=0.9)


@pytest.fixture(scope="module")
def model() -> ArrangementModel:
    torch.manual_seed(3)
    return ArrangementModel(ArrangementConfig(dim=32, layers=1, heads=2)).eval()


@pytest.fixture(scope="module")
def replay() -> Replay:
    return replay_material()


def _learn(
    model: ArrangementModel,
    replay: Replay,
    clips: Sequence[RatedClip],
    folder: Path,
    settings: TrainingSettings = SETTINGS,
    steps: int = 30,
    run: Run | None = None,
) -> Learnt:
    held_out = [replace(c, song="held out", key=f"held out {c.key}") for c in busy_and_calm(seed=9)[:4]]
    task = ArrangementTask(clips, held_out, replay, settings, model, CPU)
    return learn(
        model,
        task,
        settings,
        steps,
        run or Run(),
        prefixes=("",),
        checkpoint=folder / "a.pt",
        fingerprint="f",
    )


def _gains(model: ArrangementModel, learnt: Learnt, replay: Replay) -> tuple[float, float]:
    """Mean gain in likelihood of unseen busy clips, and of unseen calm ones."""
    unseen = busy_and_calm(seed=5)
    task = ArrangementTask(unseen, unseen, replay, SETTINGS, model, CPU)

    def nobody() -> None:
        pass

    before, after = (np.array(task._likelihoods(net, nobody)) for net in (model, learnt.network))
    busy = np.array([clip.utility > 0 for clip in unseen])
    return float((after - before)[busy].mean()), float((after - before)[~busy].mean())


def test_what_is_liked_becomes_likelier_and_what_is_not_does_not(
    model: ArrangementModel, replay: Replay, tmp_path: Path
) -> None:
    clips = [replace(c, weight=1.8 if c.utility > 0 else 0.2) for c in busy_and_calm(24)]
    liked, other = _gains(
        model, _learn(model, replay, clips, tmp_path, replace(SETTINGS, replay=0.0)), replay
    )
    assert liked > 0.3
    assert liked > other + 1.0


def test_equal_and_shuffled_ratings_prefer_nothing(
    model: ArrangementModel, replay: Replay, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, replay=0.0)
    equal = _learn(model, replay, busy_and_calm(), tmp_path / "equal", settings)
    assert max(map(abs, _gains(model, equal, replay))) < 0.01  # no gradient but rounding
    # As many liked as disliked ones among the busy and among the calm.
    shuffled = [replace(c, weight=1.8 if i // 2 % 2 else 0.2) for i, c in enumerate(busy_and_calm(24))]
    liked, other = _gains(model, _learn(model, replay, shuffled, tmp_path / "shuffled", settings), replay)
    assert abs(liked - other) < 0.1


def test_the_anchor_keeps_it_near(model: ArrangementModel, replay: Replay, tmp_path: Path) -> None:
    clips = [replace(c, weight=1.8 if c.utility > 0 else 0.2) for c in busy_and_calm()]
    far, near = (
        _learn(model, replay, clips, tmp_path / str(anchor), replace(SETTINGS, anchor=anchor))
        for anchor in (0.0, 30.0)
    )

    def distance(learnt: Learnt) -> float:
        pairs = zip(learnt.network.parameters(), model.parameters(), strict=True)
        return float(sum((a - b).detach().square().sum() for a, b in pairs)) ** 0.5

    assert distance(near) < 0.7 * distance(far)


def test_the_papers_method_learns_every_weight(
    model: ArrangementModel, replay: Replay, tmp_path: Path
) -> None:
    liked = [c for c in busy_and_calm() if c.utility > 0]
    settings = replace(SETTINGS, method="paper", learning_rate=1e-3)
    learnt = _learn(model, replay, liked, tmp_path, settings)
    assert {name.removesuffix(".delta") for name in learnt.tensors} == {
        n for n, _ in model.named_parameters()
    }
    busy, calm = _gains(model, learnt, replay)
    assert busy > calm + 0.05


@pytest.mark.parametrize("method", ["adapter", "paper"])
def test_a_training_that_was_stopped_ends_bit_equal_to_an_unbroken_one(
    model: ArrangementModel, replay: Replay, tmp_path: Path, method: str
) -> None:
    clips = busy_and_calm()
    settings = replace(SETTINGS, method=method)  # type: ignore[arg-type]
    whole = _learn(model, replay, clips, tmp_path / "whole", settings, steps=7)
    for stop_at in (2, 5):
        cancel, seen = CancelToken(), []

        def on_step(
            progress: Progress, cancel: CancelToken = cancel, seen: list[float] = seen, stop_at: int = stop_at
        ) -> None:
            seen.append(progress.fraction)
            if progress.fraction * 7 > stop_at - 0.5:
                cancel.cancel()

        with pytest.raises(JobCancelled):
            _learn(model, replay, clips, tmp_path / "broken", settings, 7, Run(cancel, on_step))
        assert seen[-1] < 1.0
    broken = _learn(model, replay, clips, tmp_path / "broken", settings, steps=7)
    assert broken.trained.steps == whole.trained.steps == 7
    assert broken.trained.history == whole.trained.history
    for name, value in whole.tensors.items():
        assert torch.equal(broken.tensors[name], value)


def test_the_base_itself_is_not_touched(model: ArrangementModel, replay: Replay, tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    _learn(model, replay, busy_and_calm(), tmp_path, steps=3)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_it_ends_when_nothing_more_is_learnt(model: ArrangementModel, replay: Replay, tmp_path: Path) -> None:
    settings = replace(SETTINGS, learning_rate=0.0, evaluations=10, patience=2)
    learnt = _learn(model, replay, busy_and_calm(), tmp_path, settings, steps=10)
    assert learnt.trained.stopped == "nothing more was learnt"
    assert learnt.trained.steps == 3  # the first evaluation sets the mark


def test_it_ends_when_it_forgets(model: ArrangementModel, replay: Replay, tmp_path: Path) -> None:
    clips = [replace(c, weight=3.0 if c.utility > 0 else 0.2) for c in busy_and_calm()]
    settings = replace(SETTINGS, learning_rate=0.3, replay=0.0, anchor=0.0, evaluations=30)
    learnt = _learn(model, replay, clips, tmp_path, settings)
    assert learnt.trained.stopped in (
        "what it knew before began to suffer",
        "its bands became too much alike",
    )
    assert learnt.trained.steps < 30


def test_pairs_are_told_apart_within_a_song() -> None:
    clips = busy_and_calm()[:3]
    a, b, c = (
        replace(clip, song=song, utility=u)
        for clip, song, u in zip(clips, "xxy", (1.0, 0.0, 5.0), strict=True)
    )
    assert pair_accuracy([a, b, c], [0.2, 0.1, 0.0]) == (1.0, 1)
    assert pair_accuracy([a, b, c], [0.1, 0.2, 0.0]) == (0.0, 1)
    assert pair_accuracy([a, b], [0.1, 0.1]) == (0.5, 1)
    assert pair_accuracy([a, c], [0.1, 0.1]) == (None, 0)
