"""A drummer: the open hi-hat is closed, layers follow the velocity, takes change."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from studio.core.arrangement import Note
from studio.dsp.sampler.kit import DrumTouch, play_kit
from studio.dsp.sampler.percussion import SHAKEN, Shaken
from studio.dsp.sampler.samples import RATE
from studio.dsp.sampler.strokes import Recorded, mix_strokes
from tests.dsp.sampler.recordings import kit_set

KIT, PLAIN = kit_set(), DrumTouch(graces=False)


def _level(played: np.ndarray, start_s: float, end_s: float) -> float:
    return float(np.std(played[:, round(start_s * RATE) : round(end_s * RATE)]))


def test_a_closed_hat_silences_the_open_one() -> None:
    ringing = [Note(0.0, 0.1, 46, 100)]
    alone = mix_strokes(play_kit(ringing, KIT, PLAIN, 1), 0, RATE, 2)
    choked = mix_strokes(play_kit([*ringing, Note(0.5, 0.6, 42, 100)], KIT, PLAIN, 1), 0, RATE, 2)
    np.testing.assert_array_equal(choked[:, : RATE // 2], alone[:, : RATE // 2])
    assert _level(alone, 0.7, 1.0) > 0.01
    assert _level(choked, 0.7, 1.0) < 1e-3 * _level(alone, 0.7, 1.0)


def test_other_drums_leave_the_open_hat_ringing() -> None:
    played = mix_strokes(
        play_kit([Note(0.0, 0.1, 46, 100), Note(0.5, 0.6, 38, 100)], KIT, PLAIN, 1), 0, RATE, 2
    )
    assert _level(played, 0.8, 1.0) > 0.01


def test_harder_is_louder_and_takes_alternate() -> None:
    struck = [play_kit([Note(0.0, 0.1, 38, velocity)], KIT, PLAIN, 1)[0] for velocity in range(30, 120, 8)]
    levels = [_level(mix_strokes([s], 0, RATE // 10, 2), 0.0, 0.1) for s in struck]
    assert (np.diff(levels) > 0).all()
    layers = [s.source.sample.layer for s in struck if isinstance(s.source, Recorded)]
    assert layers[0] < layers[-1]
    roll = play_kit([Note(0.3 * i, 0.3 * i + 0.1, 38, 90) for i in range(10)], KIT, PLAIN, 1)
    names = [s.source.sample.name for s in roll if isinstance(s.source, Recorded)]
    assert len(names) == 10
    assert all(a != b for a, b in pairwise(names))


def test_some_soft_strokes_are_dragged_and_none_without_graces() -> None:
    soft = [Note(0.3 * i, 0.3 * i + 0.1, 38, 50) for i in range(100)]
    assert len(play_kit(soft, KIT, PLAIN, 1)) == 100
    dragged = play_kit(soft, KIT, DrumTouch(), 1)
    assert 100 + 2 * 3 <= len(dragged) <= 100 + 2 * 20
    assert len(dragged) % 2 == 0


def test_cloths_shorten_a_drum() -> None:
    snare = [Note(0.0, 0.1, 38, 100)]
    open_, damped = (
        mix_strokes(play_kit(snare, KIT, DrumTouch(damping_s=d, graces=False), 1), 0, RATE, 2)
        for d in (None, {"snare": 0.03})
    )
    assert _level(damped, 0.15, 0.2) < 0.05 * _level(open_, 0.15, 0.2)


def test_what_a_kit_has_not_is_not_heard_and_shaken_things_are_made() -> None:
    assert play_kit([Note(0.0, 0.1, 49, 100)], KIT, PLAIN, 1) == []
    for key in SHAKEN:
        takes = [Shaken(key, take).sound(1.0) for take in range(2)]
        block = round(0.03 * RATE)
        loudest = np.sqrt(np.convolve(np.square(takes[0][0]), np.ones(block) / block, "valid").max())
        assert abs(20 * np.log10(loudest)) < 0.1
        assert np.abs(takes[0] - takes[1]).max() > 0.1
        assert len(play_kit([Note(0.0, 0.1, key, 100)], KIT, PLAIN, 1)) == 1
