"""The training loop: resuming gives what an unbroken run gives."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from studio.training.loop import LoopConfig, train


def _run(folder: Path, steps: int, *, stop_at: int | None = None) -> None:
    torch.manual_seed(0)
    network = nn.Linear(4, 1)

    def loss_of_step(step: int) -> dict[str, Tensor]:
        if step == stop_at:
            raise KeyboardInterrupt
        x = torch.randn(16, 4)
        return {"loss": (network(x)[:, 0] - x.sum(1)).square().mean()}

    config = LoopConfig(steps, learning_rate=0.05, warmup=5, save_every=10, report_every=10)
    try:
        train(network, loss_of_step, folder, config)
    except KeyboardInterrupt:
        assert stop_at is not None


def test_a_resumed_run_ends_like_an_unbroken_one(tmp_path: Path) -> None:
    _run(tmp_path / "whole", 60)
    _run(tmp_path / "broken", 60, stop_at=37)
    _run(tmp_path / "broken", 60)
    whole, broken = (load_file(tmp_path / name / "ema.safetensors") for name in ("whole", "broken"))
    for name, value in whole.items():
        torch.testing.assert_close(broken[name], value, atol=0, rtol=0)


def test_the_loss_falls_and_is_logged(tmp_path: Path) -> None:
    _run(tmp_path, 100)
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert rows[0].startswith("step,seconds,loss")
    losses = [float(row.split(",")[2]) for row in rows[1:]]
    assert len(losses) == 10
    assert losses[-1] < 0.1 * losses[0]
