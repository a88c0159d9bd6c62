"""Work on many items in several processes, for the parts of training that Python itself does."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from studio.core.jobs import CancelToken

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_items(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int, cancel: CancelToken | None = None
) -> Iterator[tuple[Item, Result]]:
    """(item, result) in the order of `items`.

    Args:
        function: of a module, or a partial of one, so that processes can be given it.
        workers: processes; 1 or fewer works here, item by item.
        cancel: checked after every item.

    Raises:
        JobCancelled: once the items in work are finished.
    """
    cancel = cancel or CancelToken()
    if workers <= 1 or len(items) <= 1:
        for item in items:
            yield item, function(item)
            cancel.check()
        return
    # Fresh processes: a fork would inherit the threads of torch halfway.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(items)), context, initializer=_start_worker)
    try:
        # In handfuls, when there are many: handing over an item costs more than some take.
        handful = max(1, min(64, len(items) // (32 * workers)))
        for pair in zip(items, pool.map(function, items, chunksize=handful), strict=True):
            yield pair
            cancel.check()
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    import torch

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the main process's affair
