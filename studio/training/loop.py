"""The training loop every stage shares: resumable, deterministic from its seed, with EMA, a log and
checkpoints.

A run folder holds `log.csv` (a line a report), `state.pt` (everything to resume, tensors and numbers only)
and `ema.safetensors` with the averaged weights. Stopping at any moment loses at most `save_every` steps.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

#: Draws the batch of a step and returns its losses by name; 'loss' is what is minimised.
LossOfStep = Callable[[int], dict[str, Tensor]]


@dataclass(frozen=True)
class LoopConfig:
    """Length and optimiser of a run."""

    steps: int
    learning_rate: float = 1e-3
    warmup: int = 200
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.999
    save_every: int = 250
    report_every: int = 25
    seed: int = 0


def mean_losses(batches: Sequence[dict[str, Tensor]]) -> dict[str, float]:
    """The mean of each named loss over some batches, for held-out scores."""
    return {name: float(torch.stack([losses[name] for losses in batches]).mean()) for name in batches[0]}


def _rate(step: int, config: LoopConfig) -> float:
    """Linear warm-up, then a half cosine to a twentieth."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    progress = (step - config.warmup) / max(1, config.steps - config.warmup)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def train(
    network: nn.Module,
    loss_of_step: LossOfStep,
    folder: Path,
    config: LoopConfig,
    *,
    evaluate: Callable[[nn.Module], dict[str, float]] | None = None,
) -> None:
    """Trains until `config.steps`, going on from `folder/state.pt` when there is one.

    `loss_of_step` must draw everything random from the step number (and torch's generator, which is seeded
    with it), so that a resumed run sees what an unbroken one would have seen.
    """
    folder.mkdir(parents=True, exist_ok=True)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=config.weight_decay
    )
    average = {name: p.detach().clone().float() for name, p in network.state_dict().items()}
    first = 0
    state_path = folder / "state.pt"
    if state_path.exists():
        state = torch.load(state_path, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        average, first = state["average"], int(state["step"])
        print(f"resumed at step {first}", flush=True)
    began, sums, count = time.monotonic(), dict[str, float](), 0
    network.train()
    for step in range(first, config.steps):
        torch.manual_seed(config.seed * 1_000_003 + step)
        for group in optimiser.param_groups:
            group["lr"] = config.learning_rate * _rate(step, config)
        losses = loss_of_step(step)
        optimiser.zero_grad(set_to_none=True)
        losses["loss"].backward()
        norm = nn.utils.clip_grad_norm_(network.parameters(), config.clip)
        if torch.isfinite(norm):
            optimiser.step()
        decay = min(config.ema, (step + 1) / (step + 10))
        with torch.no_grad():
            for name, p in network.state_dict().items():
                average[name].lerp_(p.float(), 1 - decay)
        for name, value in losses.items():
            sums[name] = sums.get(name, 0.0) + float(value.detach())
        count += 1
        done = step + 1
        if done % config.report_every == 0 or done == config.steps:
            row = {"step": done, "seconds": round(time.monotonic() - began, 1)}
            row |= {name: round(total / count, 5) for name, total in sums.items()}
            _log(folder / "log.csv", row)
            print(row, flush=True)
            sums, count = {}, 0
        if done % config.save_every == 0 or done == config.steps:
            state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "average": average,
                     "step": done}  # fmt: skip
            torch.save(state, folder / "state.tmp")
            (folder / "state.tmp").replace(state_path)
            save_file({k: v.contiguous() for k, v in average.items()}, folder / "ema.safetensors")
            if evaluate:
                kept = {k: v.clone() for k, v in network.state_dict().items()}
                network.load_state_dict(average)
                network.eval()
                with torch.no_grad():
                    scores = evaluate(network)
                network.train()
                network.load_state_dict(kept)
                _log(folder / "held_out.csv", {"step": done, **{k: round(v, 5) for k, v in scores.items()}})
                print("held out", scores, flush=True)


def _log(path: Path, row: dict[str, float]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)
