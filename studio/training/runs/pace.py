"""How many steps of a training fit into a given time, measured on the machine that will take them."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from studio.training.runs import distributed
from studio.training.runs.feed import MakeBatch
from studio.training.runs.loop import LossesOf

_IDLE, _TIMED = 3, 12


def steps_within(
    seconds: float,
    network: nn.Module,
    losses_of: LossesOf,
    make_batch: MakeBatch,
    device: torch.device,
    clock: Callable[[], float] = time.perf_counter,
) -> int:
    """Steps by the middle one of some that are taken for it, at least 1.

    Args:
        network: changed by it; give a copy, and `losses_of` of that copy.
        clock: seconds; `time.process_time` where other programs share the processor.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-6)
    times = []
    for step in range(_IDLE + _TIMED):
        batch = {name: value.to(device) for name, value in make_batch(step).items()}
        began = clock()
        optimiser.zero_grad(set_to_none=True)
        losses_of(distributed.share_of(batch))["loss"].backward()
        optimiser.step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(clock() - began)
    return max(1, int(seconds / sorted(times[_IDLE:])[_TIMED // 2]))


def kept_steps_within(
    path: Path,
    seconds: float,
    network: nn.Module,
    losses: Callable[[Any], LossesOf],
    make_batch: MakeBatch,
    device: torch.device,
) -> int:
    """`steps_within` for a copy of the network, measured once for a run and kept in `path`; the same in all processes.

    Args:
        losses: network -> losses of a batch.
    """
    with distributed.first_goes_first():
        if not path.exists():
            trial = copy.deepcopy(network).to(device).train()
            steps = steps_within(seconds, trial, losses(trial), make_batch, device)
            path.write_text(json.dumps({"seconds": seconds, "steps": steps}) + "\n", "utf-8")
    return int(json.loads(path.read_text("utf-8"))["steps"])
