"""Stopping in the middle of a network: one pass through a large one takes seconds on a processor."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from torch import nn


@contextlib.contextmanager
def interruptible(network: nn.Module, check: Callable[[], None]) -> Iterator[None]:
    """While the block runs, `check` is called before every layer of the network, and may raise to leave it."""
    layers = [module for module in network.modules() if next(module.children(), None) is None]
    handles = [layer.register_forward_pre_hook(lambda *_: check()) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
