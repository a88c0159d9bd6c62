"""Candidates are only added, requests carry the user's chords, and a folder gives its session back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.core.request import Regenerate, Vary
from studio.services.project.deck_state import DeckState
from studio.services.project.results import Results
from studio.services.project.session import Made, Session, restored, write_notes
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal


@pytest.fixture
def session() -> Session:
    vocal = make_vocal(8.0)
    session = Session(vocal)
    session.analysis = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0))
    return session


def made(session: Session, seed: int = 1) -> Made:
    assert session.analysis is not None
    return Made(session.analysis, seed, {"mel": "abc"})


def test_numbers_run_through_the_whole_session(session: Session) -> None:
    assert session.analysis is not None
    for seed in (1, 2):
        for number in (1, 2):
            session.add(make_candidate(session.vocal, session.analysis, number), made(session, seed))
    assert list(session.candidates) == [1, 2, 3, 4]
    assert [c.number for c in session.candidates.values()] == [1, 2, 3, 4]
    assert "number_in_request" not in session.candidates[2].settings
    assert session.candidates[4].settings["number_in_request"] == 2
    assert session.export_request(3, Path("out")).seed == 2


def test_the_model_chooses_chords_unless_the_user_did(session: Session) -> None:
    assert session.request(candidates=2, seed=7).controls.chords is None
    session.chords = Chord.parse_many("Dm G")
    request = session.request(candidates=2, seed=7, controls=Controls(style="pop"))
    assert request.controls.chords == Chord.parse_many("Dm G Dm G")
    assert request.analysis.chords == Chord.parse_many("Dm G Dm G")
    assert (request.candidates, request.seed, request.controls.style) == (2, 7, "pop")


def test_editing_one_bar_makes_the_progression_the_users(session: Session) -> None:
    session.chords = session.with_bar_chord(2, Chord.parse("Bb"))
    assert session.chords == Chord.parse_many("Am F Bb G")
    assert session.bar_chords() == session.chords
    session.chords = session.with_bar_chord(99, Chord.parse("C"))
    assert session.chords == Chord.parse_many("Am F Bb G")


def test_the_users_first_chord_is_for_the_first_full_bar(session: Session) -> None:
    # The first downbeat is at 40 ms: the grid's own first bar is that sliver.
    session.analysis = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0, downbeat_s=0.04))
    assert session.first_bar == 1
    session.chords = Chord.parse_many("Dm G C")
    assert session.bar_chords()[1:4] == Chord.parse_many("Dm G C")
    session.chords = session.with_bar_chord(2, Chord.parse("E"))
    assert session.chords[:3] == Chord.parse_many("Dm E C")
    session.chords = session.with_bar_chord(0, Chord.parse("B"))
    assert session.bar_chords()[1:4] == Chord.parse_many("Dm E C")
    # A pickup of two beats is no full bar.
    session.analysis = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0, downbeat_s=1.0))
    assert session.first_bar == 1


def test_nothing_is_asked_of_a_vocal_nobody_listened_to() -> None:
    session = Session(make_vocal())
    with pytest.raises(StudioError, match="still being analysed"):
        session.request(candidates=1, seed=1)
    assert session.bar_chords() == ()


def test_a_folder_gives_back_what_was_said_and_is_not_refused_without(
    session: Session, tmp_path: Path
) -> None:
    assert session.analysis is not None
    candidates = tuple(make_candidate(session.vocal, session.analysis, n) for n in (1, 4))
    analyses = {candidate.number: session.analysis for candidate in candidates}
    results = Results(session.vocal, session.analysis.given, candidates, analyses, 9, {"mel": "abc"})
    again = restored(results, tmp_path)
    assert list(again.candidates) == [1, 4]
    assert again.deck == DeckState()
    assert again.blind is None
    assert again.made[4].seed == 9
    again.deck = again.deck.with_pick(4).with_remark(1, note="too busy", hidden=True)
    again.blind = (4, 1)
    again.chords = Chord.parse_many("Ebm Cb7 N")
    write_notes(again)
    assert restored(results, tmp_path).chords == again.chords
    assert restored(results, tmp_path).deck == again.deck
    assert restored(results, tmp_path).blind == (4, 1)
    (tmp_path / "session.json").write_text("{broken")
    assert restored(results, tmp_path).deck == DeckState()
    assert restored(results, tmp_path).chords is None
    assert again.export_request(4, tmp_path).analysis is session.analysis


def test_a_change_stands_on_the_beats_and_wishes_of_its_parent(session: Session) -> None:
    assert session.analysis is not None
    parent = session.add(make_candidate(session.vocal, session.analysis), made(session))
    before = session.analysis
    with pytest.raises(StudioError, match="Cannot change candidate 1"):
        session.change_request(Vary(parent), candidates=1, seed=2)
    parent = replace(parent, recipe=make_recipe(parent, Controls(style="folk", density="busy")))
    # Meanwhile the user has moved the bar lines and typed chords: the parent keeps its own.
    session.analysis = make_analysis(8.0, BeatGrid.regular(90.0, Meter(4, 4), 8.0))
    session.chords = Chord.parse_many("Dm G")
    request = session.change_request(Regenerate(parent, (0, 1)), candidates=2, seed=9)
    assert request.analysis is before
    assert (request.controls.style, request.controls.chords) == ("folk", None)
    assert (request.candidates, request.seed) == (2, 9)
    varied = session.change_request(Vary(parent, "far"), candidates=1, seed=9).change
    assert varied is not None
    assert (str(varied), varied.parent.recipe) == ("far variation", parent.recipe)
