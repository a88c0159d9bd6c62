"""The training loop every stage shares: resumable, deterministic from its seed, with EMA, a log and
checkpoints.

A run folder holds `log.csv` (a line a report), `held_out.csv` (a line a checkpoint), `state.pt` (everything to
resume, tensors and numbers only) and `ema.safetensors` with the averaged weights. Killed at any moment a run
loses at most `save_every` steps; cancelled, it finishes its step and loses none.

Nothing inside a step asks the GPU for a number: sums of losses stay there until a report, and a gradient that
is not finite is replaced by zeros there; under torchrun (distributed.py) the processes also ask each other, at a report,
whether to stop. On the CPU a resumed run ends bit-equal to an unbroken one; on CUDA the
batches and random numbers are the same, but sums may be added in another order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.training.runs import distributed
from studio.training.runs.feed import Batch, MakeBatch, feed
from studio.training.runs.run_log import RunLog

#: The losses of a batch by name; 'loss' is what is minimised.
LossesOf = Callable[[Batch], dict[str, Tensor]]


@dataclass(frozen=True)
class LoopConfig:
    """Length and optimiser of a run.

    Attributes:
        workers: processes that make batches ahead.
        compile: translates the networks' repeated blocks (torch.compile); minutes at the start, faster steps.
        preview_every: steps between previews, a multiple of `save_every`.
    """

    steps: int
    learning_rate: float = 1e-3
    warmup: int = 200
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.999
    save_every: int = 250
    report_every: int = 25
    preview_every: int = 1000
    seed: int = 0
    workers: int = 0
    compile: bool = False


@dataclass(frozen=True)
class Watch:
    """What is done with the averaged weights while a run goes on; the network is in evaluation mode.

    Attributes:
        evaluate: held-out scores by name, at every checkpoint.
        preview: writes something to hear for the step it is given.
    """

    evaluate: Callable[[nn.Module], dict[str, float]] | None = None
    preview: Callable[[nn.Module, int], None] | None = None


def mean_losses(batches: Sequence[dict[str, Tensor]]) -> dict[str, float]:
    """The mean of each named loss over some batches, for held-out scores."""
    return {name: float(torch.stack([losses[name] for losses in batches]).mean()) for name in batches[0]}


def train(
    network: nn.Module,
    make_batch: MakeBatch,
    losses_of: LossesOf,
    folder: Path,
    config: LoopConfig,
    *,
    device: torch.device | None = None,
    watch: Watch | None = None,
    cancel: CancelToken | None = None,
) -> None:
    """Trains until `config.steps`, going on from `folder/state.pt` when there is one.

    Args:
        make_batch: draws everything random from the step number; of its rows each process of several takes its share.
        losses_of: gets the batch on `device`; may draw from torch's generator, which is seeded with the step (and,
            past the first process, its number).
        cancel: checked at every step, by several processes at every report.

    Raises:
        JobCancelled: after the state was saved.
    """
    device, watch, cancel = device or torch.device("cpu"), watch or Watch(), cancel or CancelToken()
    folder.mkdir(parents=True, exist_ok=True)
    network.to(device)
    run = _Run(network, folder, config, device)
    if config.compile:
        compile_blocks(network)
    network.train()
    batches = feed(make_batch, run.step, config.steps, device=device, workers=config.workers)
    for batch in batches:
        torch.manual_seed((config.seed * 1_000_003 + run.step) + (distributed.rank() << 40))
        run.take_step(losses_of(distributed.share_of(batch)))
        reporting = run.step % config.report_every == 0
        if distributed.world() == 1:
            cancelled = cancel.cancelled
        else:
            cancelled = reporting and distributed.agreed(cancel.cancelled, device)
        last = run.step == config.steps or cancelled
        if reporting or last:
            run.report()
        if run.step % config.save_every == 0 or last:
            run.save()
        if cancelled:
            raise JobCancelled
        if run.step % config.save_every == 0 or last:
            run.watch(watch, preview=run.step % config.preview_every == 0 or last)


def compile_blocks(network: nn.Module) -> None:
    """Compiles each block of the module lists: they are alike, so that one translation serves them all."""
    for module in list(network.modules()):
        if isinstance(module, nn.ModuleList):
            for block in module:
                block.compile()


class _Run:
    """The moving parts of one run."""

    def __init__(self, network: nn.Module, folder: Path, config: LoopConfig, device: torch.device) -> None:
        self.network, self.folder, self.config, self.device = network, folder, config, device
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), weight_decay=config.weight_decay,
            fused=device.type == "cuda",
        )  # fmt: skip
        self.average = {name: p.detach().clone().float() for name, p in network.state_dict().items()}
        self.step, self.seconds = 0, 0.0
        if (folder / "state.pt").exists():
            state = torch.load(folder / "state.pt", weights_only=True, map_location=device)
            network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.average, self.step = state["average"], int(state["step"])
            self.seconds = float(state.get("seconds", 0.0))
            print(f"resumed at step {self.step}", flush=True)
        self.began = time.monotonic() - self.seconds
        with distributed.first_goes_first():  # which may write the logs anew
            self.log = RunLog(folder / "log.csv", self.step)
            self.held_out = RunLog(folder / "held_out.csv", self.step)
        self.sums: dict[str, Tensor] = {}
        self.count = 0

    def take_step(self, losses: dict[str, Tensor]) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * _rate(self.step, self.config)
        self.optimiser.zero_grad(set_to_none=True)
        losses["loss"].backward()
        distributed.average_gradients(self.network.parameters())
        nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip)
        for p in self.network.parameters():
            if p.grad is not None:  # all NaN or zero after the clipping of a norm that is not finite
                torch.nan_to_num_(p.grad, 0.0, 0.0, 0.0)
        self.optimiser.step()
        decay = min(self.config.ema, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            now = self.network.state_dict()
            torch._foreach_lerp_(
                list(self.average.values()), [now[name].float() for name in self.average], 1 - decay
            )
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, torch.zeros((), device=value.device)) + value.detach()
        self.count += 1
        self.step += 1

    def report(self) -> None:
        if not self.count:
            return
        self.seconds = time.monotonic() - self.began
        means = distributed.average(torch.stack(list(self.sums.values())).float() / self.count)
        if distributed.first():
            row = {"step": self.step, "seconds": round(self.seconds, 1)}
            row |= {name: round(mean, 5) for name, mean in zip(self.sums, means.tolist(), strict=True)}
            self.log.add(row)
            print(row, flush=True)
        self.sums, self.count = {}, 0

    def save(self) -> None:
        if not distributed.first():
            return
        state = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(),
                 "average": self.average, "step": self.step, "seconds": self.seconds}  # fmt: skip
        torch.save(state, self.folder / "state.tmp")
        (self.folder / "state.tmp").replace(self.folder / "state.pt")
        save_file({k: v.contiguous() for k, v in self.average.items()}, self.folder / "ema.tmp")
        (self.folder / "ema.tmp").replace(self.folder / "ema.safetensors")

    def watch(self, watch: Watch, *, preview: bool) -> None:
        """Scores and plays the averaged weights; neither time nor random numbers of the run are touched."""
        if not (distributed.first() and (watch.evaluate or watch.preview)):
            return
        began = time.monotonic()
        kept = {k: v.clone() for k, v in self.network.state_dict().items()}
        self.network.load_state_dict(self.average)
        self.network.eval()
        with torch.no_grad():
            if watch.evaluate:
                scores = watch.evaluate(self.network)
                self.held_out.add({"step": self.step, **{k: round(v, 5) for k, v in scores.items()}})
                print("held out", scores, flush=True)
            if watch.preview and preview:
                watch.preview(self.network, self.step)
        self.network.train()
        self.network.load_state_dict(kept)
        self.began += time.monotonic() - began


def _rate(step: int, config: LoopConfig) -> float:
    """Linear warm-up, then a half cosine to a twentieth."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    progress = (step - config.warmup) / max(1, config.steps - config.warmup)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
