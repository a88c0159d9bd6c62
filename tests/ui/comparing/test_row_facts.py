"""The line of a candidate's row that tells how it was made, or what the listener noted."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from studio.core.opinion import Opinion
from studio.ui.comparing.candidate_row import CandidateRow
from studio.ui.timeline.timeline import Timeline
from tests.services.band import make_analysis, make_candidate, make_vocal


def row_of(qtbot: QtBot, **settings: object) -> CandidateRow:
    made = make_candidate(make_vocal(2.0), make_analysis(2.0), 1)
    row = CandidateRow(replace(made, settings=settings), Timeline())
    qtbot.addWidget(row)
    return row


def test_a_note_stands_beside_the_seed_and_not_in_its_place(qtbot: QtBot) -> None:
    row = row_of(qtbot, density="busy", seed=41)
    assert row.facts.text() == "busy · seed 41"
    row.show_opinion(Opinion(note="thin in the bridge"), picked=False)
    assert row.facts.text() == "thin in the bridge · busy · seed 41"
    assert row.facts.toolTip() == "thin in the bridge\nbusy\nseed 41"
    row.show_blind("B")
    assert (row.facts.text(), row.facts.toolTip()) == ("thin in the bridge", "thin in the bridge")


def test_the_seed_of_a_variation_is_under_the_mouse(qtbot: QtBot) -> None:
    row = row_of(qtbot, parent=3, change="near variation", seed=44, density="auto")
    assert row.facts.text() == "near variation of 3"
    assert row.facts.toolTip() == "near variation of 3\nseed 44"
