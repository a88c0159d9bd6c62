"""Several processes that train one network: those of `torchrun`, a GPU each, on one machine or more.

Every process makes the whole batch of a step and takes its share of the rows; gradients are averaged before they are
clipped, so that all processes keep the same weights (data-parallel training, Li et al. 2020, arXiv:2006.15704). It is done
here and not by torch's wrapper, because losses call several methods of a network. Without torchrun nothing of this
does anything. The first process alone writes; the run folder must be one that all of them see.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor

from studio.core.errors import StudioError
from studio.training.runs.feed import Batch


@contextmanager
def joined(device: str) -> Iterator[None]:
    """Inside, this process is one of those that torchrun started; nothing when it was not started so.

    Args:
        device: 'cpu' or 'cuda', which decides how they talk: gloo or NCCL.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or dist.is_initialized():
        yield
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def world() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def first() -> bool:
    """Whether this is the process that writes."""
    return rank() == 0


def wait() -> None:
    """Until all processes are here."""
    if dist.is_initialized():
        dist.barrier()


@contextmanager
def first_goes_first() -> Iterator[None]:
    """The first process does what is inside before the others do."""
    if not first():
        wait()
    try:
        yield
    finally:
        if first():
            wait()


def share_of(batch: Batch) -> Batch:
    """This process's rows of a batch, every tensor of which has a row for each example.

    Raises:
        StudioError: for a batch that cannot be shared out evenly: its losses would count for more in some processes.
    """
    count = world()
    if count == 1:
        return batch
    for value in batch.values():
        if len(value) % count:
            raise StudioError(
                "The batch cannot be shared out", seen=f"{len(value)} crops for {count} processes",
                todo=f"choose a --batch that {count} divides",
            )  # fmt: skip
    return {name: value.chunk(count)[rank()] for name, value in batch.items()}


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Gives every process the mean of all processes' gradients, in one message."""
    if world() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    together = torch.cat([g.flatten() for g in gradients])
    average(together)
    place = 0
    for gradient in gradients:
        gradient.copy_(together[place : place + gradient.numel()].view_as(gradient))
        place += gradient.numel()


def average(values: Tensor) -> Tensor:
    """The mean over all processes, in place."""
    if world() > 1:
        dist.all_reduce(values)
        values /= world()
    return values


def agreed(wish: bool, device: torch.device) -> bool:
    """Whether any process wishes it."""
    if world() == 1:
        return wish
    return bool(average(torch.tensor([float(wish)], device=device)).item() > 0.0)
