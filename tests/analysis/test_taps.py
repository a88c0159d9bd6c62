"""Taps and singing together know the tempo better than taps alone."""

from __future__ import annotations

import numpy as np
import pytest

from studio.analysis.taps import read_taps
from studio.core.analysis import Syllable
from studio.core.errors import StudioError


def _song(tempo: float, start: float, seed: int) -> list[Syllable]:
    """Forty seconds of syllables on eighths and beats, late or early by 20 ms, some left out."""
    rng = np.random.default_rng(seed)
    period = 60.0 / tempo
    places = [
        b + o for b in range(int(40 / period)) for o in (0.0, 0.5) if rng.random() < (0.8 if o == 0 else 0.4)
    ]
    return [
        Syllable(t, t, t + 0.2, float(rng.uniform(0.4, 1.0)))
        for t in sorted(start + p * period + rng.normal(0, 0.02) for p in places)
    ]


@pytest.mark.parametrize(("tempo", "start"), [(96.0, 3.2), (71.5, 5.0), (128.0, 2.0)])
def test_the_singing_sharpens_the_taps(tempo: float, start: float) -> None:
    period = 60.0 / tempo
    alone, refined, phase = [], [], []
    for seed in range(8):
        rng = np.random.default_rng(100 + seed)
        taps = start + 4 * period + np.arange(8) * period - 0.025 + rng.normal(0, 0.03, 8)
        syllables = _song(tempo, start, seed)
        alone.append(abs(read_taps(taps).tempo_bpm / tempo - 1))
        found = read_taps(taps, syllables)
        refined.append(abs(found.tempo_bpm / tempo - 1))
        phase.append(abs(found.downbeat_s - (start + 4 * period)))
        assert found.residual_s < 0.06
    assert np.median(refined) < 0.002
    assert np.median(refined) < 0.5 * np.median(alone)
    assert np.median(phase) < 0.02


def test_a_tap_that_was_left_out_is_no_slower_tempo() -> None:
    taps = [1.0, 1.5, 2.0, 3.0, 3.5, 4.0, 4.5, 5.0]
    found = read_taps(taps)
    assert found.tempo_bpm == pytest.approx(120.0)
    assert (found.downbeat_s, found.residual_s) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))


@pytest.mark.parametrize("taps", [[1.0, 1.5, 2.0], [1.0, 1.1, 1.2, 1.3], [0.0, 3.0, 6.0, 9.0]])
def test_taps_without_a_tempo_are_refused(taps: list[float]) -> None:
    with pytest.raises(StudioError, match="taps"):
        read_taps(taps)
