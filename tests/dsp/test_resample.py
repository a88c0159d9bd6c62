from __future__ import annotations

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.dsp.resample import resample, resample_blocks


@pytest.mark.parametrize(
    ("source", "target"), [(44100, 48000), (48000, 44100), (44100, 192000), (44100, 8000)]
)
def test_exact_length_and_no_shift(source: int, target: int) -> None:
    def sine(rate: int, frames: int) -> np.ndarray:
        return np.sin(2 * np.pi * 440 * np.arange(frames) / rate).astype(np.float32)

    frames = 44_123
    converted = resample(Audio(np.stack([sine(source, frames)] * 2), source), target)
    assert converted.sample_rate == target
    assert converted.samples.shape == (2, round(frames * target / source))
    inside = slice(target // 10, -target // 10)
    assert np.abs(converted.samples[0] - sine(target, converted.frames))[inside].max() < 1e-3


def test_a_given_length_is_kept_exactly() -> None:
    audio = Audio(np.ones((1, 1000), np.float32), 44100)
    assert resample(audio, 48000, frames=1090).frames == 1090
    longer = resample(audio, 44100, frames=1010)
    assert longer.samples[0, 999:].tolist() == [1.0] + [0.0] * 10
    assert resample(audio, 44100) is audio


@pytest.mark.parametrize("target", [48000, 44100])
@pytest.mark.parametrize("frames", [50_000, 49_000, 60_000])
def test_blocks_give_what_one_piece_gives(target: int, frames: int) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 46_000)).astype(np.float32)
    blocks = [noise[:, start : start + 7000] for start in range(0, 46_000, 7000)]
    made = np.concatenate(list(resample_blocks(blocks, 44100, target, frames=frames)), axis=1)
    np.testing.assert_array_equal(made, resample(Audio(noise, 44100), target, frames=frames).samples)
