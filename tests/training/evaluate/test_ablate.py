"""Measures of the ablations on sounds with known answers."""

import numpy as np
import pytest
import torch

from studio.core.arrangement import Note
from studio.ml.sound.mel import MelContract
from studio.training.evaluate.ablate import excerpt_of, roughness
from studio.training.sounds.sounds import StemSound


def test_roughness_is_relative_to_the_true_mel() -> None:
    true = 1.0 + 0.1 * torch.randn(1, 8, 400, generator=torch.Generator().manual_seed(1))
    assert roughness(true, true) == pytest.approx(1.0)
    assert roughness(1 + 2 * (true - 1), true) == pytest.approx(2.0)
    assert roughness(torch.ones_like(true), true) == 0.0


def test_an_excerpt_begins_with_the_first_note() -> None:
    contract = MelContract()
    rate, hop = contract.sample_rate, contract.hop_length
    audio = np.zeros(3 * rate, dtype=np.int16)
    audio[rate : 2 * rate] = 8000 * np.sin(2 * np.pi * 220 * np.arange(rate) / rate)
    sound = StemSound(
        "bass", "pick bass", (Note(1.0, 2.0, 57, 90),), audio, (audio / 32767).astype(np.float16)
    )
    excerpt = excerpt_of(sound, contract)
    frames = excerpt.target.shape[-1]
    assert excerpt.audio.shape[-1] == frames * hop
    assert excerpt.features.shape[-1] == frames
    assert excerpt.target.shape == excerpt.source.shape
    # All of the recording is shorter than an excerpt: it is kept whole.
    assert frames == len(audio) // hop
