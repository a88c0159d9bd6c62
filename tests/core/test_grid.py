"""Beat grids: positions and times are inverses, bars pass through the downbeat."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.grid import BeatGrid
from studio.core.music import Meter

FOUR = Meter(4, 4)


def test_times_and_beats_are_inverse_even_outside_the_grid() -> None:
    grid = BeatGrid((0.0, 0.5, 1.1, 1.6), FOUR)
    positions = np.array([-1.5, 0.0, 0.25, 1.5, 2.9, 4.0])
    np.testing.assert_allclose(grid.beat_of(grid.time_of(positions)), positions, atol=1e-9)
    assert float(grid.time_of(1.5)) == pytest.approx(0.8)


def test_regular_grid_covers_the_song_and_hits_the_downbeat() -> None:
    grid = BeatGrid.regular(120.0, FOUR, 9.3, downbeat_s=0.7)
    assert grid.times_s[0] <= 0.0
    assert grid.times_s[-1] >= 9.3
    assert min(abs(t - 0.7) for t in grid.downbeats_s) < 1e-9
    assert grid.tempo_bpm == pytest.approx(120.0)
    assert grid.beats % 4 == 0


def test_the_first_bar_is_the_first_full_one_and_pickups_are_told_from_slivers() -> None:
    sliver = BeatGrid.regular(120.0, FOUR, 8.0, downbeat_s=0.04)
    assert sliver.first_bar == 1
    assert sliver.in_bars("abc") == ("c", "a", "b", "c", "a")
    assert list(sliver.pickup_bars) == []
    # Two beats are a pickup, and one is enough.
    for downbeat_s in (1.0, 0.5):
        pickup = BeatGrid.regular(120.0, FOUR, 8.0, downbeat_s=downbeat_s)
        assert pickup.first_bar == 1
        assert list(pickup.pickup_bars) == [0]
        assert pickup.in_bars("ab", "x") == ("x", "a", "b", "a", "b")
    # A bar that begins a hair before the first sample is whole.
    early = BeatGrid.regular(120.0, FOUR, 8.0, downbeat_s=1.9)
    assert early.first_bar == 0
    assert early.first_downbeat_s == pytest.approx(1.9)
    assert BeatGrid.regular(120.0, FOUR, 8.0).first_downbeat_s == 0.0
    assert BeatGrid((-1.0, -0.5, 0.0, 0.5), FOUR).first_downbeat_s is None
    assert early.in_bars("ab", "x") == ("a", "b", "a", "b", "a")
    assert BeatGrid.regular(120.0, FOUR, 8.0).in_bars("ab") == ("a", "b", "a", "b")


def test_shifting_moves_bar_lines_along_the_beats_of_a_singer_who_drifts() -> None:
    grid = BeatGrid((0.0, 0.5, 1.1, 1.6, 2.2), FOUR)
    assert grid.shifted(0, 2.2).times_s == pytest.approx(grid.times_s)
    later = grid.shifted(1, 2.2)
    assert later.times_s == pytest.approx((-1.5, -1.0, -0.5, 0.0, 0.5, 1.1, 1.6, 2.2, 2.8))
    assert later.downbeats_s == pytest.approx((-1.5, 0.5, 2.8))
    assert grid.shifted(-3, 2.2).times_s == pytest.approx(later.times_s)
    assert grid.shifted(-0.5, 2.2).times_s[:5] == pytest.approx((-0.25, 0.25, 0.8, 1.35, 1.9))


def test_a_grid_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="increasing"):
        BeatGrid((0.0, 1.0, 0.9), FOUR)
