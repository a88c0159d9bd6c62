"""The band's mix: balance, mono compatibility, width."""

from __future__ import annotations

import numpy as np
import pytest

from studio.dsp.band_mix import ROUGH_MIX, active_rms, mix_band, place_stem

RATE = 44100
NOISE = np.random.default_rng(0).standard_normal(3 * RATE).astype(np.float32) * 0.1


def test_stems_keep_their_rough_mix_levels_whatever_they_came_in_at() -> None:
    mixed = mix_band({"drums": 5 * NOISE, "bass": NOISE, "harmony": 0.01 * NOISE}, RATE, vocal_rms=0.1)
    drums, bass = (active_rms(mixed[s].mean(axis=0)) for s in ("drums", "bass"))
    assert 20 * np.log10(bass / drums) == pytest.approx(-1.0, abs=0.4)


def test_the_band_follows_the_vocal_level() -> None:
    quiet, loud = (
        sum(mix_band({"drums": NOISE, "bass": NOISE}, RATE, vocal_rms=level).values())
        for level in (0.05, 0.1)
    )
    assert 20 * np.log10(np.std(loud) / np.std(quiet)) == pytest.approx(6.0, abs=0.1)


def test_bass_is_mono_and_harmony_is_wide_but_mono_compatible() -> None:
    bass = place_stem(NOISE, RATE, ROUGH_MIX["bass"], 0.1)
    np.testing.assert_array_equal(bass[0], bass[1])
    harmony = place_stem(NOISE, RATE, ROUGH_MIX["harmony"], 0.1)
    mid, side = harmony.mean(axis=0), (harmony[1] - harmony[0]) / 2
    assert 0.15 < np.std(side) / np.std(mid) < 0.6
    assert np.std(mid) == pytest.approx(0.1, rel=0.1)


def test_silence_stays_silence() -> None:
    mixed = mix_band({"drums": np.zeros(RATE, np.float32), "bass": NOISE}, RATE, vocal_rms=0.1)
    assert not mixed["drums"].any()
    assert active_rms(np.zeros(10, np.float32)) == 0.0


def test_a_few_loud_hits_do_not_tower_over_the_vocal() -> None:
    clicks = np.zeros(3 * RATE, np.float32)
    clicks[:: RATE // 2] = 1.0
    mixed = mix_band({"drums": clicks}, RATE, vocal_rms=0.1)
    assert np.abs(mixed["drums"]).max() < 0.75
