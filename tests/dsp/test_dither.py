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


def test_a_part_that_is_new_leaves_the_rest_of_a_file_alone() -> None:
    rng = np.random.default_rng(4)
    steps = rng.integers(-9000, 9000, (2, 3000))
    samples = (steps / 32768).astype(np.float32)
    samples[:, 1000:2000] += np.float32(0.3 / 32768)
    written = quantise(samples, 16, np.random.default_rng(5))
    np.testing.assert_array_equal(written[:, :1000], steps[:, :1000])
    np.testing.assert_array_equal(written[:, 2000:], steps[:, 2000:])
    assert (written[:, 1000:2000] != steps[:, 1000:2000]).mean() > 0.2  # dithered
