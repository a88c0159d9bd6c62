"""The training loop: resuming gives what an unbroken run gives, whoever makes the batches."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.training.runs.feed import Batch
from studio.training.runs.loop import LoopConfig, Watch, train
from studio.training.runs.run_log import RunLog


def numbers(step: int) -> Batch:
    return {"x": torch.randn(16, 4, generator=torch.Generator().manual_seed(step))}


def _run(
    folder: Path, steps: int, *, kill_at: int | None = None, cancel_at: int | None = None, workers: int = 0
) -> None:
    torch.manual_seed(0)
    network = nn.Linear(4, 1)
    cancel = CancelToken()
    taken = 0

    def losses_of(batch: Batch) -> dict[str, Tensor]:
        nonlocal taken
        taken += 1
        if taken == kill_at:
            raise KeyboardInterrupt
        if taken == cancel_at:
            cancel.cancel()
        noisy = network(batch["x"])[:, 0] + 0.1 * torch.randn(16)
        return {"loss": (noisy - batch["x"].sum(1)).square().mean()}

    config = LoopConfig(steps, learning_rate=0.05, warmup=5, save_every=10, report_every=10, workers=workers)
    watch = Watch(evaluate=lambda net: {"weight": float(net.weight.mean())})  # type: ignore[operator, union-attr]
    train(network, numbers, losses_of, folder, config, watch=watch, cancel=cancel)


def _same(a: Path, b: Path) -> None:
    first, second = (load_file(folder / "ema.safetensors") for folder in (a, b))
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, atol=0, rtol=0)


def test_a_resumed_run_ends_like_an_unbroken_one(tmp_path: Path) -> None:
    _run(tmp_path / "whole", 60)
    with pytest.raises(KeyboardInterrupt):
        _run(tmp_path / "killed", 60, kill_at=37)
    _run(tmp_path / "killed", 60)
    _same(tmp_path / "whole", tmp_path / "killed")
    with pytest.raises(JobCancelled):
        _run(tmp_path / "cancelled", 60, cancel_at=33)
    assert torch.load(tmp_path / "cancelled" / "state.pt", weights_only=True)["step"] == 33
    _run(tmp_path / "cancelled", 60)
    _same(tmp_path / "whole", tmp_path / "cancelled")
    for name in ("log.csv", "held_out.csv"):
        for folder in ("killed", "cancelled"):
            with (tmp_path / folder / name).open() as file:
                steps = [int(row["step"]) for row in csv.DictReader(file)]
            assert sorted(set(steps)) == steps
            assert steps[-1] == 60


def test_worker_processes_make_the_same_batches_in_the_same_order(tmp_path: Path) -> None:
    _run(tmp_path / "alone", 20)
    _run(tmp_path / "helped", 20, workers=2)
    _same(tmp_path / "alone", tmp_path / "helped")


def test_the_loss_falls_and_is_logged(tmp_path: Path) -> None:
    _run(tmp_path, 100)
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows[0].startswith("step,seconds,loss")
    losses = [float(row.split(",")[2]) for row in rows[1:]]
    assert len(losses) == 10
    assert losses[-1] < 0.1 * losses[0]


def test_a_gradient_that_is_not_finite_does_no_harm(tmp_path: Path) -> None:
    network = nn.Linear(4, 1)

    def losses_of(batch: Batch) -> dict[str, Tensor]:
        return {"loss": network(batch["x"]).mean() * float("inf")}

    before = network.weight.detach().clone()
    train(network, numbers, losses_of, tmp_path, LoopConfig(3, weight_decay=0.0))
    torch.testing.assert_close(network.weight.detach(), before)


def test_a_log_takes_new_columns(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "log.csv", 0)
    log.add({"step": 1, "loss": 2.0})
    log.add({"step": 2, "loss": 1.0, "adversary": 0.5})
    log.add({"step": 3, "loss": 0.5, "adversary": 0.4})
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines == ["step,loss,adversary", "1,2.0,", "2,1.0,0.5", "3,0.5,0.4"]
    assert [row["step"] for row in RunLog(tmp_path / "log.csv", 2).rows] == ["1", "2"]
