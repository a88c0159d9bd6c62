"""A taste is believed where it foretells answers it was not learnt from, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.taste.exclusion import Exclusion
from studio.taste.features import NAMES
from studio.taste.foretelling import foretelling, is_believed
from studio.taste.judgement import Judgement
from studio.taste.model import learn
from tests.taste.makers import judgement


def _answers(screens: int, songs: int, *, knows: bool, seed: int = 3) -> list[Judgement]:
    """Who knows what they like always takes the most of the first feature; who does not answers by chance."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(screens):
        clips = {
            f"{number}-{i}": dict(zip(NAMES, rng.normal(size=len(NAMES)), strict=True)) for i in range(4)
        }
        ranked = sorted(clips, key=lambda key: clips[key][NAMES[0]])
        if not knows:
            ranked = [str(key) for key in rng.permutation(ranked)]
        made.append(
            judgement(
                clips, screen=f"s{number}", song=f"song {number % songs}", best=ranked[-1], worst=ranked[0]
            )
        )
    return made


def test_a_taste_that_is_one_is_foretold_on_songs_it_was_not_learnt_from() -> None:
    found = foretelling(_answers(16, 4, knows=True))
    assert found.screens == 16
    assert found.right > 0.75
    assert found.holds
    assert is_believed(learn(_answers(16, 4, knows=True)), found)
    assert not is_believed(learn([]), foretelling([]))


def test_who_called_a_band_for_another_voice_the_best_too_often_is_not_believed_yet() -> None:
    answers = _answers(16, 4, knows=True)
    taste, found = learn(answers), foretelling(answers)
    for shown, failed, believed in ((4, 0, True), (4, 1, False), (7, 1, True), (20, 3, True), (20, 4, False)):
        assert is_believed(replace(taste, exclusion=Exclusion(shown, failed)), found) is believed


def test_one_song_is_foretold_by_blocks_of_its_screens() -> None:
    found = foretelling(_answers(16, 1, knows=True))
    assert found.screens == 16
    assert found.holds


def test_chance_is_hardly_ever_believed() -> None:
    held = [foretelling(_answers(12, 3, knows=False, seed=seed)).holds for seed in range(12)]
    assert sum(held) <= 3  # P(4 or more of 12 at .1) is .03


def test_a_repeat_is_not_foretold_by_its_first_showing() -> None:
    answers = _answers(6, 1, knows=True)
    first = answers[0]
    again = judgement(
        {clip.key: clip.features for clip in first.clips}, screen="again", song=first.song,
        repeat_of=first.screen, best=first.verdict.best, worst=first.verdict.worst,
    )  # fmt: skip
    assert foretelling([*answers, again]).screens == 6
    assert foretelling([first, again]).screens == 0  # nothing is left to learn from
    assert not foretelling([]).holds
