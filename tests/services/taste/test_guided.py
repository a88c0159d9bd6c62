"""Candidates of a song that the taste chose: better than those that come, and an ordinary request afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.core.candidate import Candidate
from studio.core.jobs import Progress
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest, Vary
from studio.services.generating.service import GenerationService
from studio.services.taste.guided import can_be_guided, choice, widened
from studio.taste.features import NAMES, features_of
from studio.taste.model import Taste, learn
from tests.services.band import ToneEngine, make_analysis, make_vocal
from tests.taste.makers import judgement


@pytest.fixture(scope="module")
def taste() -> Taste:
    """Of somebody who likes busy drums, after sixteen screens."""
    rng, said = np.random.default_rng(5), []
    for screen in range(16):
        clips = {f"{screen}{n}": dict(zip(NAMES, rng.normal(size=len(NAMES)), strict=True)) for n in range(4)}
        by_drums = sorted(clips, key=lambda key: clips[key]["drums"])
        said.append(judgement(clips, screen=f"s{screen}", best=by_drums[-1], worst=by_drums[0]))
    return learn(said)


def request(candidates: int = 3) -> GenerationRequest:
    vocal = make_vocal()
    return GenerationRequest(vocal.audio, make_analysis(vocal.audio.duration_s), candidates, seed=4)


def test_the_liked_ones_of_the_pool_are_played_and_can_be_made_again(taste: Taste) -> None:
    service = GenerationService(Path("weights"), "cpu", lambda *_: ToneEngine())
    asked = request()
    pool = widened(asked)
    chosen: list[tuple[int, ...]] = []
    made: list[Candidate] = []
    steps: list[Progress] = []
    service.generate(
        pool,
        Run(on_step=steps.append, on_candidate=made.append),
        choice(taste, "song", asked.candidates, asked.seed, chosen.append),
    )
    assert chosen == [tuple(candidate.number for candidate in made)]
    assert len(made) == asked.candidates
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert all(step.remaining_s is not None for step in steps)
    assert {candidate.settings["chosen_by_taste_of"] for candidate in made} == {8}

    drums = {p.number: features_of(p.arrangement)["drums"] for p in service.arrange(pool, Run())}
    assert len(drums) == 8
    assert np.mean([drums[n] for n in chosen[0]]) > np.mean(list(drums.values()))
    assert max(drums, key=lambda number: drums[number]) in chosen[0]

    again = service.arrange(replace(pool, only=frozenset(chosen[0])), Run())
    for candidate in made:
        assert again[candidate.number - 1].arrangement == candidate.arrangement


@pytest.mark.parametrize(("wanted", "pool"), [(1, 8), (4, 8), (6, 12), (8, 16)])
def test_more_are_arranged_than_are_wanted(wanted: int, pool: int) -> None:
    wide = widened(request(wanted))
    assert (wide.candidates, wide.only) == (pool, frozenset(range(1, wanted + 1)))
    assert wide.played == wanted


def test_a_change_and_the_rest_of_a_request_are_not_chosen_from() -> None:
    plain = request()
    assert can_be_guided(plain)
    assert not can_be_guided(replace(plain, only=frozenset({2})))
    parent = ToneEngine().arrange(plain, Run())[0]
    assert not can_be_guided(replace(plain, change=Vary(parent)))
    assert not can_be_guided(replace(plain, engine="fastsag"))
