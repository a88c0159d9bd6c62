"""Batches for a training loop, made ahead of it.

A batch depends on its step number alone, so that any number of worker processes, and a run that was stopped,
see the same batches in the same order.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

Batch = dict[str, Tensor]
#: Draws the batch of a step, on the CPU. An object of a module's class, so that worker processes can be given it.
MakeBatch = Callable[[int], Batch]
#: Batches that each worker has ready.
_AHEAD = 4


class _Steps(Dataset[Batch]):
    def __init__(self, make: MakeBatch) -> None:
        self._make = make

    def __getitem__(self, step: int) -> Batch:
        return self._make(step)


def _start_worker(_number: int) -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the main process's affair


def feed(
    make: MakeBatch, first: int, last: int, *, device: torch.device, workers: int = 0
) -> Iterator[Batch]:
    """The batches of steps `first` to `last` - 1, on `device`.

    Args:
        workers: processes that make them ahead; with 0 each is made when asked for. For CUDA they come from
            pinned memory, so that the copy waits for nobody.
    """
    pinned = device.type == "cuda"
    if workers:
        batches: Iterable[Batch] = DataLoader(
            _Steps(make), batch_size=None, sampler=range(first, last), num_workers=workers,
            prefetch_factor=_AHEAD, pin_memory=pinned, worker_init_fn=_start_worker,
        )  # fmt: skip
    else:
        made = (make(step) for step in range(first, last))
        batches = ({k: v.pin_memory() for k, v in batch.items()} for batch in made) if pinned else made
    for batch in batches:
        yield {name: value.to(device, non_blocking=True) for name, value in batch.items()}
