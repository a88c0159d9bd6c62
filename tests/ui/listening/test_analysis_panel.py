"""What the panel says of a doubtful beat, and what tapping gives."""

from dataclasses import replace

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.core.analysis import Given, Reading
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.core.project import Project
from studio.services.project.document import Document, State
from studio.services.project.song import Song
from studio.ui.appearance import theme
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
    assert "60.0 bpm" in panel.doubt.text()


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


def test_the_fields_keep_their_place_while_the_doubt_changes(qtbot: QtBot) -> None:
    """A nudge drops the other tempi: what is clicked next must not move away under the mouse."""
    panel = _panel(qtbot, 0.4)
    chords = Chord.parse_many("Am")
    others = tuple(
        Reading(BeatGrid.regular(tempo, Meter(4, 4), 3.0), chords, 0.2) for tempo in (60.0, 88.0, 133.0, 99.0)
    )
    analysis = make_analysis(3.0)
    doubted = replace(analysis, confidence=replace(analysis.confidence, beats=0.4), alternatives=others)
    song, other = (
        Song(Document(State(Project())), None, make_vocal(), make_vocal(), heard)
        for heard in (doubted, analysis)
    )

    def place(shown: Song) -> int:
        panel.show_song(shown)
        for _ in range(4):
            QApplication.sendPostedEvents()
            QApplication.processEvents()
            panel.resize(theme.SIDE_WIDTH, panel.layout().totalHeightForWidth(theme.SIDE_WIDTH))
        return panel.tempo.y()

    panel.setFixedWidth(theme.SIDE_WIDTH)
    panel.show()
    sure = place(other)
    at = place(song)
    assert at > sure
    assert panel.doubt.height() > 1.5 * panel.doubt.fontMetrics().height(), "two lines"
    for heard in (replace(doubted, alternatives=()), replace(doubted, alternatives=others[:1]), analysis):
        song.analysis = heard
        assert place(song) == at
    assert place(other) == sure, "another song has no doubt to leave room for"


def test_a_tuning_that_was_given_elsewhere_is_the_one_that_is_shown(qtbot: QtBot) -> None:
    """As by --tuning 442: it is not 440 Hz."""
    panel = _panel(qtbot, 0.95)
    for cents, shown, count in (
        (7.85, "+8 cents from 440 Hz", 3),
        (0.0, "440 Hz", 2),
        (None, "The singer's", 2),
    ):
        project = Project(given=Given(tuning=cents))
        vocal = make_vocal()
        panel.show_song(Song(Document(State(project)), None, vocal, vocal, make_analysis(3.0)))
        assert (panel.tuning.currentText(), panel.tuning.count()) == (shown, count)
        assert panel.tuning.currentData() == cents
