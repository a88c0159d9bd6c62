"""A known sound, delayed, coloured, turned round and drowned: the delay is found, or doubted."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from studio.dsp.delay import find_delay, probe


def delayed(frames: int, rate: int) -> np.ndarray:
    sound = probe(rate)
    return np.concatenate([np.zeros(frames, np.float32), sound])[: len(sound)]


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("frames", [0, 1, 1024, 20011])
def test_finds_the_very_sample(rate: int, frames: int) -> None:
    delay = find_delay(delayed(frames, rate), rate)
    assert (delay.frames, delay.spread_frames) == (frames, 0)
    assert delay.clarity > 2


def test_a_quiet_inverted_and_noisy_return_is_found_as_well() -> None:
    rng = np.random.default_rng(1)
    heard = -0.02 * delayed(5000, 48000) + 0.001 * rng.standard_normal(len(probe(48000)))
    delay = find_delay(heard.astype(np.float32), 48000)
    assert (delay.frames, delay.spread_frames) == (5000, 0)


def test_a_small_speaker_and_a_room_blur_it_by_less_than_a_millisecond() -> None:
    room = np.zeros(4000)
    room[0] = 1.0
    room[1:] = 0.1 * np.random.default_rng(2).standard_normal(3999) * np.exp(-np.arange(3999) / 800)
    speaker = scipy.signal.butter(2, [300, 5000], "bandpass", fs=48000, output="sos")
    heard = scipy.signal.sosfilt(speaker, np.convolve(delayed(7000, 48000), room)[: len(probe(48000))])
    delay = find_delay(heard.astype(np.float32), 48000)
    assert abs(delay.frames - 7000) < 48
    assert delay.clarity > 1.6


def test_mere_noise_is_doubted() -> None:
    heard = np.random.default_rng(3).standard_normal(len(probe(48000))).astype(np.float32)
    delay = find_delay(heard, 48000)
    assert delay.clarity < 1.6 or delay.spread_frames > 48
