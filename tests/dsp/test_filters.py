"""Fixed frequencies at every rate a vocal may have."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt, sosfreqz

from studio.dsp.band_mix import place_stem
from studio.dsp.delay import find_delay, probe
from studio.dsp.filters import sections
from studio.dsp.rough_mix import ROUGH_MIX, StemMix

RATES = (8000, 8001, 11025, 12000, 16000, 16001, 22050, 44100, 96000, 192000)


def _placed_level_db(rate: int, mix: StemMix) -> float:
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, 100)
    t = np.arange(2 * rate) / rate
    tones = [np.sin(2 * np.pi * (1000 + 20 * k) * t + phase) for k, phase in enumerate(phases)]
    dry = (0.01 * np.sum(tones, axis=0)).astype(np.float32)
    placed = place_stem(dry, rate, mix, 1.0)
    assert placed.shape == (2, 2 * rate)
    return float(20 * np.log10(np.std(placed.mean(axis=0)) / np.std(dry)))


@pytest.mark.parametrize("rate", RATES)
def test_a_stem_sounds_alike_at_every_rate(rate: int) -> None:
    for mix in ROUGH_MIX.values():
        assert _placed_level_db(rate, mix) == pytest.approx(_placed_level_db(48000, mix), abs=1.0)


@pytest.mark.parametrize("rate", RATES)
def test_the_loopback_probe_is_found_at_every_rate(rate: int) -> None:
    assert find_delay(np.pad(probe(rate), (321, 0)), rate).frames == 321


def test_an_edge_beyond_half_the_rate_is_no_edge() -> None:
    noise = np.random.default_rng(0).standard_normal(8000)
    assert np.array_equal(sosfilt(sections(1, 8000.0, "lowpass", 8000), noise), noise)
    assert not sosfilt(sections(2, 4000.0, "highpass", 8000), noise).any()
    assert not sosfilt(sections(2, (5000.0, 6000.0), "bandpass", 8000), noise).any()
    frequencies = np.array([20.0, 1000.0, 3500.0])
    _, response = sosfreqz(sections(2, (250.0, 6500.0), "bandpass", 8000), frequencies, fs=8000)
    assert np.allclose(20 * np.log10(np.abs(response[1:])), 0.0, atol=0.1)
    assert 20 * np.log10(abs(response[0])) < -40


def test_an_edge_within_reach_is_scipys() -> None:
    wanted = butter(2, [250.0, 6500.0], "bandpass", fs=44100, output="sos")
    assert np.array_equal(sections(2, (250.0, 6500.0), "bandpass", 44100), wanted)
