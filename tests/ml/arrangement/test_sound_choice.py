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
from studio.core.score import GLOBALS, N_COLUMNS, Score
from studio.ml.arrangement.sound_choice import choose_sounds, player_of


def _score(**players: str) -> Score:
    globals_ = np.zeros(len(GLOBALS), dtype=np.int64)
    for stem, name in players.items():
        globals_[GLOBALS.index(stem)] = [entry.name for entry in INSTRUMENTS[stem]].index(name)
    return Score(np.zeros((4, N_COLUMNS), dtype=np.int64), globals_)


def _chosen(request: GenerationRequest, score: Score, seed: int) -> dict[str, str]:
    return choose_sounds(request, score, (NoiseStep(seed, 0),), SOUNDS, {})


def test_a_part_is_mostly_played_by_its_instrument_and_sometimes_by_one_like_it(
    request_of_four_bars: GenerationRequest,
) -> None:
    score = _score(harmony="clean guitar")
    heard = Counter(_chosen(request_of_four_bars, score, seed).get("harmony") for seed in range(200))
    assert set(heard) == {None, "jazz guitar", "muted guitar"}
    assert 90 < heard[None] < 150


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
