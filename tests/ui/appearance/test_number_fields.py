"""Every field for a number takes a comma and a point alike, says why it refuses, and shows a point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QLocale, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QWidget
from pytestqt.qtbot import QtBot

import studio.ui
from studio.core.grid import BeatGrid
from studio.core.tempos import said_bpm
from studio.ui.appearance.number_fields import DecimalField, WholeField
from studio.ui.generating.regenerate_dialog import RegenerateDialog
from studio.ui.window.main_window import MainWindow
from tests.services.band import make_analysis, make_candidate, make_vocal
from tests.ui.conftest import idle


@pytest.fixture(params=["C", "de_DE", "de_CH", "fr_FR"])
def system(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of those there are, a system with each of the marks."""
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


def type_in(qtbot: QtBot, field: QAbstractSpinBox, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, key)


def _fields(of: QWidget) -> list[QAbstractSpinBox]:
    found = of.findChildren(QAbstractSpinBox)
    assert found
    assert all(isinstance(field, DecimalField) for field in found)
    return found


def test_no_other_spin_box_is_used() -> None:
    for path in Path(studio.ui.__path__[0]).rglob("*.py"):
        if path.name != "number_fields.py":
            used = path.read_text("utf-8").replace(
                "QLineEdit, QSpinBox, QDoubleSpinBox", ""
            )  # the style sheet
            assert "SpinBox(" not in used, path
            assert "import QSpinBox" not in used, path


def test_a_comma_and_a_point_mean_the_same_in_every_field_of_the_window(
    system: str, window: MainWindow, open_vocal: Callable[[MainWindow], None], qtbot: QtBot
) -> None:
    refused: list[str] = []
    (metronome,) = _fields(window.panels.empty)
    open_vocal(window)
    others = [field for field in _fields(window) if field is not metronome]
    assert {field.accessibleName() for field in others} == {"Tempo", "Downbeat", "Seed"}
    for field in (metronome, *others):
        field.refused.connect(refused.append)
        if isinstance(field, WholeField):
            type_in(qtbot, field, "7")
            for text in ("5,000", "5.000", "1.5", "5 000", "99999999999", "2147483648", "-1"):
                type_in(qtbot, field, text)
                assert (field.value(), field.text()) == (7, "7")
                assert text in refused.pop()
                assert text in window.status.currentMessage()
            continue
        typed = ("1,5", "1.25") if field is window.analysis.downbeat else ("93,4", "90.25")
        for text in typed:
            type_in(qtbot, field, text)
            assert not refused
            point = text.replace(",", ".")
            assert field.value() == float(point)
            assert field.text().split()[0] == (
                f"{float(point):.3f}" if field is window.analysis.downbeat else point
            )
        kept = field.value()
        for text in ("9,05", "12,345", "99999", "1.234,5", "1 000", "1'000", "0,0,1"):
            type_in(qtbot, field, text)
            assert field.value() == kept, text
            assert "Found: " in refused.pop()
            assert "Found: " in window.status.currentMessage()
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=30_000)


def test_a_metronome_that_nobody_plays_to_is_refused_as_a_tempo_of_the_song_is(
    window: MainWindow, qtbot: QtBot
) -> None:
    (field,) = _fields(window.panels.empty)
    type_in(qtbot, field, "90,5")
    assert window.record.recording.settings.tempo_bpm == 90.5
    for typed, seen in (("9,05", "9.05 bpm"), ("1,205", "1.205 bpm"), ("99999", "99999.0 bpm")):
        type_in(qtbot, field, typed)
        said = window.status.currentMessage()
        assert said.startswith("The metronome does not go at that tempo"), "there is no band here"
        assert f"Found: {seen}. Expected: 30 to 300 bpm" in said
        assert field.text() == "90.5 bpm"
    assert window.record.recording.settings.tempo_bpm == 90.5


def test_bars_to_make_anew_are_what_is_typed(qtbot: QtBot, system: str) -> None:
    candidate = make_candidate(make_vocal(), make_analysis(9.0))
    dialog = RegenerateDialog(candidate, (0.0, 1.0))
    qtbot.addWidget(dialog)
    dialog.show()
    assert set(_fields(dialog)) == {dialog.first, dialog.last}
    for text in ("1,5", "1.5", "1,000", "99999", "12345678901"):
        dialog.last.setFocus()
        dialog.last.selectAll()
        qtbot.keyClicks(dialog.last, text)
        assert not dialog.ok.isEnabled()
        assert text in dialog.wrong.text()
    assert not dialog.last.settle()
    assert dialog.ok.isEnabled(), "what holds again is not what was refused"
    type_in(qtbot, dialog.last, "2", Qt.Key.Key_Tab)
    assert dialog.ok.isEnabled()
    assert dialog.change.bars is not None
    # Not yet typed to the end, but what it will be.
    dialog.last.setFocus()
    dialog.last.selectAll()
    qtbot.keyClicks(dialog.last, "3")
    assert dialog.change.bars[1] - dialog.change.bars[0] == 2


def test_what_is_pasted_is_read_or_refused(qtbot: QtBot) -> None:
    field = DecimalField(30.0, 300.0, unit=" bpm", said=said_bpm)
    qtbot.addWidget(field)
    field.setValue(46.3125)
    assert field.text() == f"{said_bpm(46.3125)} bpm"
    for text, value in (
        ("120 BPM", 120.0),
        ("９３，４", 93.4),
        ("−90", 93.4),
        ("1e2", 93.4),
        ("88,25 ", 88.25),
    ):
        field.selectAll()
        field.lineEdit().insert(text)
        field.settle()
        assert field.value() == value


def test_a_menu_does_not_end_typing(qtbot: QtBot) -> None:
    field = DecimalField(30.0, 300.0, unit=" bpm", said=said_bpm)
    qtbot.addWidget(field)
    field.show()
    refused: list[str] = []
    field.refused.connect(refused.append)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "9")
    for reason in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.TabFocusReason):
        assert field.text() == "9 bpm"
        assert not refused
        QApplication.sendEvent(field, QFocusEvent(QEvent.Type.FocusOut, reason))
    assert field.text() == "30.0 bpm"
    assert len(refused) == 1


def test_arrows_go_on_from_what_is_typed(qtbot: QtBot) -> None:
    field = DecimalField(30.0, 300.0, unit=" bpm", said=said_bpm)
    qtbot.addWidget(field)
    field.show()
    type_in(qtbot, field, "88,5", Qt.Key.Key_Up)
    assert field.value() == 89.5


def test_a_digit_more_than_a_field_has_is_rounded_and_not_cut(qtbot: QtBot) -> None:
    field = DecimalField(-500.0, 500.0)
    qtbot.addWidget(field)
    for typed, taken in (("92.5555", 92.556), ("92,5554", 92.555), ("0.0005", 0.001), ("-1.0005", -1.001)):
        type_in(qtbot, field, typed)
        assert field.value() == taken
        assert field.text() == f"{taken:.3f}"


def test_escape_takes_back_what_was_being_typed_in_every_field(
    window: MainWindow, open_vocal: Callable[[MainWindow], None], qtbot: QtBot
) -> None:
    (metronome,) = _fields(window.panels.empty)
    before = metronome.value()
    type_in(qtbot, metronome, "77", Qt.Key.Key_Escape)
    assert not metronome.hasFocus()
    assert metronome.value() == before
    assert window.record.recording.settings.tempo_bpm == before
    open_vocal(window)
    for field in (f for f in _fields(window) if f is not metronome):
        shown = field.text()
        for typed in ("1", "120", "999999", "1.2.3"):
            type_in(qtbot, field, typed, Qt.Key.Key_Escape)
            assert not field.hasFocus()
            assert field.text() == shown, field.accessibleName()
            assert not window.status.currentMessage(), "nothing is said"
    given = window.workspace.project.given
    assert (given.tempo_bpm, given.downbeat_s) == (None, None)
    # What holds may be another value by now: that is the one it goes back to, and nothing is given.
    panel, analysis = window.analysis, window.workspace.song.analysis
    for key, typed in ((Qt.Key.Key_Escape, "120"), (Qt.Key.Key_Tab, "")):
        panel.tempo.setFocus()
        panel.tempo.selectAll()
        qtbot.keyClicks(panel.tempo, typed) if typed else qtbot.keyClick(panel.tempo, Qt.Key.Key_Delete)
        faster = BeatGrid.regular(analysis.tempo_bpm + 1.0, analysis.grid.meter, analysis.duration_s, 0.0)
        window.workspace.song.analysis = analysis = replace(analysis, grid=faster)
        panel.show_song(window.workspace.song)
        qtbot.keyClick(panel.tempo, key)
        assert panel.tempo.value() == pytest.approx(analysis.tempo_bpm, abs=1e-3)
        assert window.workspace.project.given.tempo_bpm is None
    idle(qtbot, window)


def test_why_a_number_was_refused_goes_once_another_is_taken(
    window: MainWindow, open_vocal: Callable[[MainWindow], None], qtbot: QtBot
) -> None:
    said = window.status.currentMessage
    (metronome,) = _fields(window.panels.empty)
    type_in(qtbot, metronome, "999")
    assert "Found: 999.0 bpm" in said()
    window.setFocus()
    assert said(), "leaving the field takes nothing"
    type_in(qtbot, metronome, "99")
    assert not said()
    open_vocal(window)
    panel = window.analysis
    for field, wrong, right in (
        (panel.tempo, "999", "120"), (panel.downbeat, "999", "1"), (window.request.seed, "1.5", "5"),
    ):  # fmt: skip
        type_in(qtbot, field, wrong)
        assert "Found: " in said()
        type_in(qtbot, field, right)
        assert "Found: " not in said(), field.accessibleName()
        type_in(qtbot, field, wrong)
        window.status.tell("Something else")
        type_in(qtbot, field, right)
        assert said() == "Something else"
    panel.given_changed.emit({"tempo_bpm": 1000.0})  # a button
    assert "Found: 1000.0 bpm" in said()
    panel.given_changed.emit({"tempo_bpm": 90.0})
    assert not said()
    idle(qtbot, window)
