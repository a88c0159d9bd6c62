"""What the panel says of a doubtful beat, and what tapping gives."""

from dataclasses import replace

from pytestqt.qtbot import QtBot

from studio.core.analysis import Reading
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.core.project import Project
from studio.services.project.document import Document, State
from studio.services.project.song import Song
from studio.ui.listening.analysis_panel import AnalysisPanel
from tests.services.band import make_analysis, make_vocal


def _panel(qtbot: QtBot, beats_confidence: float) -> AnalysisPanel:
    half = Reading(BeatGrid.regular(60.0, Meter(4, 4), 3.0), Chord.parse_many("Am"), 0.4)
    analysis = make_analysis(3.0)
    sure = replace(analysis.confidence, beats=beats_confidence)
    panel = AnalysisPanel()
    qtbot.addWidget(panel)
    vocal, document = make_vocal(), Document(State(Project()))
    analysis = replace(analysis, confidence=sure, alternatives=(half,))
    panel.show_song(Song(document, None, vocal, vocal, analysis))
    return panel


def test_a_doubtful_beat_asks_for_taps_and_names_the_other_tempo(qtbot: QtBot) -> None:
    panel = _panel(qtbot, 0.4)
    assert not panel.doubt.isHidden()
    assert "tap along" in panel.doubt.text()
    assert "60 bpm" in panel.doubt.text()


def test_a_sure_beat_asks_for_nothing(qtbot: QtBot) -> None:
    panel = _panel(qtbot, 0.95)
    assert panel.doubt.isHidden()


def test_taps_become_the_tempo(qtbot: QtBot) -> None:
    panel = _panel(qtbot, 0.4)
    given: list[dict[str, object]] = []
    moved: list[float] = []
    panel.given_changed.connect(given.append)
    panel.bars_moved.connect(moved.append)
    panel.nudges[1.0].click()
    for now in (1.0, 1.5, 2.0):
        panel.tap.tap(now)
    assert moved == [1.0]
    assert given == [{"tempo_bpm": 120.0}]
