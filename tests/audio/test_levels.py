"""Peak, hold and clip light against signals of known level; and the callback's promise to make no arrays."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from studio.audio.levels import Levels, Meter

RATE = 48000


def block(level: float, frames: int = 1024) -> np.ndarray:
    made = np.zeros((frames, 2), np.float32)
    made[frames // 2, 1] = -level
    return made


def test_the_peak_is_the_largest_sample_of_either_sign_and_falls_20_db_in_1_7_seconds() -> None:
    levels = Levels(2, RATE)
    levels.feed(block(0.5))
    assert levels.peaks == pytest.approx([0.0, 0.5])
    for _ in range(round(1.7 * RATE / 1024)):
        levels.feed(np.zeros((1024, 2), np.float32))
    assert levels.peaks[1] == pytest.approx(0.05, rel=0.02)


def test_holds_the_peak_for_a_while_then_lets_go() -> None:
    levels, meter = Levels(2, RATE), Meter()
    levels.feed(block(0.5))
    meter.look(levels, 10.0)
    levels.peaks[:] = 0.1
    meter.look(levels, 11.0)
    assert (meter.peaks[1], meter.holds[1]) == pytest.approx((0.1, 0.5))
    meter.look(levels, 12.0)
    assert meter.holds[1] == pytest.approx(0.1)


def test_the_clip_light_catches_one_sample_between_two_looks_and_stays_until_reset() -> None:
    levels, meter = Levels(2, RATE), Meter()
    meter.look(levels, 0.0)
    levels.feed(block(1.0))
    for _ in range(500):
        levels.feed(block(0.01))
    meter.look(levels, 5.0)
    assert meter.clipped
    meter.look(levels, 6.0)
    assert meter.clipped
    meter.reset()
    meter.look(levels, 7.0)
    assert not meter.clipped


def test_just_below_full_scale_is_no_clip() -> None:
    levels, meter = Levels(1, RATE), Meter()
    meter.look(levels, 0.0)
    levels.feed(np.full((64, 1), 0.9999, np.float32))
    meter.look(levels, 0.1)
    assert not meter.clipped


def test_feeding_makes_no_array() -> None:
    levels = Levels(2, RATE)
    given = block(0.5, 8192)
    levels.feed(given)
    tracemalloc.start()
    for _ in range(50):
        levels.feed(given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8192  # what the tracer itself needs; one block would be 65536
