"""Synthesis of an arrangement: windows agree, silence stays silent, cancel stops."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.arrangement import Arrangement
from studio.core.errors import JobCancelled
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken
from studio.core.music import Meter
from studio.core.perform import perform
from studio.ml.sound.synthesis import Performance, SynthesisConfig, Synthesiser, frame_noise
from tests.core.scores import KEY, four_bars

SAMPLES = 8 * 44100


def _arrangement(**instruments: str) -> Arrangement:
    return perform(four_bars(**instruments), BeatGrid.regular(120.0, Meter(4, 4), 8.0), KEY, seed=1)


def _play(
    synthesiser: Synthesiser, arrangement: Arrangement, window: int, seed: int = 1
) -> dict[str, np.ndarray]:
    config = SynthesisConfig(steps=2, window_frames=window)
    return synthesiser.play(Performance(arrangement, seed, config), SAMPLES)


def test_windows_agree(synthesiser: Synthesiser) -> None:
    whole, cut = (_play(synthesiser, _arrangement(), window) for window in (4096, 200))
    for stem in whole:
        peak = np.abs(whole[stem]).max()
        assert peak > 0
        # mels are stored in half precision, so joins differ by rounding only
        assert np.abs(whole[stem] - cut[stem]).max() < 2e-3 * peak


def test_a_span_sounds_as_it_does_within_the_song(synthesiser: Synthesiser) -> None:
    config = SynthesisConfig(steps=2, window_frames=200)
    span, hop = range(250, 480), synthesiser.contract.hop_length
    part = synthesiser.play(Performance(_arrangement(), 1, config), SAMPLES, span=span)
    for stem, whole in _play(synthesiser, _arrangement(), 4096).items():
        assert len(part[stem]) == len(span) * hop
        there = whole[span.start * hop : span.stop * hop]
        assert np.abs(there - part[stem]).max() < 2e-3 * np.abs(whole).max()


def test_stems_have_the_length_asked_for_and_absent_stems_are_silent(synthesiser: Synthesiser) -> None:
    stems = _play(synthesiser, _arrangement(drums="none"), 512)
    assert {len(s) for s in stems.values()} == {SAMPLES}
    assert not stems["drums"].any()
    assert stems["bass"].any()


def test_the_seed_decides(synthesiser: Synthesiser) -> None:
    first, again, other = (_play(synthesiser, _arrangement(), 512, seed)["bass"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_cancel_stops_between_steps(synthesiser: Synthesiser) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(JobCancelled):
        synthesiser.play(Performance(_arrangement(), 1, SynthesisConfig(2), on_step=token.check), SAMPLES)


def test_frame_noise_belongs_to_positions() -> None:
    whole = frame_noise(1, 2, 0, 1200, 4)
    np.testing.assert_array_equal(frame_noise(1, 2, 500, 300, 4), whole[:, 500:800])
