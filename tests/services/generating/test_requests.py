"""What is asked of the generator to change a candidate, and how the project keeps it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.core.request import Regenerate, Vary
from studio.services.generating.requests import change_of, change_request, order_of
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal

VOCAL = make_vocal(8.0)
ANALYSIS = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0))
BARE = make_candidate(VOCAL, ANALYSIS)
PARENT = replace(BARE, recipe=make_recipe(BARE, Controls(style="folk", density="busy")))


def test_a_change_has_the_wishes_of_its_parent() -> None:
    with pytest.raises(StudioError, match="Cannot change candidate 1"):
        change_request(VOCAL.audio, ANALYSIS, Vary(BARE), candidates=1, seed=2)
    request = change_request(VOCAL.audio, ANALYSIS, Regenerate(PARENT, (0, 1)), candidates=2, seed=9)
    assert request.analysis is ANALYSIS
    assert (request.controls.style, request.controls.chords) == ("folk", None)
    assert (request.candidates, request.seed) == (2, 9)
    varied = change_request(VOCAL.audio, ANALYSIS, Vary(PARENT, "far"), candidates=1, seed=9).change
    assert varied is not None
    assert (str(varied), varied.parent.recipe) == ("far variation", PARENT.recipe)


@pytest.mark.parametrize(
    "change",
    [
        Vary(PARENT),
        Vary(PARENT, "far"),
        Regenerate(PARENT),
        Regenerate(PARENT, (1, 2), ("bass", "lead"), True),
    ],
    ids=["near", "far", "whole", "part"],
)
def test_a_change_is_kept_and_found_again(change: Vary | Regenerate) -> None:
    order = order_of(change)
    assert order is not None
    assert order.parent == 1
    assert order_of(change_of(order, PARENT)) == order
    assert vars(change_of(order, PARENT)) == vars(change)
    with pytest.raises(StudioError, match="Candidate 1 is gone"):
        change_of(order, None)


def test_new_candidates_are_no_change() -> None:
    assert order_of(None) is None
