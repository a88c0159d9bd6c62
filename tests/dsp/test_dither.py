from __future__ import annotations

import numpy as np

from studio.dsp.dither import is_on_grid, quantise


def test_grid() -> None:
    steps = np.arange(-32768, 32768)
    samples = (steps / 32768).astype(np.float32)
    assert is_on_grid(samples, 16)
    assert is_on_grid(samples, 24)
    assert np.array_equal(quantise(samples, 16), steps)
    assert not is_on_grid(samples * np.float32(0.9), 16)
    assert not is_on_grid(np.array([1.0], np.float32), 16)  # one step beyond the range


def test_dither_makes_the_mean_of_a_value_between_two_steps_right() -> None:
    """0.3 LSB rounds to 0; dithered, its average is 0.3 and the error has a variance of 1/4 LSB^2."""
    value = np.full(200_000, 0.3 / 32768, np.float32)
    assert not quantise(value, 16).any()
    steps = quantise(value, 16, np.random.default_rng(0))
    assert abs(steps.mean() - 0.3) < 0.01
    assert abs(steps.var() - 0.25) < 0.01
