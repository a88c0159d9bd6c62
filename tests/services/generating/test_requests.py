"""What is asked of the generator to change a candidate, and how the project keeps it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.core.request import Breed, Change, Regenerate, Reinstrument, Vary
from studio.services.generating.requests import change_of, change_request, order_of
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal

VOCAL = make_vocal(8.0)
ANALYSIS = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0))
BARE = make_candidate(VOCAL, ANALYSIS)
PARENT = replace(BARE, recipe=make_recipe(BARE, Controls(style="folk", density="busy")))
OTHER = replace(PARENT, number=2, recipe=make_recipe(BARE, Controls(style="rock", density="busy")))


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
        Reinstrument(PARENT, "harmony", "organ"),
        Reinstrument(PARENT, "bass", "pick bass", "recorded"),
        Breed((PARENT, OTHER), {"drums": "b", "lead": "blend"}, 0.25),
    ],
    ids=["near", "far", "whole", "part", "instrument", "sound", "child"],
)
def test_a_change_is_kept_and_found_again(change: Change) -> None:
    order = order_of(change)
    assert order is not None
    assert order.parent == 1
    assert order_of(change_of(order, {1: PARENT, 2: OTHER})) == order
    assert vars(change_of(order, {1: PARENT, 2: OTHER})) == vars(change)
    with pytest.raises(StudioError, match="Candidate 1 is gone"):
        change_of(order, {2: OTHER})


def test_a_child_has_the_wishes_on_which_its_parents_agree() -> None:
    change = Breed((PARENT, OTHER))
    request = change_request(VOCAL.audio, ANALYSIS, change, candidates=1, seed=9)
    assert (request.controls.style, request.controls.density) == (None, "busy")
    order = order_of(change)
    assert order is not None
    with pytest.raises(StudioError, match="Candidate 2 is gone"):
        change_of(order, {1: PARENT})


def test_genes_that_are_not_named_are_drawn_and_a_child_has_something_of_both() -> None:
    change = Breed((PARENT, OTHER), {"drums": "b"})
    children = [change.genes_of(5, number) for number in range(32)]
    assert children == [change.genes_of(5, number) for number in range(32)]
    assert all(genes["drums"] == "b" and "a" in list(genes.values())[1:-1] for genes in children)
    assert len({tuple(genes.values()) for genes in children}) > 16
    settled = dict.fromkeys(("style", "chords", "drums", "bass", "harmony", "lead", "sound"), "a")
    assert Breed((PARENT, OTHER), settled).genes_of(5, 1) == settled
    assert str(change) == "child of 1 and 2: drums of 2"
    for genes, mutation in (
        ({"tuba": "a"}, 0.0),
        ({"drums": "c"}, 0.0),
        ({"sound": "blend"}, 0.0),
        ({}, 1.5),
    ):
        with pytest.raises(ValueError, match=r"gene|blend|mutation"):
            Breed((PARENT, OTHER), genes, mutation)


def test_new_candidates_are_no_change() -> None:
    assert order_of(None) is None
