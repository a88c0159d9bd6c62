"""The band's mix: balance, mono compatibility, width."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.controls import NETWORK, RECORDED
from studio.dsp.band_mix import (
    Array,
    StemPlacer,
    active_rms,
    measure_level,
    mix_band,
    place_stem,
    stem_gains,
)
from studio.dsp.rough_mix import ROUGH_MIX, rough_mix

RATE = 44100
NOISE = np.random.default_rng(0).standard_normal(3 * RATE).astype(np.float32) * 0.1
SINE = 0.1 * np.sin(2 * np.pi * 2000.0 / RATE * np.arange(3 * RATE)).astype(np.float32)


def _mixed(dry: dict[str, Array], vocal_rms: float) -> dict[str, Array]:
    return mix_band(dry, RATE, stem_gains(dry, vocal_rms=vocal_rms))


def test_stems_keep_their_rough_mix_levels_whatever_they_came_in_at() -> None:
    dry = {"drums": 5 * SINE, "bass": SINE, "harmony": 0.01 * SINE}
    levels = {stem: gain * active_rms(dry[stem]) for stem, gain in stem_gains(dry, vocal_rms=0.1).items()}
    assert 20 * np.log10(levels["bass"] / levels["drums"]) == pytest.approx(0.5)
    assert 20 * np.log10(levels["harmony"] / levels["drums"]) == pytest.approx(-4.0)


def test_the_band_follows_the_vocal_level() -> None:
    quiet, loud = (sum(_mixed({"drums": NOISE, "bass": NOISE}, level).values()) for level in (0.05, 0.1))
    assert 20 * np.log10(np.std(loud) / np.std(quiet)) == pytest.approx(6.0, abs=0.1)


def test_bass_is_mono_and_harmony_is_wide_but_mono_compatible() -> None:
    bass = place_stem(NOISE, RATE, ROUGH_MIX["bass"], 1.0)
    np.testing.assert_array_equal(bass[0], bass[1])
    harmony = place_stem(NOISE, RATE, ROUGH_MIX["harmony"], 1.0)
    mid, side = harmony.mean(axis=0), (harmony[1] - harmony[0]) / 2
    assert 0.15 < np.std(side) / np.std(mid) < 0.6
    narrow = place_stem(NOISE, RATE, replace(ROUGH_MIX["harmony"], width=0.0, pan=0.0), 1.0)
    np.testing.assert_allclose(harmony.mean(axis=0), narrow.mean(axis=0), atol=1e-5)


def _tone_db(stem: str, *edges_hz: tuple[float, float]) -> list[float]:
    """Gain of a stem's place in the band between two frequencies each."""
    spectrum = np.abs(np.fft.rfft(place_stem(NOISE, RATE, ROUGH_MIX[stem], 1.0).mean(axis=0)))
    spectrum /= np.abs(np.fft.rfft(NOISE))
    hz = np.fft.rfftfreq(len(NOISE), 1 / RATE)
    return [float(20 * np.log10(np.median(spectrum[(hz > low) & (hz < high)]))) for low, high in edges_hz]


def test_every_stem_has_a_place_of_its_own_in_the_spectrum() -> None:
    body, box = _tone_db("drums", (140, 220), (450, 550))
    assert body - box > 1.5
    weight, box = _tone_db("bass", (40, 80), (400, 500))
    assert weight - box > 5.0
    warmth, middle = _tone_db("harmony", (200, 300), (1800, 2400))
    assert warmth - middle > 2.0
    middle, presence = _tone_db("lead", (250, 350), (1500, 4000))
    assert middle - presence > 1.0


def test_recorded_instruments_have_a_treatment_of_their_own_in_the_same_place() -> None:
    for stem, mix in ROUGH_MIX.items():
        recorded = rough_mix(stem, RECORDED)
        assert rough_mix(stem, NETWORK) == mix
        assert recorded.tone != mix.tone
        assert replace(recorded, tone=mix.tone, strokes=mix.strokes, trim_db=mix.trim_db) == mix
    dry = {"drums": NOISE, "bass": NOISE}
    gains = stem_gains(dry, vocal_rms=0.1)
    band = mix_band(dry, RATE, gains, {"drums": RECORDED})
    for stem, renderer in (("drums", RECORDED), ("bass", NETWORK)):
        np.testing.assert_array_equal(
            band[stem], place_stem(NOISE, RATE, rough_mix(stem, renderer), gains[stem])
        )


def test_silence_stays_silence() -> None:
    mixed = _mixed({"drums": np.zeros(RATE, np.float32), "bass": NOISE}, 0.1)
    assert not mixed["drums"].any()
    assert active_rms(np.zeros(10, np.float32)) == 0.0


def test_a_few_loud_hits_do_not_tower_over_the_vocal() -> None:
    clicks = np.zeros(3 * RATE, np.float32)
    clicks[:: RATE // 2] = 1.0
    mixed = _mixed({"drums": clicks}, 0.1)
    assert np.abs(mixed["drums"]).max() < 0.75


def test_a_stem_made_later_gets_the_level_it_would_have_had() -> None:
    both = stem_gains({"drums": NOISE, "bass": NOISE}, vocal_rms=0.1)
    assert stem_gains({"bass": NOISE}, vocal_rms=0.1, beside=["drums"]) == {"bass": both["bass"]}


@pytest.mark.parametrize("stem", ["bass", "lead"])
def test_a_stem_placed_in_blocks_rings_on_from_one_to_the_next(stem: str) -> None:
    whole = place_stem(NOISE, RATE, ROUGH_MIX[stem], 0.5)
    placer = StemPlacer(RATE, ROUGH_MIX[stem], 0.5)
    blocks = placer.place(NOISE[None, start : start + 20_000] for start in range(0, len(NOISE), 20_000))
    np.testing.assert_allclose(np.concatenate(list(blocks), axis=1), whole, atol=1e-6)


def test_the_room_rings_on_after_the_sound() -> None:
    click = np.zeros(RATE, np.float32)
    click[0] = 1.0
    placed = place_stem(click, RATE, ROUGH_MIX["lead"], 1.0)
    assert np.abs(placed[:, RATE // 10 : RATE // 5]).max() > 1e-3
    assert np.abs(placed[:, -100:]).max() < 1e-5


def test_a_level_is_the_same_in_one_piece_and_in_blocks() -> None:
    noise = np.concatenate([NOISE, 1e-4 * NOISE])
    in_blocks = measure_level(noise[start : start + 8192] for start in range(0, len(noise), 8192))
    assert in_blocks == measure_level([noise])
    assert in_blocks.rms == pytest.approx(0.1, rel=0.01)
    assert in_blocks.peak == np.abs(NOISE).max()
