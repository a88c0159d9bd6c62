"""Leaving a network between two layers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.ml.interrupt import interruptible


class Layer(nn.Module):
    def __init__(self, passed: list[int], number: int, cancel: CancelToken | None = None) -> None:
        super().__init__()
        self._passed, self._number, self._cancel = passed, number, cancel

    def forward(self, x: Tensor) -> Tensor:
        self._passed.append(self._number)
        if self._cancel is not None:
            self._cancel.cancel()
        return x


def test_a_cancel_is_heeded_before_the_next_layer_and_the_network_is_whole_afterwards() -> None:
    passed: list[int] = []
    cancel = CancelToken()
    network = nn.Sequential(Layer(passed, 0), nn.Sequential(Layer(passed, 1, cancel), Layer(passed, 2)))
    with pytest.raises(JobCancelled), interruptible(network, cancel.check):
        network(torch.zeros(1))
    assert passed == [0, 1]
    network(torch.zeros(1))
    assert passed == [0, 1, 0, 1, 2]
