"""Trains a tiny network in this process, or in those of torchrun: `python -m tests.training.runs.train_tiny FOLDER STEPS`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from studio.training.runs import distributed
from studio.training.runs.feed import Batch
from studio.training.runs.loop import LoopConfig, Watch, train


def numbers(step: int) -> Batch:
    """Eight rows; the later ones are larger, so that halves have other gradients than the whole."""
    draws = torch.Generator().manual_seed(step)
    return {"x": torch.randn(8, 4, generator=draws) * torch.linspace(0.5, 3.0, 8)[:, None]}


def train_tiny(folder: Path, steps: int) -> None:
    """A network of two layers that learns to square and add."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 1))

    def losses_of(batch: Batch) -> dict[str, Tensor]:
        return {"loss": (network(batch["x"])[:, 0] - batch["x"].square().sum(1)).square().mean()}

    config = LoopConfig(steps, learning_rate=0.02, warmup=5, save_every=10, report_every=10)
    train(network, numbers, losses_of, folder, config, watch=Watch(lambda _: {"rank": distributed.rank()}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    with distributed.joined("cpu"):
        train_tiny(Path(sys.argv[1]), int(sys.argv[2]))
    # All is written and the group is left. Taking down the interpreter around gloo's threads aborts once in a hundred
    # times ("terminate called without an active exception"), which would say nothing of what was trained.
    os._exit(0)
