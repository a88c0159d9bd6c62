"""The running meter reads what EBU Tech 3341 says it must, however it is fed.

Numbers in brackets are the cases of EBU Tech 3341 (2016), table 1, made here from their description.
"""

from __future__ import annotations

import numpy as np
import pytest

from studio.dsp.loudness import SILENCE_DB
from studio.dsp.loudness_meter import LoudnessMeter

RATE = 48000


def tone(level_db: float, seconds: float, rate: int = RATE, hz: float = 1000.0) -> np.ndarray:
    """A sine on both sides, its peak so many dBFS."""
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return np.stack([wave, wave]).astype(np.float32)


def fed(*parts: np.ndarray, rate: int = RATE, block: int = 1600) -> LoudnessMeter:
    meter, signal = LoudnessMeter(rate), np.concatenate(parts, axis=1)
    for start in range(0, signal.shape[1], block):
        meter.feed(signal[:, start : start + block])
    return meter


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_a_steady_tone_reads_its_level_on_all_three(level: float, rate: int) -> None:
    """[1, 2]: a stereo sine of 1 kHz whose peaks are at -23 dBFS is -23.0 LUFS, +-0.1."""
    reading = fed(tone(level, 5.0, rate), rate=rate).read()
    for lufs in (reading.momentary_lufs, reading.short_term_lufs, reading.integrated_lufs):
        assert lufs == pytest.approx(level, abs=0.1)


def test_what_is_soft_is_gated_out() -> None:
    """[3, 4]: soft stretches, also below -70, do not count in the integrated loudness."""
    parts = [tone(-72, 4), tone(-36, 4), tone(-23, 30), tone(-36, 4), tone(-72, 4)]
    assert fed(*parts).read().integrated_lufs == pytest.approx(-23.0, abs=0.1)
    ungated = 10 * np.log10((30 * 10**-2.3 + 8 * 10**-3.6 + 8 * 10**-7.2) / 46)
    assert abs(ungated - -23.0) > 1.0  # without gates it would read otherwise


def test_loud_middle_counts_by_its_length() -> None:
    """[5]: -26 for 20 s, -20 for 20.1 s, -26 for 20 s is -23.0 LUFS; here at a quarter of the length."""
    parts = [tone(-26, 5.0), tone(-20, 5.025), tone(-26, 5.0)]
    assert fed(*parts, block=4800).read().integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_short_term_is_three_seconds_and_momentary_four_tenths() -> None:
    """[9, 12]: tones as short as the windows alternate, so that every window holds the same energy."""
    short = [tone(-20, 1.34), tone(-30, 1.66)]
    meter = fed(*short, *short)
    assert meter.read().short_term_lufs == pytest.approx(-23.0, abs=0.1)
    momentary = [tone(-20, 0.18), tone(-30, 0.22)]
    assert fed(*momentary * 5).read().momentary_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("offset_s", [0.0, 0.06, 0.13])
def test_the_highest_momentary_finds_a_tone_wherever_it_falls(offset_s: float) -> None:
    """[13]: 0.4 s of tone after any silence shows its whole level once."""
    meter = fed(tone(-200, offset_s), tone(-23, 0.4), tone(-200, 1.0))
    reading = meter.read()
    assert reading.highest_momentary_lufs == pytest.approx(-23.0, abs=0.15)
    assert reading.momentary_lufs < -60
    assert reading.short_term_lufs == pytest.approx(-23.0 + 10 * np.log10(0.4 / 3), abs=0.2)


def test_a_sine_that_peaks_between_the_samples_is_0_dbtp() -> None:
    """[15 to 19]: a quarter of the rate, 45 degrees off: the samples reach -3.01 dBFS, the sound 0 dBTP."""
    t = np.arange(RATE)
    crest = np.sin(2 * np.pi * t / 4 + np.pi / 4) * np.hanning(RATE)
    meter = fed(np.stack([crest, 0.5 * crest]).astype(np.float32))
    reading = meter.read()
    assert reading.true_peak_db == pytest.approx(0.0, abs=0.2)
    assert reading.peaks_db == pytest.approx((0.0, -6.02), abs=0.2)
    again = meter.read()
    assert again.peaks_db == (SILENCE_DB, SILENCE_DB)  # nothing was fed since
    assert again.true_peak_db == reading.true_peak_db  # but the hold stays


@pytest.mark.parametrize("block", [7, 480, 1601, 65536])
def test_it_does_not_matter_how_it_is_cut(block: int) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (2, RATE if block > 7 else RATE // 8)).astype(np.float32)
    cut, whole = fed(noise, block=block).read(), fed(noise, block=noise.shape[1]).read()
    assert cut.momentary_lufs == pytest.approx(whole.momentary_lufs, abs=1e-3)
    assert cut.integrated_lufs == pytest.approx(whole.integrated_lufs, abs=1e-3)
    assert cut.true_peak_db == pytest.approx(whole.true_peak_db, abs=1e-4)


def test_reset_forgets() -> None:
    meter = fed(tone(-10, 1.0))
    meter.reset()
    assert meter.read().integrated_lufs == SILENCE_DB
    assert meter.read().true_peak_db == SILENCE_DB
    meter.feed(np.zeros((2, RATE), np.float32))
    assert meter.read().momentary_lufs == SILENCE_DB
