"""What begins is made louder or softer against what goes on."""

from __future__ import annotations

import numpy as np
import pytest

from studio.dsp.transient_shaper import Amounts, TransientShaper

RATE = 44100
ALL = Amounts(0.4, 0.4, 0.4, 0.4)
NOISE = (0.1 * np.random.default_rng(0).standard_normal((1, 3 * RATE))).astype(np.float32)
#: A stroke a second: loud for 50 ms, then 12 dB less.
STROKES = NOISE * np.where(np.arange(3 * RATE) % RATE < 0.05 * RATE, 1.0, 0.25).astype(np.float32)


def _shaped(amounts: Amounts, *blocks: np.ndarray) -> np.ndarray:
    return np.concatenate(list(TransientShaper(RATE, amounts, len(blocks[0])).shape(blocks)), axis=1)


def _gain_db(amounts: Amounts, sound: np.ndarray, first_s: float, last_s: float) -> float:
    part = slice(round(first_s * RATE), round(last_s * RATE))
    shaped = _shaped(amounts, sound)
    return float(20 * np.log10(np.std(shaped[:, part]) / np.std(sound[:, part])))


def test_strokes_are_sharpened_and_what_dies_away_is_softened() -> None:
    assert _gain_db(ALL, STROKES, 1.01, 1.05) > 1.0
    assert _gain_db(ALL, STROKES, 1.07, 1.2) < -1.0
    evened = Amounts(*(-x for x in ALL))
    assert _gain_db(evened, STROKES, 1.01, 1.05) < -1.0
    assert _gain_db(evened, STROKES, 1.07, 1.2) > 1.0


def test_what_is_steady_stays_as_it_is_however_loud() -> None:
    for level in (1.0, 0.01):
        assert _gain_db(ALL, np.float32(level) * NOISE, 1.5, 3.0) == pytest.approx(0.0, abs=0.3)


def test_only_the_named_band_is_shaped() -> None:
    t = np.arange(3 * RATE) / RATE
    gate = np.where(t % 1.0 < 0.05, 1.0, 0.25)
    for hz, band in ((80.0, 0), (300.0, 1), (1100.0, 2), (6000.0, 3)):
        tone = (0.1 * gate * np.sin(2 * np.pi * hz * t)).astype(np.float32)[None]
        gains = [_gain_db(Amounts(*(0.4 * (i == k) for i in range(4))), tone, 1.02, 1.05) for k in range(4)]
        assert int(np.argmax(gains)) == band


def test_without_amounts_nothing_changes() -> None:
    np.testing.assert_array_equal(_shaped(Amounts(), STROKES), STROKES)


def test_blocks_of_any_length_make_the_same_sound() -> None:
    rng, blocks, at = np.random.default_rng(1), [], 0
    while at < STROKES.shape[1]:
        length = int(rng.integers(0, 9000)) if at > 500 else 100
        blocks.append(STROKES[:, at : at + length])
        at += length
    whole = _shaped(ALL, STROKES)
    assert whole.shape == STROKES.shape
    np.testing.assert_allclose(_shaped(ALL, *blocks), whole, atol=1e-6)


def test_an_attack_is_raised_from_its_first_sample_on_and_stays_where_it_is() -> None:
    onset = np.concatenate([np.zeros((1, RATE), np.float32), NOISE[:, :RATE]], axis=1)
    shaped = _shaped(ALL, onset)
    assert not shaped[:, :RATE].any()
    first = slice(RATE, RATE + 50)
    assert np.std(shaped[:, first]) > 1.2 * np.std(onset[:, first])
    assert np.corrcoef(shaped[0, RATE:], onset[0, RATE:])[0, 1] > 0.95


def test_both_channels_have_one_gain() -> None:
    pair = np.concatenate([STROKES, -0.5 * STROKES])
    shaped = _shaped(ALL, pair)
    np.testing.assert_allclose(shaped[1], -0.5 * shaped[0], atol=1e-6)


def test_silence_stays_silence() -> None:
    assert not _shaped(ALL, np.zeros((1, RATE), np.float32)).any()
