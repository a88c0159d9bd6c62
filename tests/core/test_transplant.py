"""A candidate carried over to other bars: whole bars repeated or cut, in the same meter only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.candidate import NoiseStep, recipe_of
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from studio.core.transplant import fits, fitted
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal

GRID = BeatGrid.regular(120.0, Meter(4, 4), 4.0)  # two bars
BARE = make_candidate(make_vocal(4.0, rate=8000), make_analysis(4.0, GRID))
PARENT = replace(BARE, recipe=make_recipe(BARE))


@pytest.mark.parametrize("beats", [4, 8, 20])
def test_bars_are_repeated_or_cut(beats: int) -> None:
    grid = BeatGrid.regular(90.0, Meter(4, 4), beats * 60.0 / 90.0)
    child = fitted(PARENT, grid, Key(3, "major"))
    tokens, own = recipe_of(child).score.tokens, recipe_of(PARENT).score.tokens
    np.testing.assert_array_equal(tokens, own[np.arange(beats) % 8])
    assert len(child.arrangement.chords) == beats
    assert (child.arrangement.grid, child.arrangement.key) == (grid, Key(3, "major"))
    assert recipe_of(child).noise == (NoiseStep(7, 0),)
    assert fits(child, grid, Key(3, "major"))
    assert not fits(PARENT, grid, PARENT.arrangement.key)


def test_another_meter_is_refused() -> None:
    with pytest.raises(StudioError, match="3/4"):
        fitted(PARENT, BeatGrid.regular(120.0, Meter(3, 4), 4.0), PARENT.arrangement.key)
    assert fits(PARENT, GRID, PARENT.arrangement.key)
