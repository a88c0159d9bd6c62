"""Taps that are early and uneven, on singing whose beat is known."""

from __future__ import annotations

import numpy as np
import pytest

from studio.services.listening.taps import refine_taps


@pytest.mark.parametrize("seed", range(8))
def test_eight_early_taps_find_the_beat_that_is_sung(seed: int) -> None:
    rng = np.random.default_rng(seed)
    beat_s = 60.0 / 97.3
    beats = 1.2 + beat_s * np.arange(8)
    taps = beats - 0.035 + rng.normal(0, 0.02, 8)
    sung = np.sort(np.concatenate([beats, beats[::2] + beat_s / 2]) + rng.normal(0, 0.012, 12))
    found = refine_taps(taps.tolist(), sung.tolist())
    assert found.tempo_bpm == pytest.approx(97.3, rel=0.01)
    assert abs(found.downbeat_s - 1.2) < 0.02
    plain = refine_taps(taps.tolist(), ())
    assert abs(plain.downbeat_s - 1.2) > abs(found.downbeat_s - 1.2)
    assert 0.005 < found.scatter_s < 0.05


def test_without_singing_it_is_the_line_through_the_taps() -> None:
    found = refine_taps([1.0, 1.5, 2.0, 2.5], ())
    assert (found.tempo_bpm, found.downbeat_s, found.scatter_s) == pytest.approx((120.0, 1.0, 0.0))


def test_one_tap_is_no_tempo() -> None:
    with pytest.raises(ValueError, match="two taps"):
        refine_taps([1.0], ())
