"""The levels of a whole candidate are those of its band and of its mix."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.services.measuring.levels import measure_levels

RATE = 48000


def tone(level_db: float, hz: float = 1000.0, channels: int = 2, seconds: float = 4.0) -> Audio:
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return Audio(np.repeat(wave.astype(np.float32)[None], channels, axis=0), RATE)


def test_band_and_mix_of_known_tones() -> None:
    """Two equal tones sum to 6.02 dB more; a silent vocal changes nothing; a mono one counts in both channels."""
    stems = {"bass": tone(-29.02), "lead": tone(-29.02)}
    silent = measure_levels(stems, tone(-300, channels=1), "a")
    assert silent.band.integrated_lufs == pytest.approx(-23.0, abs=0.1)
    assert silent.band.true_peak_db == pytest.approx(-23.0, abs=0.1)
    assert silent.mix == silent.band
    sung = measure_levels(stems, tone(-23.0, channels=1), "b")
    assert sung.band == silent.band
    assert sung.mix.integrated_lufs == pytest.approx(-16.98, abs=0.1)
    assert sung.mix.highest_short_term_lufs == pytest.approx(-16.98, abs=0.1)
    assert sung.mix.true_peak_db == pytest.approx(-16.98, abs=0.1)
    assert sung.vocal_sha256 == "b"


def test_a_peak_between_the_very_last_samples_counts() -> None:
    late = np.zeros((2, RATE), np.float32)
    late[:, -1] = 0.5
    levels = measure_levels({"drums": Audio(late, RATE)}, tone(-300, seconds=1.0), "")
    assert levels.band.true_peak_db == pytest.approx(-6.02, abs=0.05)


def test_another_rate_is_refused() -> None:
    with pytest.raises(StudioError, match="Cannot measure"):
        measure_levels({"drums": Audio(np.zeros((2, 100), np.float32), 44100)}, tone(-20), "")
