"""Candidates are only added, requests carry the user's chords, and a folder gives its session back."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.services.results import Results
from studio.services.session import Made, Session, restored, write_notes
from tests.services.band import make_analysis, make_candidate, make_vocal


@pytest.fixture
def session() -> Session:
    vocal = make_vocal(8.0)
    session = Session(vocal)
    session.analysis = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0))
    return session


def made(session: Session, seed: int = 1) -> Made:
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
    request = session.request(candidates=2, seed=7, style="pop")
    assert request.controls.chords == Chord.parse_many("Dm G Dm G")
    assert request.analysis.chords == Chord.parse_many("Dm G Dm G")
    assert (request.candidates, request.seed, request.controls.style) == (2, 7, "pop")


def test_editing_one_bar_makes_the_progression_the_users(session: Session) -> None:
    session.set_bar_chord(2, Chord.parse("Bb"))
    assert session.chords == Chord.parse_many("Am F Bb G")
    assert session.bar_chords() == session.chords
    session.set_bar_chord(99, Chord.parse("C"))
    assert session.chords == Chord.parse_many("Am F Bb G")


def test_the_users_first_chord_is_for_the_first_bar_one_hears(session: Session) -> None:
    # The first downbeat is at 40 ms: the grid's own first bar is that sliver.
    session.analysis = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0, downbeat_s=0.04))
    assert session.first_bar == 1
    session.chords = Chord.parse_many("Dm G C")
    assert session.bar_chords()[1:4] == Chord.parse_many("Dm G C")
    session.set_bar_chord(2, Chord.parse("E"))
    assert session.chords[:3] == Chord.parse_many("Dm E C")
    session.set_bar_chord(0, Chord.parse("B"))
    assert session.bar_chords()[1:4] == Chord.parse_many("Dm E C")
    # A pickup of two beats is a bar of its own.
    session.analysis = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0, downbeat_s=1.0))
    assert session.first_bar == 0


def test_nothing_is_asked_of_a_vocal_nobody_listened_to() -> None:
    session = Session(make_vocal())
    with pytest.raises(StudioError, match="still being analysed"):
        session.request(candidates=1, seed=1)
    assert session.bar_chords() == ()


def test_a_folder_gives_its_pick_back_and_is_not_refused_without_one(
    session: Session, tmp_path: Path
) -> None:
    assert session.analysis is not None
    candidates = tuple(make_candidate(session.vocal, session.analysis, n) for n in (1, 4))
    results = Results(session.vocal, session.analysis.given, candidates, 9, {"mel": "abc"})
    again = restored(results, tmp_path)
    assert list(again.candidates) == [1, 4]
    assert again.picked is None
    assert again.made[4].seed == 9
    again.picked = 4
    write_notes(again)
    assert restored(results, tmp_path).picked == 4
    (tmp_path / "session.json").write_text("{broken")
    assert restored(results, tmp_path).picked is None
    with pytest.raises(StudioError, match="still being analysed"):
        again.export_request(4, tmp_path)
