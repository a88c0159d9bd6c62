"""The sound source: exact pitch, exact timing, and no dependence on where a window starts."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.arrangement import Note
from studio.ml.sound.excitation import DRUM_KEYS, excite, noise

RATE = 44100


@pytest.mark.parametrize("pitch", [28, 45, 69, 88])
def test_a_note_has_the_pitch_of_its_key(pitch: int) -> None:
    wave, _ = excite("harmony", [Note(0.0, 2.0, pitch, 100)], seed=0, start=0, frames=2 * RATE)
    spectrum = np.abs(np.fft.rfft(wave[RATE // 2 :] * np.hanning(len(wave) - RATE // 2), 1 << 19))
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    at = (np.arange(len(spectrum)) * RATE / (1 << 19)) - frequency
    near = np.abs(at) < frequency * 0.4
    peak = at[near][np.argmax(spectrum[near])]
    assert abs(1200 * np.log2(1 + peak / frequency)) < 2.0


def test_nothing_sounds_before_the_note() -> None:
    wave, _ = excite("bass", [Note(0.5, 1.0, 40, 100)], seed=0, start=0, frames=RATE)
    assert not wave[: int(0.5 * RATE) - 1].any()
    assert np.abs(wave[int(0.51 * RATE) :]).max() > 0.1


@pytest.mark.parametrize("stem", ["drums", "lead"])
def test_windows_agree(stem: str) -> None:
    pitches = DRUM_KEYS if stem == "drums" else (60, 64, 64, 67)
    notes = [Note(0.2 * i, 0.2 * i + 0.3, p, 60 + 3 * i) for i, p in enumerate(pitches)]
    whole, white = excite(stem, notes, seed=4, start=0, frames=3 * RATE)
    part, white_part = excite(stem, notes, seed=4, start=40000, frames=20000)
    np.testing.assert_allclose(part, whole[40000:60000], atol=1e-5)
    np.testing.assert_array_equal(white_part, white[40000:60000])


def test_a_window_may_begin_before_the_song() -> None:
    wave, white = excite("lead", [Note(0.0, 0.2, 60, 100)], seed=0, start=-1000, frames=3000)
    assert not wave[:999].any()
    assert len(white) == 3000


def test_noise_is_white_and_of_unit_variance() -> None:
    values = noise((3,), 123, 200_000)
    assert values.std() == pytest.approx(1.0, abs=0.01)
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 0.01


def test_drum_seeds_change_the_noise_but_not_the_kick() -> None:
    notes = [Note(0.0, 0.1, 36, 120)]
    first, second = (excite("drums", notes, seed=s, start=0, frames=RATE)[0] for s in (1, 2))
    late = slice(2000, 12000)
    assert np.corrcoef(first[late], second[late])[0, 1] > 0.99
    assert not np.array_equal(first, second)
