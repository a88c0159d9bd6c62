"""Bells and shelves against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import sosfreqz

from studio.dsp.equaliser import EqBand, equaliser


def _response_db(bands: list[EqBand], rate: int, *hz: float) -> list[float]:
    _, response = sosfreqz(equaliser(bands, rate), np.array(hz), fs=rate)
    return [float(x) for x in 20 * np.log10(np.abs(response))]


@pytest.mark.parametrize("rate", [16000, 44100, 96000])
@pytest.mark.parametrize("gain_db", [-6.0, 4.0])
def test_a_bell_has_its_gain_in_the_middle_and_none_far_away(rate: int, gain_db: float) -> None:
    low, middle, high = _response_db([EqBand("bell", 500.0, gain_db, 1.0)], rate, 10.0, 500.0, 7500.0)
    assert middle == pytest.approx(gain_db, abs=1e-6)
    assert (low, high) == pytest.approx((0.0, 0.0), abs=0.1)


@pytest.mark.parametrize("gain_db", [-6.0, 4.0])
def test_a_shelf_has_half_its_gain_in_the_middle_and_all_of_it_beyond(gain_db: float) -> None:
    low = _response_db([EqBand("low shelf", 300.0, gain_db)], 44100, 5.0, 300.0, 15000.0)
    assert low == pytest.approx([gain_db, gain_db / 2, 0.0], abs=0.05)
    high = _response_db([EqBand("high shelf", 3000.0, gain_db)], 44100, 50.0, 3000.0, 21900.0)
    assert high == pytest.approx([0.0, gain_db / 2, gain_db], abs=0.05)


def test_bands_add_up_and_what_is_out_of_reach_does_nothing() -> None:
    bands = [EqBand("bell", 1000.0, 3.0), EqBand("bell", 1000.0, -1.0), EqBand("high shelf", 9000.0, 6.0)]
    assert _response_db(bands, 16000, 1000.0) == pytest.approx([2.0], abs=1e-6)
    assert _response_db(bands[2:], 16000, 7000.0) == [0.0]
