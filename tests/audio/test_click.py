"""The metronome on its beats, to the sample, and the count-in that leads up to any place."""

from __future__ import annotations

import numpy as np

from studio.audio.click import ClickSource, count_in
from studio.core.grid import BeatGrid
from studio.core.music import Meter

RATE = 48000
FOUR = Meter(4, 4)


def click_track(grid: BeatGrid, frames: int, rate: int, chunk: int = 0) -> np.ndarray:
    """The whole track, [2, frames], read in one piece or in chunks."""
    source, out = ClickSource(grid, frames / rate, rate), np.full((2, frames), np.nan, np.float32)
    for at in range(0, frames, chunk or frames):
        source.read(at, out[:, at : at + (chunk or frames)])
    return out


def starts(track: np.ndarray) -> list[int]:
    """Where sound begins after silence."""
    loud = np.abs(track[0]) > 0.1
    quiet_before = np.convolve(loud, np.ones(4000), mode="full")[: len(loud)] - loud == 0
    return [int(i) for i in np.flatnonzero(loud & quiet_before)]


def test_a_click_begins_on_the_sample_of_every_beat() -> None:
    grid = BeatGrid((0.25, 0.75, 1.26, 1.75, 2.25), FOUR)
    assert starts(click_track(grid, 2 * RATE, RATE)) == [12000, 36000, 60480, 84000]


def test_chunk_by_chunk_it_is_the_same_as_in_one_piece() -> None:
    """Clicks cross the edges, and one begins on the last frame of a chunk."""
    times_s = (-0.01, 0.25, 999 / RATE * 20, 0.75, 1.26, 1.75, 1.999)
    grid = BeatGrid(tuple(sorted(times_s)), FOUR)
    whole = click_track(grid, 2 * RATE, RATE)
    assert np.abs(whole).max() > 0.3
    for chunk in (100, 999, 8192):
        assert np.array_equal(click_track(grid, 2 * RATE, RATE, chunk), whole)


def test_downbeats_are_higher() -> None:
    track = click_track(BeatGrid.regular(120, FOUR, 4.0), 4 * RATE, RATE)[0]
    pitch = [
        int(np.argmax(np.abs(np.fft.rfft(track[at : at + 2400])))) for at in range(0, 4 * RATE, RATE // 2)
    ]
    assert pitch[0] == pitch[4] > pitch[1] == pitch[2] == pitch[3] == pitch[5]


def test_counts_whole_bars_before_the_start() -> None:
    grid = BeatGrid.regular(120, FOUR, 10.0)
    track = count_in(grid, 0.0, 2, RATE)
    assert track.shape == (2, 4 * RATE)
    assert starts(track) == [i * RATE // 2 for i in range(8)]


def test_counts_up_to_a_place_within_a_bar() -> None:
    """Started on the third beat and a half, a bar of counting has its downbeat a beat and a half before the end."""
    grid = BeatGrid.regular(120, FOUR, 10.0)
    track = count_in(grid, 1.25, 1, RATE)
    assert track.shape[1] == 2 * RATE
    assert starts(track) == [RATE // 4, 3 * RATE // 4, 5 * RATE // 4, 7 * RATE // 4]


def test_no_bars_are_no_sound() -> None:
    assert count_in(BeatGrid.regular(120, FOUR, 10.0), 0.0, 0, RATE).shape == (2, 0)
