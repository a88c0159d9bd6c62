"""Meters that the model was not trained in are rows of those it was."""

from __future__ import annotations

import torch

from studio.core.music import Meter
from studio.ml.arrangement.model import _neighbours, places


def test_odd_bars_are_rows_of_written_ones() -> None:
    assert places(Meter(4, 4), 6).tolist() == [0, 1, 2, 3, 0, 1]
    assert places(Meter(5, 4), 7).tolist() == [4, 5, 6, 12, 13, 4, 5]
    assert places(Meter(7, 8), 8).tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    assert places(Meter(3, 4), 3, first=2).tolist() == [6, 4, 5]


def test_the_same_place_of_the_next_bar_is_a_bar_away() -> None:
    x = torch.arange(60.0)[None, :, None]
    for pair in Meter.SUPPORTED:
        meter = Meter(*pair)
        near, inside = _neighbours(x, places(meter, 60)[None])
        size = meter.quarters_per_bar
        wanted = [20 + step for step in (-1, 1)] + [20 + size * bars for bars in (-4, -2, -1, 1, 2, 4)]
        for value, index, ok in zip(near[0, 20, :, 0].tolist(), wanted, inside[0, 20].tolist(), strict=True):
            assert ok == (0 <= index < 60)
            if ok:
                assert value == index
