"""The lines of a candidate's row that tell how it was made, or what the listener noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.core.language import Catalogue, speak
from studio.core.opinion import Opinion
from studio.services.measuring.fit_report import FitReport
from studio.storage.translations import read_catalogue, translations_dir
from studio.ui.comparing.candidate_row import CandidateRow
from studio.ui.timeline.timeline import Timeline
from tests.services.band import make_analysis, make_candidate, make_vocal

NAMES = ("room kit", "round synth bass", "electric grand", "strings")


def row_of(qtbot: QtBot, *, stems: bool = False, **settings: object) -> CandidateRow:
    """A row that is seen, of a band whose instruments take two lines."""
    made = make_candidate(make_vocal(2.0), make_analysis(2.0), 1)
    parts = {
        stem: replace(part, instrument=name)
        for (stem, part), name in zip(made.arrangement.parts.items(), NAMES, strict=True)
    }
    made = replace(made, arrangement=replace(made.arrangement, parts=parts), settings=settings)
    row = CandidateRow(made, Timeline())
    qtbot.addWidget(row)
    row.show_fit(FitReport(-14.0, 0.94, 0.79, 0.0, 0.0, 0.0))
    row.show_stems(stems)
    row.resize(700, row.height())
    row.show()
    for _ in range(4):
        QApplication.sendPostedEvents()
        QApplication.processEvents()
    return row


@pytest.fixture(params=["en", "ja"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    speak(Catalogue() if request.param == "en" else read_catalogue(translations_dir() / "ja.po"))
    yield str(request.param)
    speak(Catalogue())


def test_a_note_stands_beside_the_seed_and_not_in_its_place(qtbot: QtBot) -> None:
    row = row_of(qtbot, density="busy", seed=41)
    assert (row.facts.text(), row.seed.text()) == ("busy", "seed 41")
    row.show_opinion(Opinion(note="thin in the bridge"), picked=False)
    assert (row.facts.text(), row.seed.text()) == ("thin in the bridge · busy", "seed 41")
    assert row.facts.toolTip() == "thin in the bridge\nbusy\nseed 41"
    row.show_blind("B")
    assert (row.facts.text(), row.facts.toolTip()) == ("thin in the bridge", "thin in the bridge")
    assert row.seed.text() == ""


def test_a_variation_tells_its_seed_and_all_is_under_the_mouse(qtbot: QtBot) -> None:
    row = row_of(qtbot, parent=3, change="near variation", seed=44, density="auto")
    row.show_beat("98.5 bpm, bar at 1.50 s")
    assert (row.facts.text(), row.seed.text()) == ("98.5 bpm, bar at 1.50 s · near variation of 3", "seed 44")
    assert row.facts.toolTip() == "98.5 bpm, bar at 1.50 s\nnear variation of 3\nseed 44"
    comp = row_of(qtbot, parent=2, change="comp: bars 0-1 of 2, bar 2 of 3", comp=[[0, 1, 2], [2, 2, 3]])
    assert comp.seed.text() == ""


def test_how_it_was_made_is_whole_where_there_are_lines_for_it(qtbot: QtBot, language: str) -> None:
    row = row_of(
        qtbot,
        stems=True,
        seed=999_999,
        parent=3,
        comp=[[0, 1, 2]],
        change="comp: bars 0-1 of 2, bars 2-3 of 3",
    )
    row.show_beat("98.5 bpm, bar at 1.50 s")
    row.show_opinion(Opinion(note="the drums rush into the bridge"), picked=True)
    QApplication.processEvents()
    assert len(row.facts.lines()) > 1
    assert not row.facts.is_cut, row.facts.lines()
    assert not row.instruments.is_cut
    assert row.seed.width() >= row.seed.sizeHint().width()


def test_in_a_low_row_nothing_lies_upon_another(qtbot: QtBot, language: str) -> None:
    row = row_of(qtbot, seed=999_999, parent=3, change="new harmony in bars 2 to 9")
    places = [
        QRect(widget.mapTo(row, QPoint()), widget.size())
        for widget in (row.title, row.instruments, row.fit, row.facts, row.stars)
    ]
    for above, below in pairwise(places):
        assert above.bottom() < below.top()
    assert row.seed.mapTo(row, QPoint(row.seed.width(), 0)).x() <= row.export.mapTo(row, QPoint()).x()
    metrics, marks = row.facts.fontMetrics(), row.marks["stems"].mapTo(row, QPoint()).x()
    for line in row.facts.lines():
        assert row.facts.mapTo(row, QPoint()).x() + metrics.horizontalAdvance(line) <= marks
    assert not row.instruments.is_cut
    if (
        language == "en"
    ):  # letters of Japanese are higher: one line beside the marks, the whole under the mouse
        assert not row.facts.is_cut, row.facts.lines()


def test_a_comp_of_two_styles_names_both(qtbot: QtBot) -> None:
    assert (
        row_of(qtbot, parent=1, change="comp: bar 1 of 2", styles=["rock", "r&b"]).title.text()
        == "Rock / R&B"
    )
    assert row_of(qtbot, parent=1, change="comp: bar 1 of 2").title.text() == "Pop"
