from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from studio.core.audio import Audio
from studio.dsp.loudness import (
    SILENCE_DB,
    TruePeak,
    integrated_lufs,
    peak_db,
    true_peak_db,
)


def sine(hz: float, rate: int, seconds: float = 2.0, level: float = 1.0, phase: float = 0.0) -> np.ndarray:
    t = np.arange(round(rate * seconds)) / rate
    return (level * np.sin(2 * np.pi * hz * t + phase)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
def test_lufs_of_the_reference_tone(rate: int) -> None:
    """BS.1770: a 0 dBFS sine of 997 Hz in one channel reads -3.01 LKFS; in both channels 3 dB more."""
    tone = sine(997, rate, level=10 ** (-20 / 20))
    assert integrated_lufs(Audio(tone[None], rate)) == pytest.approx(-23.0, abs=0.2)
    assert integrated_lufs(Audio(np.stack([tone, tone]), rate)) == pytest.approx(-20.0, abs=0.2)


@pytest.mark.parametrize("rate", [22050, 48000])
def test_gating_agrees_with_an_independent_meter(rate: int) -> None:
    """Stereo noise with pauses and swells, so that both gates matter."""
    swell = np.abs(np.sin(np.arange(rate * 20) / rate * 0.7)) ** 6
    samples = (np.random.default_rng(0).normal(0, 0.1, (2, rate * 20)) * swell).astype(np.float32)
    samples[1] *= 0.5
    reference = pyloudnorm.Meter(rate).integrated_loudness(samples.T.astype(np.float64))
    assert integrated_lufs(Audio(samples, rate)) == pytest.approx(reference, abs=0.02)


def test_true_peak_sees_between_the_samples() -> None:
    """A sine at a quarter of the rate, sampled 45 degrees off its crests: -3.01 dB seen, 0 dB true."""
    audio = Audio((sine(12000, 48000, phase=np.pi / 4) * np.hanning(96000)).astype(np.float32)[None], 48000)
    assert peak_db(audio) == pytest.approx(-3.01, abs=0.01)
    assert true_peak_db(audio) == pytest.approx(0.0, abs=0.1)


def test_skipping_blocks_does_not_change_the_answer() -> None:
    """The loudest true peak hides in a block whose samples are not the loudest."""
    rate = 48000
    quiet = 0.5 * sine(100, rate)
    samples = np.concatenate([quiet, 0.68 * sine(12000, rate, phase=np.pi / 4) * np.hanning(2 * rate), quiet])
    audio = Audio(samples.astype(np.float32)[None], rate)
    assert peak_db(audio) == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert true_peak_db(audio) == pytest.approx(20 * np.log10(0.68), abs=0.1)


def test_silence_and_very_short_audio() -> None:
    silence = Audio(np.zeros((2, 48000), np.float32), 48000)
    assert integrated_lufs(silence) == peak_db(silence) == true_peak_db(silence) == SILENCE_DB
    assert integrated_lufs(Audio(sine(997, 48000, 0.1)[None], 48000)) == pytest.approx(-9.0, abs=0.2)
    assert true_peak_db(Audio(np.zeros((1, 0), np.float32), 48000)) == SILENCE_DB


def test_a_true_peak_is_the_same_in_pieces() -> None:
    noise = np.random.default_rng(3).standard_normal((2, 30_000)).astype(np.float32)
    whole = true_peak_db(Audio(noise, 48000))
    for size in (30_000, 7_001, 2_048, 5):
        meter = TruePeak()
        for start in range(0, 30_000 if size > 5 else 2_000, size):
            meter.feed(noise[:, start : start + size])
        wanted = whole if size > 5 else true_peak_db(Audio(noise[:, :2_000], 48000))
        assert meter.db() == pytest.approx(wanted, abs=1e-5)
