"""The arms of the bench that train: the adapter, its controls, the paper's recipe, each from one listener's answers.

An adapter is trained as the product trains it, by the engine, on the clips that were judged and, where the taste
foretells answers it was not learnt from, on the base's draws labelled by it; one vocal of the four is held out of the
training to stop it. Then the same noise is drawn with it as with the base, on vocals nobody rated.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.pipeline import Run
from studio.ml.adapting.clips import AdapterReport, AdapterTraining, RatedClip, TrainingSettings
from studio.ml.adapting.slot import AdapterSlot
from studio.ml.arrangement.condition import condition_of
from studio.ml.engine import BandEngine, load_engine
from studio.services.measuring.bench_taste_course import Course
from studio.services.measuring.bench_taste_material import POOL, Material, Take
from studio.services.measuring.bench_taste_outcome import Choice
from studio.taste.aggregate import Rating, aggregated, loss_weights, scaled, top_quartile
from studio.taste.labels import DRAWS, labels
from studio.taste.weights import advantages, weights_of

#: What is trained, by the arm of the table.
METHODS = ("adapter", "rated clips alone", "shuffled adapter", "the paper's recipe")
#: Those that learn from labelled draws too.
_DRAWN = ("adapter", "shuffled adapter")


class Adapters:
    """Trains and draws.

    Args:
        steps: of a training; None for as many as the product takes.
    """

    def __init__(self, material: Material, models_dir: Path, device: str, steps: int | None) -> None:
        self._material, self._steps = material, steps
        self._replay = models_dir / "replay.safetensors"
        self._engine: BandEngine = load_engine(models_dir, device)
        self._slot = AdapterSlot({"arrangement": material.arranger.model}, self._engine.model_hashes)

    def train(self, course: Course, method: str, folder: Path, seed: int, *, believed: bool) -> AdapterReport:
        """One training on all clips that were judged; its file lies in the folder.

        Args:
            believed: whether the taste is, see studio.taste.foretelling; then draws are learnt from too.
        """
        clips = rated_clips(course, method)
        last = course.vocals[-1]
        settings = TrainingSettings(
            method="paper" if method == "the paper's recipe" else "adapter", steps=self._steps, seed=seed
        )
        learnt = [clip for clip in clips if clip.song != last]
        if believed and method in _DRAWN:
            learnt += drawn_clips(course)
            settings = settings.with_draws()
        training = AdapterTraining(
            learnt, [clip for clip in clips if clip.song == last], folder, self._replay, settings
        )
        return self._engine.train(training, Run())

    def draws(self, file: Path, held_out: Sequence[str], pools: int, key: str) -> list[list[list[Take]]]:
        """By held-out vocal, what the adapted model draws from the noise of the base's pools."""
        self._slot.use(file, 1.0)
        try:
            return [
                [
                    self._material.draw(self._material.arranger, name, number, f"{name}/{number}/{key}")
                    for number in range(pools)
                ]
                for name in held_out
            ]
        finally:
            self._slot.use(None, 1.0)

    def measured(
        self, course: Course, method: str, held_out: Sequence[str], pools: int, seed: int, *, believed: bool
    ) -> tuple[AdapterReport, list[list[list[Take]]]]:
        """The report of a training, and what its adapter draws."""
        with tempfile.TemporaryDirectory() as folder:
            report = self.train(course, method, Path(folder), seed, believed=believed)
            file = Path(folder) / "adapter.safetensors"
            return report, self.draws(file, held_out, pools, f"{method} {course.listener.name}")


def rated_clips(course: Course, method: str) -> list[RatedClip]:
    """The clips that were judged, but for anchors, with the weights of a method: by the posterior of the taste, or, of
    `the paper's recipe`, by stars, or best 5 and worst 1 where none were given, brought to one scale, the top quartile
    weighted by its mean.
    """
    assert course.taste is not None
    known = {key: take for key, take in course.takes.items() if "beside" not in key}
    takes = list(known.values())
    songs = [take.phrase for take in takes]
    found = np.array([course.taste.utility(take.key) for take in takes])
    weights = weights_of(advantages(found[:, 0], found[:, 1], found[:, 2], songs)).weights
    if method == "the paper's recipe":
        weights = _paper_weights(course, [take.key for take in takes])
    return [
        _rated(course.material, take, float(weight), float(mean))
        for take, weight, mean in zip(takes, weights, found[:, 0], strict=True)
    ]


def drawn_clips(course: Course) -> list[RatedClip]:
    """What the base drew for the vocals that are learnt from, labelled by the taste, as in training a user's."""
    assert course.taste is not None
    takes = [
        take
        for number in range(DRAWS // (POOL * (len(course.vocals) - 1)))
        for name in course.vocals[:-1]
        for take in course.material.pool(name, number)
    ]
    means, weights = labels([take.features for take in takes], [take.phrase for take in takes], course.taste)
    return [
        _rated(course.material, replace(take, key=f"{take.key} drawn"), float(weight), float(mean))
        for take, weight, mean in zip(takes, weights, means, strict=True)
    ]


def _paper_weights(course: Course, keys: Sequence[str]) -> np.ndarray:
    ratings = []
    for judgement in course.judgements:
        verdict = judgement.verdict
        said: dict[str, float] = dict(verdict.stars)
        if not said:
            said = dict.fromkeys(judgement.keys, 3.0)
            said |= {verdict.best or "": 5.0, verdict.worst or "": 1.0}
        ratings += [Rating(judgement.listener, key, stars) for key, stars in said.items() if key in keys]
    rated = aggregated(scaled(ratings))
    weights = loss_weights(top_quartile(rated), rated)
    return np.array([weights.get(key, 0.0) for key in keys])


def _rated(material: Material, take: Take, weight: float, utility: float) -> RatedClip:
    condition = condition_of(material.phrases[take.phrase].analysis)
    score = take.arranged.recipe.score
    return RatedClip(
        take.key, take.phrase, score.tokens, score.globals, condition.melody[0].numpy(),
        condition.place[0].numpy(), condition.song[0].numpy(), weight, utility,
    )  # fmt: skip


def against_base(
    drawn: Sequence[Sequence[list[Take]]], base: Sequence[Sequence[list[Take]]]
) -> list[list[Choice]]:
    """Every draw of the adapted model against the base's pool from the same noise, by vocal."""
    return [
        [(take, pool) for made, pool in zip(of_vocal, pools, strict=True) for take in made]
        for of_vocal, pools in zip(drawn, base, strict=True)
    ]


def told(report: AdapterReport) -> dict[str, Any]:
    """What a row keeps of a training."""
    return {
        "audible": report.audible, "fit": report.fit_for_test, "steps": report.steps, "stopped": report.stopped,
        "seconds": report.seconds, "verdict": report.verdict, "clips": report.clips,
    }  # fmt: skip
