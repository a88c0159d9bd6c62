"""Made instruments: in tune, the same again, as long as is asked for, and as loud as what they stand beside."""

from __future__ import annotations

import numpy as np
import pytest

from studio.dsp.sampler.made import Made
from studio.dsp.sampler.recipes import RECIPES
from studio.dsp.tones.organ import Registration, organ
from studio.dsp.tones.rotor import Rotor, turn
from studio.dsp.tones.synth_bass import BASSES, synth_bass
from studio.dsp.tones.tables import RATE, cycles, hertz, read, read_between

VOICES = [(stem, name) for (stem, name), recipe in RECIPES.items() if recipe.made]


def cents_off(sound: np.ndarray, wanted_hz: float) -> float:
    """The middle of the power within 70 cents of a frequency: of what swings, the note it swings about."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 19)) ** 2
    hz = np.fft.rfftfreq(1 << 19, 1 / RATE)
    cents = 1200 * np.log2(np.maximum(hz, 1.0) / wanted_hz)
    near = np.abs(cents) < 70
    return float((power[near] * cents[near]).sum() / power[near].sum())


@pytest.mark.parametrize(("stem", "name"), VOICES)
def test_voices_are_in_tune_and_the_same_again(stem: str, name: str) -> None:
    for pitch in (33, 45) if stem == "bass" else (55, 64):
        sounds = [
            Made(name, pitch, 2, take).sound(4.0).mean(axis=0) for take in range(3 if stem == "lead" else 1)
        ]
        # Players of a section swing about the note: it is their middle that is in tune.
        off = [cents_off(s[RATE // 2 :], hertz(pitch)) for s in sounds]
        assert abs(np.mean(off)) < 3.0, off
        Made._kept._kept.clear()
        np.testing.assert_array_equal(Made(name, pitch, 2, 0).sound(4.0).mean(axis=0), sounds[0])


@pytest.mark.parametrize(("stem", "name"), VOICES)
def test_longer_notes_go_on_where_shorter_ones_end(stem: str, name: str) -> None:
    short, long = (Made(name, 48, 1, 0).sound(seconds) for seconds in (1.0, 3.5))
    assert short.shape[1] >= RATE
    assert long.shape[1] >= 3.5 * RATE
    np.testing.assert_allclose(long[:, : short.shape[1]], short, atol=1e-6)


def test_a_table_is_its_harmonics() -> None:
    table = cycles(np.array([[0.0, 0.5, 0.0, 0.25]]))
    phase = np.linspace(-1.0, 2.0, 1000)
    wanted = 0.5 * np.sin(2 * np.pi * 2 * phase) + 0.25 * np.sin(2 * np.pi * 4 * phase)
    np.testing.assert_allclose(read(table[0], phase), wanted, atol=1e-4)
    both = np.concatenate([table, 0 * table])
    np.testing.assert_allclose(read_between(both, phase, np.full(1000, 0.75)), 0.25 * wanted, atol=1e-4)


def test_drawbars_are_footages_three_decibels_a_step() -> None:
    sound = organ(60, 2.0, Registration((8, 0, 6, 0, 0, 0, 0, 0, 4)), 0)[RATE:]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))

    def level(pitch: int) -> float:
        middle = round(hertz(pitch))  # bins of 1 Hz
        return float(20 * np.log10(spectrum[middle - 2 : middle + 3].max()))

    assert level(60) - level(48) == pytest.approx(-6.0, abs=1.5)
    assert level(96) - level(48) == pytest.approx(-12.0, abs=1.5)
    assert level(72) - level(48) < -50.0
    high = organ(84, 2.0, Registration((0, 0, 0, 0, 0, 0, 0, 0, 8)), 0)[RATE:]
    assert abs(cents_off(high, hertz(108))) < 1.0  # 120 has no wheel: the octave below sounds


def test_the_filter_of_a_bass_falls_and_opens_with_the_stroke() -> None:
    def brightness(sound: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(sound)) ** 2
        return float((power * np.arange(len(power))).sum() / power.sum() * RATE / len(sound))

    soft, hard = (synth_bass(40, 1.5, BASSES["synth bass"], hardness) for hardness in (0.0, 1.0))
    begin, end = slice(0, RATE // 8), slice(RATE, RATE + RATE // 8)
    assert brightness(hard[begin]) > 1.3 * brightness(hard[end])
    assert brightness(hard[begin]) > 1.2 * brightness(soft[begin])
    assert np.abs(soft).max() < 1.0


def test_a_rotor_swings_about_the_note_at_its_speed() -> None:
    t = np.arange(4 * RATE) / RATE
    tone = np.sin(2 * np.pi * 2000.0 * t).astype(np.float32)
    left, right = turn(tone, Rotor(5.0), 0)
    blocks = left[: RATE * 3].reshape(-1, RATE // 100)
    swing = np.abs(np.fft.rfft(blocks.std(axis=1) - blocks.std(axis=1).mean()))
    assert int(swing.argmax()) == 15  # five times a second for three seconds
    assert np.corrcoef(left, right)[0, 1] < 0.9
    assert abs(cents_off(left, 2000.0)) < 1.0
    later = turn(tone[RATE:], Rotor(5.0), RATE)  # a stretch points where the whole does
    np.testing.assert_allclose(later[:, 4096:], np.stack([left, right])[:, RATE + 4096 :], atol=2e-3)
