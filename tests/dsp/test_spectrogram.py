from __future__ import annotations

import numpy as np
import pytest

from studio.dsp.spectrogram import FLOOR_DB, Scale, axis_frequencies, display_spectrogram

SCALES: tuple[Scale, ...] = ("mel", "log", "linear")


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("rate", [8000, 44100, 192000])
@pytest.mark.parametrize("columns_per_s", [3.0, 30.0, 250.0])
def test_a_sine_is_a_line_at_its_frequency(scale: Scale, rate: int, columns_per_s: float) -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(2 * rate) / rate).astype(np.float32)
    picture = display_spectrogram(sine, rate, scale=scale, bins=200, columns_per_s=columns_per_s)
    assert picture.db.shape == (200, round(2 * columns_per_s))
    assert picture.db.dtype == np.float32
    middle = picture.db[:, picture.db.shape[1] // 2]
    nearest = int(np.abs(picture.freqs_hz - 1000).argmin())
    assert abs(int(middle.argmax()) - nearest) <= 1
    assert -8 < middle.max() <= 0.1


def test_a_click_stays_in_its_column_and_visible_when_zoomed_out() -> None:
    rate = 44100
    audio = np.zeros(rate * 60, dtype=np.float32)
    audio[rate * 45] = 1.0
    picture = display_spectrogram(audio, rate, scale="mel", columns_per_s=2.0)
    assert picture.column_s == 0.5
    loud = np.flatnonzero(picture.db.max(axis=0) > FLOOR_DB)
    assert set(loud) <= {89, 90}
    assert 90 in loud


def test_blocks_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    audio = np.random.default_rng(0).normal(0, 0.1, 44100 * 3).astype(np.float32)
    whole = display_spectrogram(audio, 44100, scale="log", columns_per_s=37.7)
    monkeypatch.setattr("studio.dsp.spectrogram._BLOCK_SAMPLES", 1 << 15)
    pieces = display_spectrogram(audio, 44100, scale="log", columns_per_s=37.7)
    assert np.allclose(whole.db, pieces.db, atol=1e-3)


def test_silence_is_the_floor_and_nothing_is_an_empty_picture() -> None:
    assert (
        display_spectrogram(np.zeros(8000, np.float32), 8000, scale="mel", columns_per_s=10).db == FLOOR_DB
    ).all()
    assert display_spectrogram(np.zeros(0, np.float32), 8000, scale="mel", columns_per_s=10).db.shape == (
        256,
        0,
    )


def test_axes() -> None:
    log = axis_frequencies("log", 100, 44100)
    assert np.allclose(log[1:] / log[:-1], log[1] / log[0])
    linear = axis_frequencies("linear", 101, 44100)
    assert np.allclose(np.diff(linear), 200)
    mel = axis_frequencies("mel", 100, 16000)
    assert mel[0] == 0
    assert mel[-1] == pytest.approx(8000)
    picture = display_spectrogram(np.zeros(100, np.float32), 16000, scale="mel", bins=100, columns_per_s=10)
    assert picture.row_of(float(mel[40])) == pytest.approx(40)
