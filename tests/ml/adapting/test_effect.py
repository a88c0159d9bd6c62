"""Whether an adapter changes what is played: planted changes are found and named, chance is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.ml.adapting import arrangement_task, effect
from studio.ml.adapting.arrangement_task import ArrangementTask
from studio.ml.adapting.clips import TrainingSettings
from studio.ml.adapting.effect import NEARER, Effect, effect_of
from studio.ml.adapting.pull import pull_of
from studio.ml.adapting.score_features import NAMES
from studio.ml.arrangement.model import ArrangementConfig, ArrangementModel
from tests.ml.adapting.material import BEATS, CPU, busy_and_calm, replay_material

Values = NDArray[np.float64]
F = 19
WORDS = {f"f{i}": (f"less {i}", f"more {i}") for i in range(F)}
#: An adapter's own noise beside the scatter between draws: nearly every draw differs, whatever was learnt.
_NOISE = 0.7


@pytest.fixture(autouse=True)
def _few_flips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effect, "_FLIPS", 600)


def _paired(
    rng: np.random.Generator, shift: Values | float = 0.0, noise: float = _NOISE
) -> tuple[Values, Values]:
    """Eight vocals, twelve draws each; vocals differ from each other more than draws do."""
    before = rng.normal(size=(8, 12, F)) + rng.normal(0, 2, (8, 1, F))
    return before, before + rng.normal(0, noise, before.shape) + shift


def _found(shift: Values | float, pull: Values | None = None, tries: int = 40) -> list[Effect]:
    rng = np.random.default_rng(7)
    return [effect_of(*_paired(rng, shift), WORDS, pull) for _ in range(tries)]


def test_a_planted_change_is_found_and_named() -> None:
    shift = np.zeros(F)
    shift[[3, 5]] = 0.5, -0.6
    found = _found(shift)
    assert all(one.audible and set(one.words) == {"more 3", "less 5"} for one in found)
    assert found[0].shifts["f3"] == pytest.approx(0.5, abs=0.2)


def test_a_change_that_is_spread_over_many_features_is_found_along_what_was_asked_for() -> None:
    signs = np.where(np.arange(F) % 2, 1.0, -1.0)
    shift = 0.08 * signs
    assert np.mean([one.audible for one in _found(shift)]) < 0.5  # each feature's is too small to be told
    along = _found(shift, signs)
    assert np.mean([one.audible and NEARER in one.words for one in along]) > 0.85
    assert np.mean([one.asked or 0.0 for one in along]) == pytest.approx(0.08 * F**0.5, abs=0.05)
    assert not any(NEARER in one.words for one in _found(-shift, signs))


@pytest.mark.parametrize(("noise", "asked"), [(0.05, True), (_NOISE, False), (1.4, True)])
def test_chance_passes_for_an_effect_in_fewer_than_one_of_twenty(noise: float, asked: bool) -> None:
    rng = np.random.default_rng(3)
    told = [
        effect_of(*_paired(rng, 0.0, noise), WORDS, rng.normal(size=F) if asked else None).audible
        for _ in range(200)
    ]
    assert np.mean(told) < 0.05


def test_the_chance_is_as_often_below_a_limit_as_it_says() -> None:
    rng = np.random.default_rng(4)
    chances = [effect_of(*_paired(rng), WORDS, rng.normal(size=F)).chance for _ in range(200)]
    assert 0.03 < np.mean(np.array(chances) < 0.1) < 0.17


def test_what_is_sure_and_too_small_to_be_heard_is_no_effect() -> None:
    before, after = _paired(np.random.default_rng(1), np.eye(F)[2] * 0.15, noise=0.02)
    found = effect_of(before, after, WORDS, np.eye(F)[2])
    assert found.chance < 0.01
    assert not found.audible
    same = effect_of(before, before, WORDS, np.ones(F))
    assert (same.audible, same.chance, same.asked) == (False, 1.0, None)


def test_the_pull_is_towards_what_weighs_more_within_a_song() -> None:
    clips = busy_and_calm(24)
    busy = [replace(clip, weight=1.8 if clip.utility > 0 else 0.2) for clip in clips]
    pull, away = pull_of(busy), pull_of([replace(clip, weight=2.0 - clip.weight) for clip in busy])
    assert pull is not None
    assert away is not None
    at = {name: float(pull[NAMES.index(name)]) for name in NAMES}
    assert at["drum strokes"] > 0.0 < at["energy"]
    assert at["guitars"] == 0.0  # no clip differs from another in it
    np.testing.assert_allclose(away, -pull)
    assert pull_of(clips) is None
    assert pull_of(busy[:4]) is None
    # One song is busier and liked better: that says nothing of busy bands.
    songs = [replace(clip, song=f"{clip.utility}", weight=1.0 + 0.8 * clip.utility) for clip in clips]
    assert pull_of(songs) is None


def test_judged_on_the_listeners_phrases_the_held_out_ones_first_each_song_by_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clips = busy_and_calm(8)  # eight phrases of two songs
    held_out = [replace(clip, song="out", key=f"out {clip.key}") for clip in busy_and_calm(3, seed=3)[:2]]
    held_out += [replace(held_out[0], key="another clip of that phrase")]
    model = ArrangementModel(ArrangementConfig(dim=32, layers=1, heads=2)).eval()
    task = ArrangementTask(clips, held_out, replay_material(), TrainingSettings(), model, CPU)
    trials = task.trials(5)
    assert trials.told == {"held out": 2, "learnt from": 3, "of others": 0}
    heard = [condition.melody[0].numpy() for condition in trials.conditions]
    for melody, clip in zip(heard, [*held_out[:2], clips[0], clips[4], clips[1]], strict=True):
        np.testing.assert_array_equal(melody, clip.melody)
    assert task.trials(12).told == {"held out": 2, "learnt from": 8, "of others": 0}
    monkeypatch.setattr(arrangement_task, "_ENOUGH", 11)
    few = task.trials(12)
    assert few.told == {"held out": 2, "learnt from": 8, "of others": 2}
    assert few.conditions[-1].melody.shape[1] == BEATS
