"""Which semitones sound, on tones whose pitch is known."""

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.dsp.pitch_salience import pitch_salience

RATE = 44_100
HALVES_S = np.arange(0.0, 4.5, 0.5)


def tone(pitch: int, seconds: float, partials: int = 1) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    f0 = 440.0 * 2 ** ((pitch - 69) / 12)
    return sum(np.sin(2 * np.pi * f0 * k * t) / k for k in range(1, partials + 1)).astype(np.float32) * 0.2


def audio(samples: np.ndarray, channels: int = 1) -> Audio:
    return Audio(np.tile(samples, (channels, 1)).astype(np.float32), RATE)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("pitch", [50, 60, 69, 81])
def test_a_tone_is_the_loudest_semitone_in_every_stretch(pitch: int, channels: int) -> None:
    salience = pitch_salience(audio(tone(pitch, 4.0), channels), HALVES_S)
    assert salience.shape == (8, 128)
    assert (salience.argmax(axis=1) == pitch).all()
    assert (salience[:, pitch] > 0.99).all()
    assert (salience[:, np.abs(np.arange(128) - pitch) > 2] < 0.05).all()


def test_partials_are_heard_and_other_semitones_are_not() -> None:
    salience = pitch_salience(audio(tone(60, 4.0, partials=4)), HALVES_S).mean(axis=0)
    assert (salience[[60, 72, 79, 84]] > 0.5).all()
    assert (salience[[65, 67, 76, 90]] < 0.05).all()


def test_each_stretch_hears_what_sounds_in_it() -> None:
    samples = np.concatenate([tone(60, 1.0), tone(64, 1.0), np.zeros(RATE, np.float32), tone(67, 1.0)])
    salience = pitch_salience(audio(samples), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    assert salience[[0, 1, 3]].argmax(axis=1).tolist() == [60, 64, 67]
    # A window at the edge still hears the neighbour; nothing sounds beyond the end.
    assert salience[2].max() < 0.35
    assert not salience[4].any()


@pytest.mark.parametrize("frames", [0, 100, RATE])
def test_silence_and_next_to_nothing_have_no_pitch(frames: int) -> None:
    assert not pitch_salience(audio(np.zeros(frames, np.float32)), HALVES_S).any()
