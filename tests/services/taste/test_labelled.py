"""Draws of the base that are labelled by a taste: which, how weighted, and that an adapter learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.core.candidate import Candidate
from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken, Progress
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.ml.adapting.clips import AdapterReport, AdapterTraining, RatedClip
from studio.services.taste.adapters import AdapterShelf
from studio.services.taste.labelled import STAGE, labelled_draws
from studio.services.taste.lesson import Lesson
from studio.services.taste.training import train_adapter
from studio.storage.paths import models_dir
from studio.taste.features import NAMES
from studio.taste.labels import labels
from studio.taste.model import Taste, learn
from tests.services.band import make_analysis
from tests.services.taste.learner import LearningEngine
from tests.services.taste.song import analysis_of
from tests.taste.makers import judgement


def _taste() -> Taste:
    """Of somebody who always takes the most of the first feature."""
    rng = np.random.default_rng(5)
    answers = []
    for number in range(12):
        clips = {
            f"{number}-{i}": dict(zip(NAMES, rng.normal(size=len(NAMES)), strict=True)) for i in range(4)
        }
        ranked = sorted(clips, key=lambda key: clips[key][NAMES[0]])
        answers.append(judgement(clips, screen=f"s{number}", best=ranked[-1], worst=ranked[0]))
    return learn(answers)


def test_what_the_taste_would_like_weighs_more_within_its_song() -> None:
    features = [{NAMES[0]: value} for value in (-1.0, 0.0, 1.0, 4.0, 5.0, 6.0)]
    means, weights = labels(features, ["a"] * 3 + ["b"] * 3, _taste())
    assert means[0] < means[1] < means[2] < means[3]
    assert weights.mean() == pytest.approx(1.0)
    assert weights[0] < 1.0 < weights[2]
    assert weights[3] < weights[0] + 0.5  # the least of its song, though more than all of the other


class _Maker(LearningEngine):
    """Arranges bands of known length, and remembers what it was asked for and what it learnt from."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[GenerationRequest] = []
        self.learnt: list[AdapterTraining] = []

    def train(self, training: AdapterTraining, run: Run) -> AdapterReport:
        self.learnt.append(training)
        return super().train(training, run)

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]:
        run.cancel.check()
        self.requests.append(request)
        return super().arrange(request, run)


def test_draws_are_spread_over_the_phrases_and_are_the_same_again() -> None:
    phrases = [("a", analysis_of(16.0)), ("b", analysis_of(20.0))]
    maker, seen = _Maker(), list[Progress]()
    made = labelled_draws(maker, phrases, _taste(), Run(on_step=seen.append), draws=24)
    assert [request.analysis.duration_s for request in maker.requests] == [16.0, 20.0, 16.0]
    assert len({request.seed for request in maker.requests}) == 3
    assert len(made) == len({clip.key for clip in made}) == 24
    assert [clip.song for clip in made].count("a") == 16
    assert [round(step.fraction, 3) for step in seen] == [0.0, 0.333, 0.667]
    again = labelled_draws(_Maker(), phrases, _taste(), Run(), draws=24)
    assert [clip.weight for clip in again] == [clip.weight for clip in made]


def test_drawing_is_cancelled_at_the_next_request() -> None:
    cancel = CancelToken()
    maker = _Maker()
    with pytest.raises(JobCancelled):
        labelled_draws(
            maker, [("a", make_analysis(8.0))], _taste(), Run(cancel, lambda _: cancel.cancel()), draws=24
        )
    assert len(maker.requests) <= 1


def test_what_was_written_before_a_cancel_is_not_written_again(tmp_path: Path) -> None:
    phrases, keep = [("a", analysis_of(16.0)), ("b", analysis_of(20.0))], tmp_path / "drawn"
    whole = labelled_draws(_Maker(), phrases, _taste(), Run(), draws=24)
    cancel, first, again = CancelToken(), _Maker(), _Maker()
    stopped = Run(cancel, lambda step: cancel.cancel() if step.fraction > 0.5 else None)
    with pytest.raises(JobCancelled):
        labelled_draws(first, phrases, _taste(), stopped, 24, keep)
    assert len(first.requests) == len(list(keep.iterdir())) == 2
    resumed = labelled_draws(again, phrases, _taste(), Run(), 24, keep)
    assert [request.seed for request in again.requests] == [first.requests[0].seed + 2]
    for a, b in zip(whole, resumed, strict=True):
        assert (a.key, a.song, a.weight, a.utility) == (b.key, b.song, b.weight, b.utility)
        np.testing.assert_array_equal(a.tokens, b.tokens)
        np.testing.assert_array_equal(a.melody, b.melody)
    # Of another phrase none of it is taken, and what is damaged is written anew.
    for file in keep.iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    labelled_draws(again, [("a", analysis_of(12.0)), *phrases[1:]], _taste(), Run(), 24, keep)
    assert len(again.requests) == 4


def test_drawing_that_is_held_says_so() -> None:
    seen, run = list[str](), Run()
    run.pause.pause()

    def on_step(step: Progress) -> None:
        seen.append(step.stage)
        run.pause.resume()

    labelled_draws(_Maker(), [("a", analysis_of(16.0))], _taste(), replace(run, on_step=on_step), draws=8)
    assert seen == ["Paused", STAGE]


@pytest.mark.parametrize("believed", [True, False])
def test_a_training_learns_from_draws_where_the_taste_is_believed(tmp_path: Path, believed: bool) -> None:
    none = np.zeros((1, 1), np.int64)
    clip = RatedClip("key", "a", none, none, none.astype(np.float32), none, none.astype(np.float32))
    lesson = Lesson((clip,) * 40, (clip,), 40.0, 0, True, (("a", analysis_of(16.0)),))
    lesson = replace(lesson, taste=_taste() if believed else None)
    maker, seen = _Maker(), list[float]()
    shelf, run = AdapterShelf(tmp_path / "adapters"), Run(on_step=lambda s: seen.append(s.fraction))
    learned = train_adapter(maker, shelf, lesson, models_dir(), run, draws=16)
    assert len(maker.learnt[0].clips) == (56 if believed else 40)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
    assert ("rated clips alone" in learned.told) != believed
    assert learned.entry.report["written"] == (16 if believed else 0)
