"""Edges of strokes: louder at the stroke, softer before it, alike wherever a stretch begins."""

from __future__ import annotations

import numpy as np
import pytest

from studio.dsp.transients import is_struck, sharpen

RATE = 44100


def test_a_stroke_is_twice_as_loud_at_its_start_and_itself_again_soon() -> None:
    shaped = sharpen(np.ones(4000, np.float32), [2000], RATE)
    assert shaped[2000] == pytest.approx(2.0)
    assert shaped[2000 + round(0.003 * RATE)] == pytest.approx(1 + np.exp(-1), abs=0.01)
    assert shaped[1999] == pytest.approx(0.3)
    assert np.all(shaped[:1860] == 1.0)
    assert shaped[2000 + round(0.02 * RATE) :] == pytest.approx(1.0)


def test_stretches_fit_together() -> None:
    noise = np.random.default_rng(1).standard_normal(6000).astype(np.float32)
    strokes = [0, 900, 2990, 3001, 3050, 5999]
    whole = sharpen(noise, strokes, RATE)
    halves = [sharpen(noise[a : a + 3000], [s - a for s in strokes], RATE) for a in (0, 3000)]
    np.testing.assert_array_equal(np.concatenate(halves), whole)


def test_a_stroke_on_the_heels_of_another_keeps_its_own_edge() -> None:
    shaped = sharpen(np.ones(4000, np.float32), [1000, 1200], RATE)
    assert shaped[1200] == pytest.approx(2.0)
    assert shaped[1199] < 0.5


@pytest.mark.parametrize(
    ("kit", "pitch", "struck"),
    [
        ("standard kit", 36, True),
        ("tight kit", 38, True),
        ("standard kit", 51, False),
        ("brush kit", 38, False),
    ],
)
def test_cymbals_and_brushes_are_left_alone(kit: str, pitch: int, struck: bool) -> None:
    assert is_struck(kit, pitch) is struck
