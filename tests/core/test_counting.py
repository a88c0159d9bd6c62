"""Whether candidates count a vocal alike, and what is said where they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.band_comp import make_comp
from studio.core.band_ranges import BandComp
from studio.core.candidate import Candidate
from studio.core.counting import check_parents, counts_alike, difference, told_since
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from studio.core.request import Breed
from studio.core.transplant import fits
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal


def grid(tempo_bpm: float, downbeat_s: float, seconds: float = 10.0) -> BeatGrid:
    return BeatGrid.regular(tempo_bpm, Meter(4, 4), seconds, downbeat_s)


def candidate(number: int, counted: BeatGrid) -> Candidate:
    made = make_candidate(make_vocal(10.0), make_analysis(10.0, counted), number)
    return replace(made, recipe=make_recipe(made))


def test_grids_count_alike_as_far_as_both_go() -> None:
    assert counts_alike(grid(100.0, 0.2), grid(100.0, 0.2, 20.0))
    assert not counts_alike(grid(100.0, 0.2), grid(100.0, 0.8))
    assert not counts_alike(grid(100.0, 0.2), grid(101.0, 0.2))
    assert not counts_alike(grid(100.0, 0.2), BeatGrid.regular(100.0, Meter(2, 4), 10.0, 0.2))
    assert difference(grid(100.0, 0.2), grid(100.0, 0.2, 20.0)) == "24 beats and 40"


@pytest.mark.parametrize(("off_s", "alike"), [(0.0, True), (0.009, True), (0.01, True), (0.011, False)])
def test_one_limit_says_what_the_same_beat_is(off_s: float, alike: bool) -> None:
    """To breeding, comps, what is carried over, and what rows tell."""
    own, other = grid(100.0, 0.2), grid(100.0, 0.2 + off_s)
    assert counts_alike(own, other) is alike
    assert (difference(own, other) == "") is alike
    assert (told_since(1, own, other) == "") is alike
    a, b = candidate(1, own), candidate(2, other)
    assert fits(a, other, a.arrangement.key) is alike
    if alike:
        check_parents(Breed((a, b)))
        make_comp(BandComp(own.bars, ((0, 1), (1, 2))), {1: a, 2: b}, 3)
    else:
        with pytest.raises(StudioError, match="cannot be put together"):
            make_comp(BandComp(own.bars, ((0, 1), (1, 2))), {1: a, 2: b}, 3)
        with pytest.raises(StudioError, match="Cannot breed"):
            check_parents(Breed((a, b)))


def test_what_differs_is_named() -> None:
    said = difference(grid(100.0, 0.2), grid(100.0, 0.8))
    assert said == "4/4 at 100.0 bpm (bar at 0.20 s) and 4/4 at 100.0 bpm (bar at 0.80 s)"
    assert "88.5 bpm" in difference(grid(88.5, 0.2), grid(100.0, 0.2))
    steady = grid(100.0, 0.0)
    times = list(steady.times_s)
    times[8] += 0.15
    assert difference(steady, BeatGrid(tuple(times), steady.meter)) == "beats that lie up to 0.15 s apart"


def test_a_beat_that_is_not_the_songs_any_more_is_told_in_words() -> None:
    own = grid(100.0, 0.2)
    assert told_since(3, own, None) == told_since(3, own, grid(100.0, 0.2, 20.0)) == ""
    said = told_since(3, own, grid(100.0, 0.8))
    assert said == (
        "Candidate 3 was made to 4/4 at 100.0 bpm (bar at 0.20 s); the song is counted "
        "4/4 at 100.0 bpm (bar at 0.80 s) now."
    )
    times = list(own.times_s)
    times[8] += 0.15
    drifting = BeatGrid(tuple(times), own.meter)
    assert "up to 0.15 s" in told_since(3, own, drifting)


def test_parents_and_comps_of_different_beats_are_refused_with_what_to_do() -> None:
    a, b = candidate(1, grid(100.0, 0.2)), candidate(2, grid(100.0, 0.8))
    for refuse in (
        lambda: check_parents(Breed((a, b))),
        lambda: make_comp(BandComp(a.arrangement.grid.bars, ((0, 1), (1, 2))), {1: a, 2: b}, 3),
    ):
        with pytest.raises(StudioError) as told:
            refuse()
        assert "bar at 0.20 s" in told.value.seen
        assert "bar at 0.80 s" in told.value.seen
        assert "--downbeat" in told.value.typed
        assert "one request" not in str(told.value)
    check_parents(Breed((a, candidate(3, grid(100.0, 0.2)))))


def test_another_key_is_told_as_one() -> None:
    a, b = candidate(1, grid(100.0, 0.2)), candidate(2, grid(100.0, 0.2))
    other = replace(b, arrangement=replace(b.arrangement, key=Key.parse("C major")))
    with pytest.raises(StudioError, match=r"Found: A minor and C major.*Choose two of one key"):
        check_parents(Breed((a, other)))
