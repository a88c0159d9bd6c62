"""Sounds: played from the part of the instrument they are like, kept by relatives, asked for by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from studio.core.candidate import NoiseStep
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.instruments import INSTRUMENTS, SOUNDS
from studio.core.request import GenerationRequest
from studio.core.score import GLOBALS, N_COLUMNS, STYLES, Score
from studio.ml.arrangement.sound_choice import choose_sounds, player_of


def _score(style: str = "pop", **players: str) -> Score:
    globals_ = np.zeros(len(GLOBALS), dtype=np.int64)
    globals_[GLOBALS.index("style")] = STYLES.index(style)
    for stem, name in players.items():
        globals_[GLOBALS.index(stem)] = [entry.name for entry in INSTRUMENTS[stem]].index(name)
    return Score(np.zeros((4, N_COLUMNS), dtype=np.int64), globals_)


def _chosen(request: GenerationRequest, score: Score, seed: int) -> dict[str, str]:
    return choose_sounds(request, score, (NoiseStep(seed, 0),), SOUNDS, {})


def test_a_part_is_mostly_played_by_its_instrument_and_sometimes_by_one_like_it(
    request_of_four_bars: GenerationRequest,
) -> None:
    score = _score("lo-fi", harmony="nylon guitar", lead="warm pad")
    heard = Counter(_chosen(request_of_four_bars, score, seed).get("lead") for seed in range(200))
    assert set(heard) == {None, "halo pad", "glass pad"}
    assert 90 < heard[None] < 150


def test_a_sound_that_is_unusual_in_the_style_is_heard_seldom_and_never_where_the_style_was_asked_for(
    request_of_four_bars: GenerationRequest,
) -> None:
    score = _score("piano ballad", harmony="piano")
    drawn = Counter(_chosen(request_of_four_bars, score, seed).get("harmony") for seed in range(200))
    assert set(drawn) == {None, "electric grand"}
    assert drawn["electric grand"] < 40
    asked = replace(request_of_four_bars, controls=Controls(style="piano ballad"))
    assert all(_chosen(asked, score, seed) == {} for seed in range(100))


def test_a_player_that_only_another_sound_makes_usual_is_heard_with_it(
    request_of_four_bars: GenerationRequest,
) -> None:
    score = _score("blues shuffle", lead="clarinet")
    assert all(_chosen(request_of_four_bars, score, seed)["lead"] == "harmonica" for seed in range(20))


def test_a_sound_asked_for_is_played_and_an_instrument_asked_for_stays(
    request_of_four_bars: GenerationRequest,
) -> None:
    score = _score(harmony="steel guitar")
    banjo = replace(request_of_four_bars, controls=Controls(instruments={"harmony": "banjo"}))
    steel = replace(request_of_four_bars, controls=Controls(instruments={"harmony": "steel guitar"}))
    assert all(_chosen(banjo, score, seed) == {"harmony": "banjo"} for seed in range(20))
    assert all(_chosen(steel, score, seed) == {} for seed in range(20))


def test_a_sound_needs_its_player_and_weights_that_know_it() -> None:
    banjo = player_of("harmony", "banjo", SOUNDS)
    assert INSTRUMENTS["harmony"][banjo].name == "steel guitar"
    with pytest.raises(StudioError, match="banjo"):
        player_of("harmony", "banjo", ())
