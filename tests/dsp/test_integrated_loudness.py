"""Loudness of what comes in pieces is that of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.audio import Audio
from studio.dsp.loudness import SILENCE_DB, IntegratedLoudness, integrated_lufs


@pytest.mark.parametrize("block", [100, 4410, 65537])
def test_pieces_of_any_size_measure_alike(block: int) -> None:
    rng = np.random.default_rng(2)
    sound = (rng.normal(0, 0.1, (2, 44100 * 3)) * np.linspace(0.01, 1, 44100 * 3)).astype(np.float32)
    loudness = IntegratedLoudness(44100)
    for start in range(0, sound.shape[1], block):
        loudness.feed(sound[:, start : start + block])
    assert loudness.lufs() == pytest.approx(integrated_lufs(Audio(sound, 44100)), abs=0.01)


def test_nothing_is_silence() -> None:
    assert IntegratedLoudness(48000).lufs() == SILENCE_DB
