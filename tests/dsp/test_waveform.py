"""An outline shows every peak at every zoom, where it is."""

from __future__ import annotations

import numpy as np
import pytest

from studio.dsp.waveform import outline

RATE = 48000


def test_one_click_is_seen_at_every_zoom_in_its_place() -> None:
    sound = np.zeros(RATE * 20, np.float32)
    sound[round(RATE * 7.3)] = 0.75
    wave = outline(sound, RATE)
    assert wave.peak == pytest.approx(0.75, abs=1e-3)
    for start_s, end_s, width in ((0.0, 20.0, 300), (7.0, 8.0, 1000), (7.25, 7.5, 1000), (0.0, 20.0, 3)):
        high = wave.columns(start_s, end_s, width)[1]
        seen_s = start_s + (np.flatnonzero(high > 0.7) + 0.5) * (end_s - start_s) / width
        assert len(seen_s)
        assert np.abs(seen_s - 7.3).max() < max(3 * (end_s - start_s) / width, 0.004)
        assert high[: int((7.3 - start_s - 0.01) / (end_s - start_s) * width) - 1].max(initial=0.0) == 0.0


def test_both_sides_are_kept_and_beyond_the_sound_is_silence() -> None:
    sound = np.where(np.arange(RATE) % 2, -0.5, 0.25).astype(np.float32)
    low, high = outline(sound, RATE).columns(-1.0, 3.0, 400)
    np.testing.assert_allclose(low[101:199], -0.5)
    np.testing.assert_allclose(high[101:199], 0.25)
    assert not low[:100].any()
    assert not high[201:].any()


@pytest.mark.parametrize("frames", [0, 1, 63, 64, 65, 64 * 513])
def test_any_length_has_an_outline(frames: int) -> None:
    wave = outline(np.full(frames, 0.5, np.float32), RATE)
    assert wave.columns(0.0, 1.0, 50).shape == (2, 50)
    assert wave.peak == (0.5 if frames else 0.0)
