"""Processes hand results back in order, and stop when asked to."""

from __future__ import annotations

import pytest

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.training.runs.parallel import map_items


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers: int) -> None:
    numbers = [-3, 5, -8, 1, 0]
    assert list(map_items(abs, numbers, workers)) == [(-3, 3), (5, 5), (-8, 8), (1, 1), (0, 0)]


def test_nothing_more_is_begun_after_a_cancel() -> None:
    cancel, done = CancelToken(), []

    def work(number: int) -> None:
        done.append(number)
        if number == 1:
            cancel.cancel()

    with pytest.raises(JobCancelled):
        list(map_items(work, [0, 1, 2], 1, cancel))
    assert done == [0, 1]
