"""What is typed beside the vocal counts, stays until it can be read, and ends at a click beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from studio.core.music import Chord
from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import Reopen, idle, project_folder

Open = Callable[[MainWindow], None]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def typing(window: MainWindow, open_vocal: Open, qtbot: QtBot) -> MainWindow:
    """The window with a vocal, active."""
    open_vocal(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    return window


def _type(qtbot: QtBot, field: QLineEdit, text: str, *, end: bool = True) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    if end:
        qtbot.keyClick(field, Qt.Key.Key_Return)


def _is_unread(window: MainWindow, text: str) -> bool:
    panel = window.analysis
    return bool(
        panel.chords.text() == text
        and panel.chords.property("wrong")
        and panel.rows["chords"].source.text() == "not read"
    )


@pytest.mark.parametrize("by", ["button", "key", "menu"])
def test_nothing_is_made_to_chords_that_cannot_be_read(by: str, typing: MainWindow, qtbot: QtBot) -> None:
    panel, said = typing.analysis, typing.status.currentMessage
    _type(qtbot, panel.chords, "Am Hmm C")
    assert "Hmm" in said()
    assert _is_unread(typing, "Am Hmm C")
    words = said()
    qtbot.keyClick(panel.chords, Qt.Key.Key_Escape)
    assert not panel.chords.hasFocus()
    typing.status.tell("")
    if by == "key":
        typing.panels.show_side(False)
    if by == "button":
        qtbot.mouseClick(typing.request.generate, LEFT)
    elif by == "key":
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_G)
    else:
        typing.actions_by_name["generate"].trigger()
    assert not typing.generation.running
    assert said() == words
    assert panel.chords.hasFocus()
    assert panel.chords.selectedText() == "Hmm"
    assert _is_unread(typing, "Am Hmm C")
    qtbot.keyClicks(panel.chords, "F")  # over the word that is marked
    typing.request.count.set_value(1)
    qtbot.mouseClick(typing.request.generate, LEFT)
    assert typing.generation.running
    assert typing.workspace.project.chords == Chord.parse_many("Am F C")
    assert panel.rows["chords"].source.text() == "yours"
    assert not panel.chords.hasFocus(), "G is a key again"
    idle(qtbot, typing)


def test_fewer_and_one_to_the_songs_beat_are_not_made_either(typing: MainWindow, qtbot: QtBot) -> None:
    _type(qtbot, typing.analysis.chords, "Am Hmm C")
    typing.generating.make_fewer(1)
    assert not typing.generation.running
    typing.generating._make_anew(typing.workspace.song, 1)
    assert not typing.generation.running


def test_what_is_still_being_typed_counts_at_a_click_on_generate(typing: MainWindow, qtbot: QtBot) -> None:
    asked = typing.generation.start_when_heard
    wishes = []
    typing.generation.start_when_heard = wishes.append
    _type(qtbot, typing.analysis.tempo, "93,4", end=False)
    qtbot.mouseClick(typing.request.generate, LEFT)
    assert typing.workspace.project.given.tempo_bpm == 93.4
    _type(qtbot, typing.request.seed, "77", end=False)
    qtbot.mouseClick(typing.request.generate, LEFT)
    assert wishes[-1].seed == 77
    count = len(wishes)
    for field, text in (
        (typing.request.seed, "99999999999"), (typing.analysis.tempo, "9,05"), (typing.analysis.downbeat, "1.2.3"),
    ):  # fmt: skip
        _type(qtbot, field, text, end=False)
        qtbot.mouseClick(typing.request.generate, LEFT)
        assert "Found: " in typing.status.currentMessage()
        assert field.hasFocus()
        assert len(wishes) == count, "nothing is made with another"
    typing.generation.start_when_heard = asked
    idle(qtbot, typing)


@pytest.mark.parametrize("what", ["+1 beat", "2 ×", "tempo", "key"])
def test_a_line_that_cannot_be_read_stays_whatever_else_is_changed(
    what: str, typing: MainWindow, qtbot: QtBot
) -> None:
    panel = typing.analysis
    _type(qtbot, panel.chords, "Am Hmm C")
    heard = typing.workspace.song.analysis
    if what == "+1 beat":
        qtbot.mouseClick(panel.nudges[1.0], LEFT)
    elif what == "2 ×":
        qtbot.mouseClick(panel.double if heard.tempo_bpm < 140 else panel.half, LEFT)
    elif what == "tempo":
        panel.tempo.setValue(96.0)
        panel.tempo.editingFinished.emit()
    else:
        panel.given_changed.emit({"key": panel.key.itemData(3)})
    qtbot.waitUntil(lambda: typing.workspace.song.analysis is not heard, timeout=30_000)
    idle(qtbot, typing)
    assert _is_unread(typing, "Am Hmm C")
    _type(qtbot, panel.chords, "Am F C")
    assert not panel.chords.property("wrong")
    assert panel.rows["chords"].source.text() == "yours"
    assert typing.workspace.project.chords == Chord.parse_many("Am F C")


def test_a_line_that_cannot_be_read_goes_with_what_was_there_before_it(
    typing: MainWindow, qtbot: QtBot
) -> None:
    panel = typing.analysis
    shown = panel.chords.text()
    _type(qtbot, panel.chords, "Hmm")
    panel.rows["chords"].reset.click()
    assert panel.chords.text() == shown
    _type(qtbot, panel.chords, "Hmm")
    _type(qtbot, panel.chords, shown)
    for _ in range(2):
        assert not panel.chords.property("wrong")
        assert panel.rows["chords"].source.text().startswith("estimated")
        assert typing.workspace.project.chords is None
        _type(qtbot, panel.chords, "Hmm")
        qtbot.keyClick(panel.chords, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        while panel.chords.text() != shown and panel.chords.isUndoAvailable():
            panel.chords.undo()
        qtbot.keyClick(panel.chords, Qt.Key.Key_Return)
    # Chords that come from elsewhere hold, and are shown.
    _type(qtbot, panel.chords, "Hmm")
    typing._set_bar_chord(typing.workspace.song.analysis.grid.first_bar, Chord.parse("Dm"))
    assert panel.chords.text().startswith("Dm")
    assert panel.rows["chords"].source.text() == "yours"


def test_a_field_that_is_typed_into_is_not_filled_anew(typing: MainWindow, qtbot: QtBot) -> None:
    """The vocal is listened to again meanwhile."""
    panel = typing.analysis
    for field, text, shown in ((panel.tempo, "93,", "93, bpm"), (panel.chords, "Am F", "Am F")):
        _type(qtbot, field, text, end=False)
        panel.show_song(typing.workspace.song)
        assert field.text() == shown
        field.selectAll()
        qtbot.keyClick(field, Qt.Key.Key_Delete)
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    idle(qtbot, typing)
    assert panel.tempo.text().endswith(" bpm")
    assert panel.chords.text(), "nothing typed is nothing said"


def test_half_of_a_tempo_is_half_of_it_and_not_of_its_decimals(typing: MainWindow, qtbot: QtBot) -> None:
    panel, given = typing.analysis, lambda: typing.workspace.project.given.tempo_bpm
    panel.given_changed.emit({"tempo_bpm": 92.625})
    panel.half.click()
    assert given() == 46.3125
    panel.double.click()
    assert given() == 92.625
    _type(qtbot, panel.tempo, "92,5", end=False)
    qtbot.mouseClick(panel.half, LEFT)
    assert given() == 46.25
    idle(qtbot, typing)
    assert panel.tempo.text() == "46.25 bpm"


def test_a_click_on_anything_beside_it_ends_typing(typing: MainWindow, qtbot: QtBot) -> None:
    seed = typing.request.seed
    buttons = [b for b in typing.findChildren(QAbstractButton) if b.isVisible() and b.window() is typing]
    assert set(typing.strip.names.values()) < set(buttons)
    views = [
        typing.ruler,
        typing.vocal.lane,
        typing.vocal.spectrogram,
        typing.status,
        *typing.panels.candidates.rows.values(),
    ]
    for widget in (*buttons, *views):
        if widget is typing.request.generate:
            continue  # has a test of its own
        seed.setFocus()
        assert seed.hasFocus()
        qtbot.mousePress(widget, LEFT)
        left = not seed.hasFocus()
        qtbot.mouseRelease(widget, LEFT, pos=QPoint(-50, -50))
        if QApplication.activePopupWidget() is not None:
            QApplication.activePopupWidget().close()
        assert left, widget.accessibleName() or widget
    seed.setFocus()
    qtbot.mouseClick(typing.strip.names["lead"], LEFT)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_M)
    assert typing.playback.mix.muted == {"lead"}
    idle(qtbot, typing)


def _heard_otherwise(window: MainWindow, chords: str) -> None:
    """The vocal is listened to again, and other chords are estimated."""
    song = window.workspace.song
    assert song is not None
    assert song.analysis is not None
    each = Chord.parse_many(chords)
    bars = len(song.analysis.chords)
    song.analysis = replace(song.analysis, chords=tuple(each[i % len(each)] for i in range(bars)))
    window.analysis.show_song(song)


@pytest.mark.parametrize("typed", ["Am F Xz G", "Am F"])
@pytest.mark.parametrize("leaves", [False, True])
def test_undone_to_the_end_the_line_is_what_is_estimated_now(
    leaves: bool, typed: str, typing: MainWindow, qtbot: QtBot
) -> None:
    """And not the estimate from before typing, which would become the user's."""
    panel = typing.analysis
    _heard_otherwise(typing, "Am F")
    _heard_otherwise(typing, "A7 Dm")
    if typed == "Am F":
        _type(qtbot, panel.chords, typed, end=False)
    else:
        _type(qtbot, panel.chords, typed)
        assert _is_unread(typing, typed)
    _heard_otherwise(typing, "Bb Eb")
    shown = panel._shown_chords
    assert shown != panel.chords.text()
    if leaves:
        typing.setFocus()
        panel.chords.setFocus()
        if typed == "Am F":  # that was taken
            assert typing.workspace.project.chords == Chord.parse_many(typed)
            return
    while panel.chords.isUndoAvailable():
        qtbot.keyClick(panel.chords, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.chords.text() == shown
    qtbot.mouseClick(typing.status, LEFT)
    assert typing.workspace.project.chords is None
    assert panel.chords.text() == shown
    assert panel.rows["chords"].source.text().startswith("estimated")
    assert not panel.chords.property("wrong")
    _type(qtbot, panel.chords, "C G")
    assert typing.workspace.project.chords == Chord.parse_many("C G"), "what is typed still counts"
    idle(qtbot, typing)


def test_why_a_line_cannot_be_read_goes_once_it_can(typing: MainWindow, qtbot: QtBot) -> None:
    panel, said = typing.analysis, typing.status.currentMessage
    _type(qtbot, panel.chords, "Am Xz")
    assert "Xz" in said()
    _type(qtbot, panel.chords, "Am G")
    assert not said()
    _type(qtbot, panel.chords, "Am Xz")
    panel.rows["chords"].reset.click()
    assert "Xz" not in said()
    idle(qtbot, typing)


def test_a_line_that_cannot_be_read_is_found_again_the_next_day(
    typing: MainWindow, qtbot: QtBot, reopen: Reopen, tmp_path: Path
) -> None:
    typing.analysis.given_changed.emit({"tempo_bpm": 90.0})  # a song is kept from the first action on
    idle(qtbot, typing)
    _type(qtbot, typing.analysis.chords, "Am F Xz G")
    idle(qtbot, typing)
    typing.close()
    folder = project_folder(tmp_path / "Music")
    window = reopen(folder)
    assert _is_unread(window, "Am F Xz G")
    assert window.workspace.project.chords is None
    assert not window.analysis.finish_typing()
    _type(qtbot, window.analysis.chords, "Am F G")
    assert window.workspace.project.chords == Chord.parse_many("Am F G")
    idle(qtbot, window)
    window.close()
    window = reopen(folder)
    assert window.analysis.chords.text() == "Am F G"
    assert not window.analysis.chords.property("wrong")
    _type(qtbot, window.analysis.chords, "Am Xz")
    qtbot.waitUntil(lambda: window.workspace.song.view.unread_chords is not None, timeout=5000)
    window.workspace.undo()  # other chords hold
    idle(qtbot, window)
    assert not window.analysis.chords.property("wrong")
