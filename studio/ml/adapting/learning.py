"""One network's training from the base to the changes that are kept: copies, trained tensors, the loop."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from studio.core.language import later
from studio.core.pipeline import Run
from studio.ml.adapting.clips import TrainingSettings
from studio.ml.adapting.lora import Adaptable, attach, changed, delta_name, targets
from studio.ml.adapting.trainer import Task, Trained, Trainer


@dataclass(frozen=True, eq=False)
class Learnt:
    """The changes of one network, as an adapter's file keeps them, and the network with them merged."""

    tensors: dict[str, Tensor]
    network: nn.Module
    trained: Trained


def learn(
    network: nn.Module,
    task: Task,
    settings: TrainingSettings,
    steps: int,
    run: Run,
    *,
    prefixes: Sequence[str],
    checkpoint: Path,
    fingerprint: str,
    start: Mapping[str, Tensor] | None = None,
    stage: str = later("Learning your taste"),
    share: tuple[float, float] = (0.0, 1.0),
) -> Learnt:
    """Trains changes of a network, which itself stays as it is.

    Args:
        network: the base, on its device, without an adapter.
        prefixes: where in it the weights lie that may change; the rest is shared with the copies.
        start: changes of the generation before, for the paper's method.

    Raises:
        JobCancelled: see Trainer.run.
    """
    live, trial = (copy_of(network, prefixes) for _ in range(2))
    own = {name: p.detach() for name, p in network.named_parameters()}
    live.requires_grad_(False)
    tensors: dict[str, Any]
    if settings.method == "adapter":
        tensors = attach(live, targets(live, prefixes), settings.rank, settings.seed)
    else:
        tensors = {
            n: p.requires_grad_(True) for n, p in live.named_parameters() if n.startswith(tuple(prefixes))
        }
        with torch.no_grad():
            for key, begun in changed(own, start or {}, 1.0).items():
                tensors[key].copy_(begun)
    merged = Adaptable(trial.requires_grad_(False).eval())

    def changes(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if settings.method == "adapter":
            return dict(values)
        return {delta_name(name): value - own[name] for name, value in values.items()}

    def with_(values: Mapping[str, Tensor]) -> nn.Module:
        merged.apply(changes(values), 1.0)
        return merged.network

    trainer = Trainer(
        live, network, tensors, task, with_, settings, steps,
        checkpoint=checkpoint, fingerprint=fingerprint, stage=stage, share=share,
    )  # fmt: skip
    trained = trainer.run(run)
    kept = changes(trained.tensors)
    if settings.method == "paper":  # whole weights: half the size, and what is judged is what is kept
        kept = {name: value.half() for name, value in kept.items()}
    merged.apply(kept, 1.0)
    return Learnt(kept, merged.network, trained)


def copy_of(network: nn.Module, prefixes: Sequence[str]) -> nn.Module:
    """A copy that has its own modules below `prefixes`, and shares the others."""
    shared: dict[int, object] = {
        id(module): module
        for name, module in network.named_modules()
        if name and not any(name.startswith(p) or p.startswith(name) for p in prefixes)
    }
    return copy.deepcopy(network, shared)
