"""A stem from recordings: the same in one piece and in stretches, its chain in order."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.arrangement import STEMS, Part
from studio.core.instruments import instrument
from studio.dsp.amplifier import Amplifier, amplify
from studio.dsp.dynamics import Compression, compress
from studio.dsp.sampler.player import plan_stem, process, recipe_for
from studio.dsp.sampler.recipes import PREFERRED, RECIPES, Chain
from studio.dsp.sampler.samples import RATE
from tests.dsp.sampler.recordings import kit_set, notes, sine_set

SETS = {recipe.set: kit_set() if stem == "drums" else sine_set() for (stem, _), recipe in RECIPES.items()}
SINE = np.sin(2 * np.pi * 220.0 * np.arange(RATE) / RATE).astype(np.float32)


def _level_db(x: np.ndarray) -> float:
    return float(20 * np.log10(np.std(x) + 1e-12))


@pytest.mark.parametrize(("stem", "name"), list(RECIPES))
def test_stretches_of_a_stem_are_pieces_of_the_whole(stem: str, name: str) -> None:
    pitches = (36, 42, 38, 46) if stem == "drums" else (45, 50, 47, 52)
    part = Part(name, notes(*pitches * 2, every_s=0.4))
    plan = plan_stem(stem, part, SETS, 3)
    whole = plan.render(0, 4 * RATE)
    cut = 174 * 512
    pieces = np.concatenate([plan.render(0, cut), plan.render(cut, 4 * RATE)], axis=1)
    np.testing.assert_allclose(pieces[:, :cut], whole[:, :cut], atol=1e-6)
    assert np.abs(pieces - whole).max() < 2e-3 * np.abs(whole).max()
    assert whole.any()


def test_recipes_name_instruments_that_there_are() -> None:
    for stem, name in RECIPES:
        assert stem in STEMS
        assert instrument(stem, name).name == name
    assert set(RECIPES) >= PREFERRED
    assert recipe_for("bass", "finger bass", {}) is None
    assert recipe_for("lead", "flute", SETS) is None


def test_an_amplifier_bends_loud_sounds_unevenly_and_leaves_quiet_ones() -> None:
    amplifier = Amplifier(0.0, speaker_hz=None)
    quiet, loud = amplify(0.001 * SINE, amplifier, RATE), amplify(SINE, amplifier, RATE)
    assert _level_db(quiet[RATE // 2 :]) == pytest.approx(_level_db(0.001 * SINE), abs=1.5)
    spectrum = np.abs(np.fft.rfft(loud[RATE // 2 :] * np.hanning(RATE // 2)))
    first, second, third = (spectrum[110 * k - 3 : 110 * k + 4].max() for k in (1, 2, 3))
    assert second > 0.01 * first
    assert third > 0.01 * first
    assert not amplify(np.zeros(100, np.float32), amplifier, RATE).any()


def test_a_speaker_lets_its_band_through_only() -> None:
    noise = 0.001 * np.random.default_rng(0).standard_normal(2 * RATE).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(amplify(noise, Amplifier(0.0), RATE)))
    hz = np.arange(len(spectrum)) / 2
    inside, above, below = (
        np.sqrt((spectrum[(hz > a) & (hz < b)] ** 2).mean()) for a, b in ((200, 3000), (8000, 15000), (5, 30))
    )
    assert above < 0.05 * inside
    assert below < 0.05 * inside


def test_compression_takes_what_its_ratio_says_and_parallel_leaves_some() -> None:
    how = Compression(-30.0, 4.0, 0.005, 0.05)
    loud, louder = (_level_db(compress((g * SINE)[None], how, RATE)[:, RATE // 2 :]) for g in (0.1, 1.0))
    assert louder - loud == pytest.approx(5.0, abs=0.3)
    quiet = 1e-3 * SINE[None]
    np.testing.assert_allclose(compress(quiet, how, RATE), quiet, rtol=1e-5)
    half = Compression(-30.0, 4.0, 0.005, 0.05, mix=0.5)
    assert _level_db(compress(SINE[None], half, RATE)[:, RATE // 2 :]) > louder + 6.0


def test_a_tremolo_swings_in_the_songs_time() -> None:
    chain = Chain(tremolo=(5.0, 0.5))
    ones = np.ones((1, RATE), dtype=np.float32)
    whole = process(ones, chain, 0)
    np.testing.assert_allclose(process(ones[:, 3000:], chain, 3000), whole[:, 3000:], atol=1e-6)
    assert whole.max() - whole.min() == pytest.approx(0.5, abs=0.01)
