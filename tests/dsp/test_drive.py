"""Saturation: quiet sounds pass, loud ones are held, harmonics are odd."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.arrangement import STEMS
from studio.core.instruments import INSTRUMENTS
from studio.dsp.drive import drive, drive_of

RATE = 44100
TIME = np.arange(RATE) / RATE


def test_quiet_sounds_pass_and_loud_ones_are_held() -> None:
    quiet = np.float32(0.001) * np.sin(2 * np.pi * 440 * TIME).astype(np.float32)
    np.testing.assert_allclose(drive(quiet, 6.0), quiet, atol=1e-7)
    assert np.abs(drive(np.float32(1000.0) * quiet, 6.0)).max() == pytest.approx(0.4 / 10**0.3, rel=1e-3)


def test_a_sine_gets_odd_harmonics_only() -> None:
    spectrum = np.abs(np.fft.rfft(drive(0.3 * np.sin(2 * np.pi * 441 * TIME).astype(np.float32), 6.0)))
    first, second, third = (20 * np.log10(spectrum[441 * n] / spectrum[441]) for n in (1, 2, 3))
    assert first == 0.0
    assert second < -80.0
    assert -30.0 < third < -10.0


def test_every_instrument_has_a_drive() -> None:
    drives = [drive_of(stem, entry.name) for stem in STEMS for entry in INSTRUMENTS[stem]]
    assert all(0.0 <= db <= 12.0 for db in drives)
    assert drive_of("harmony", "driven guitar") > drive_of("harmony", "harp")
