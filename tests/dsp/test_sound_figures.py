"""Figures of sounds whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from studio.dsp.sound_figures import distance, find_strokes, sound_figures

RATE = 22050
STEP_S = 0.125


def _clicks(times_s: np.ndarray, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Short bursts of noise, another one each time."""
    out = np.zeros(round(seconds * RATE), dtype=np.float32)
    for time_s in times_s:
        first = round(time_s * RATE)
        burst = rng.normal(0, 0.3, 600) * np.exp(-np.arange(600) / 150)
        out[first : first + 600] += burst[: len(out) - first].astype(np.float32)
    return out


def test_a_steady_tone_has_the_level_and_crest_of_a_sine() -> None:
    t = np.arange(2 * RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)[None]
    found = sound_figures(tone, RATE)
    assert found["level"] == pytest.approx(-9.03, abs=0.1)
    assert found["crest"] == pytest.approx(3.01, abs=0.1)
    assert found["movement"] < 0.05
    assert found["silence"] == 0.0
    assert found["middle"] == pytest.approx(0.0, abs=0.05)
    assert found["high"] < -30
    assert found["width"] == 0.0


def test_silence_width_and_movement_are_measured() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, (2, 4 * RATE)).astype(np.float32)
    apart = sound_figures(noise, RATE)
    assert apart["width"] == pytest.approx(1.0, abs=0.05)
    noise[:, RATE : 2 * RATE] = 0.0
    assert sound_figures(noise, RATE)["silence"] == pytest.approx(0.25, abs=0.02)
    loud_and_soft = noise.copy()
    loud_and_soft[:, : 2 * RATE] *= 0.25
    assert sound_figures(loud_and_soft, RATE)["movement"] > apart["movement"] + 3
    assert sound_figures(np.zeros((2, RATE), np.float32), RATE) == {"silence": 1.0}


def test_strokes_are_counted_and_their_scatter_is_that_of_the_player() -> None:
    rng = np.random.default_rng(1)
    grid = 0.5 + STEP_S * np.arange(128)
    exact = _clicks(grid[:124:2], 17.0, rng)
    found = sound_figures(exact[None], RATE, grid)
    assert len(find_strokes(exact, RATE)) == 62
    assert found["onsets"] == pytest.approx(62 / 17.0, abs=0.1)
    assert found["scatter"] < 2.5
    loose = _clicks(grid[:124:2] + rng.normal(0, 0.012, 62), 17.0, rng)
    assert sound_figures(loose[None], RATE, grid)["scatter"] == pytest.approx(12, abs=3)


def test_bars_that_are_copies_are_told_from_bars_that_are_played_again() -> None:
    rng = np.random.default_rng(2)
    grid = STEP_S * np.arange(97)
    bar = _clicks(STEP_S * np.arange(0, 16, 4), 16 * STEP_S, rng)
    copies = np.tile(bar, 6)
    again = _clicks(STEP_S * np.arange(0, 96, 4), 12.0, rng)
    assert sound_figures(copies[None], RATE, grid, 16)["repeats"] > 0.99
    assert sound_figures(again[None], RATE, grid, 16)["repeats"] < 0.5


def test_distance_is_in_spreads_of_the_recorded_ones() -> None:
    records = {name: {"mean": 1.0, "sd": 2.0} for name in ("movement", "crest")}
    assert distance({"movement": 3.0, "crest": 1.0}, {**records}) == 0.5
    assert distance({"movement": 1001.0}, records) == 5.0
