"""Comps of candidates: whose samples and notes they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.arrangement import STEMS, Note, Part
from studio.core.band_comp import EARLY_S, FADE_S, make_comp
from studio.core.band_ranges import BandComp, bars_between
from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from tests.services.band import make_analysis, make_arrangement, make_candidate, make_vocal

RATE = 44100
#: Bars of two seconds, the first of them cut off at 0.42 s.
GRID = BeatGrid.regular(120.0, Meter(4, 4), 8.0, 0.42)


def make(number: int) -> Candidate:
    vocal = make_vocal(8.0)
    return make_candidate(vocal, make_analysis(8.0, GRID), number)


@pytest.fixture(scope="module")
def candidates() -> dict[int, Candidate]:
    return {number: make(number) for number in (1, 2, 3)}


def test_ranges_are_chosen_bar_by_bar() -> None:
    comp = BandComp(8, ((0, 1),)).choose(2, 4, 3).choose(3, 6, 2)
    assert comp.parts == ((0, 1), (2, 3), (3, 2), (6, 1))
    assert comp.ranges() == ((0, 2, 1), (2, 3, 3), (3, 6, 2), (6, 8, 1))
    assert comp.numbers == (1, 3, 2)
    assert comp.choose(0, 8, 1) == BandComp(8, ((0, 1),))
    assert BandComp(4, ((0, 1), (2, 3))).text(GRID) == "bars 0-1 of 1, bars 2-3 of 3"
    for parts in ((), ((1, 1),), ((0, 1), (8, 2)), ((0, 1), (0, 2))):
        with pytest.raises(ValueError, match="follow"):
            BandComp(8, parts)


def test_a_region_means_the_bars_it_covers() -> None:
    assert bars_between(GRID, (2.45, 4.4)) == (2, 3)
    assert bars_between(GRID, (0.3, 6.0)) == (1, 4)


def test_outside_of_the_fades_each_sample_is_the_candidates_own(candidates: dict[int, Candidate]) -> None:
    comp = BandComp(GRID.bars, ((0, 1), (2, 2), (3, 1), (4, 3)))
    made = make_comp(comp, candidates, 7)
    assert made.number == 7
    fade = round(FADE_S * RATE)
    begins = [round((GRID.downbeats_s[bar] - EARLY_S) * RATE) - fade for bar in (2, 3, 4)]
    edges = [0, *(at for begin in begins for at in (begin, begin + fade)), made.stems["bass"].frames]
    for stem in STEMS:
        samples = made.stems[stem].samples
        for (low, high), number in zip(zip(edges[::2], edges[1::2], strict=True), (1, 2, 1, 3), strict=True):
            assert np.array_equal(samples[:, low:high], candidates[number].stems[stem].samples[:, low:high])
        old, new = candidates[1].stems[stem].samples, candidates[2].stems[stem].samples
        part = slice(begins[0], begins[0] + fade)
        weight = (np.arange(fade) + 0.5) / fade
        assert (
            np.abs(samples[:, part] - (old * 1.0)[:, part] * (1 - weight) - new[:, part] * weight).max()
            < 1e-6
        )
    # The fade has ended when the earliest player comes in.
    assert max(begin + fade for begin in begins) / RATE <= GRID.downbeats_s[4] - EARLY_S + 1 / RATE


def test_what_two_candidates_share_stays_as_it_is(candidates: dict[int, Candidate]) -> None:
    twin = replace(candidates[1], number=2)
    made = make_comp(BandComp(GRID.bars, ((0, 1), (2, 2))), {1: candidates[1], 2: twin}, 3)
    for stem in STEMS:
        assert np.array_equal(made.stems[stem].samples, candidates[1].stems[stem].samples)


def test_notes_and_chords_follow_the_sound() -> None:
    line = GRID.downbeats_s[2]

    def playing(number: int, instrument: str, *notes: Note) -> Candidate:
        arrangement = make_arrangement(GRID, {"harmony": notes})
        parts = {**arrangement.parts, "harmony": Part(instrument, notes)}
        return replace(make(number), arrangement=replace(arrangement, parts=parts))

    early = Note(line - 0.010, line + 0.3, 64, 90)
    ringing = Note(line - 0.5, line + 1.0, 60, 80)
    one = playing(1, "piano", Note(0.5, 0.8, 55, 70), ringing, Note(line + 0.5, line + 0.9, 57, 60))
    two = playing(2, "organ", Note(0.6, 0.7, 50, 70), early, Note(line - 1.0, line + 1.5, 67, 75))
    made = make_comp(BandComp(GRID.bars, ((0, 1), (2, 2))), {1: one, 2: two}, 3)
    harmony = made.arrangement.parts["harmony"]
    assert [(note.pitch, note.velocity) for note in harmony.notes] == [(55, 70), (60, 80), (64, 90), (67, 75)]
    _, cut, kept, again = harmony.notes
    assert cut.end_s == pytest.approx(line - EARLY_S)
    assert kept == early
    assert (again.start_s, again.end_s) == (pytest.approx(line), line + 1.5)
    assert harmony.instrument == "organ"  # most bars
    assert len(made.arrangement.chords) == GRID.beats


def test_the_comp_says_who_its_parents_are(candidates: dict[int, Candidate]) -> None:
    made = make_comp(BandComp(GRID.bars, ((0, 2), (2, 3))), candidates, 5)
    assert made.settings["parent"] == 2
    assert made.settings["other_parent"] == 3
    assert made.settings["comp"] == [[0, 1, 2], [2, GRID.bars - 1, 3]]
    assert made.settings["change"] == f"comp: bars 0-1 of 2, bars 2-{GRID.bars - 1} of 3"


def test_candidates_that_do_not_go_together_are_refused(candidates: dict[int, Candidate]) -> None:
    comp = BandComp(GRID.bars, ((0, 1), (2, 2)))
    with pytest.raises(StudioError, match="no candidate 2"):
        make_comp(comp, {1: candidates[1]}, 3)
    other = make_arrangement(BeatGrid.regular(120.0, Meter(4, 4), 8.0, 0.92))
    with pytest.raises(StudioError, match="cannot be put together"):
        make_comp(comp, {**candidates, 2: replace(candidates[2], arrangement=other)}, 3)
    with pytest.raises(StudioError, match="of 5 bars"):
        make_comp(BandComp(9, ((0, 1),)), candidates, 3)


def test_a_comp_of_two_styles_knows_both(candidates: dict[int, Candidate]) -> None:
    first, second = (candidates[n] for n in (1, 2))
    other = {**candidates, 2: replace(second, arrangement=replace(second.arrangement, style="folk"))}
    comp = BandComp(first.arrangement.grid.bars, ((0, 1), (1, 2)))
    assert make_comp(comp, other, 9).settings["styles"] == [first.arrangement.style, "folk"]
    assert "styles" not in make_comp(comp, candidates, 9).settings
