"""Keys do what the sheet says, keep out of text fields, and ignore auto-repeat."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from studio.ui.keys.shortcut_sheet import ShortcutSheet
from studio.ui.keys.shortcut_table import SHORTCUTS
from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import hears_vocal_only

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def playing(
    window: MainWindow,
    open_vocal: Callable[[MainWindow], None],
    generate: Callable[[MainWindow, int], None],
    qtbot: QtBot,
) -> MainWindow:
    """The window with a vocal and three candidates, active, nothing focused but itself."""
    open_vocal(window)
    generate(window, 3)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    window.panels.setFocus()
    return window


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, held)


def test_transport_keys(playing: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, playing, Qt.Key.Key_Right)
    assert playing.timeline.playhead_s == pytest.approx(1.0)
    press(qtbot, playing, Qt.Key.Key_Space)
    assert playing.playback.player.playing
    press(qtbot, playing, Qt.Key.Key_Space)
    assert not playing.playback.player.playing
    press(qtbot, playing, Qt.Key.Key_Left)
    press(qtbot, playing, Qt.Key.Key_Return)
    assert playing.timeline.playhead_s == 0.0
    press(qtbot, playing, Qt.Key.Key_L)
    assert playing.timeline.looping
    press(qtbot, playing, Qt.Key.Key_L)
    assert not playing.timeline.looping


def test_candidate_keys(playing: MainWindow, qtbot: QtBot) -> None:
    mix = lambda: playing.playback.mix  # noqa: E731
    press(qtbot, playing, Qt.Key.Key_2, ALT)
    assert mix().selected == 2
    press(qtbot, playing, Qt.Key.Key_Down)
    assert mix().selected == 3
    press(qtbot, playing, Qt.Key.Key_Down)
    assert mix().selected == 3
    press(qtbot, playing, Qt.Key.Key_X)
    assert mix().selected == 2
    press(qtbot, playing, Qt.Key.Key_Up)
    assert mix().selected == 1
    press(qtbot, playing, Qt.Key.Key_8, ALT)
    assert mix().selected == 1
    press(qtbot, playing, Qt.Key.Key_P)
    assert playing.workspace.project.picked == 1
    press(qtbot, playing, Qt.Key.Key_P)
    assert playing.workspace.project.picked is None
    press(qtbot, playing, Qt.Key.Key_M)
    assert mix().muted == {"drums"}
    playing.strip.names["lead"].click()
    press(qtbot, playing, Qt.Key.Key_S, SHIFT)
    assert mix().soloed == {"lead"}
    assert playing.strip.solos["lead"].isChecked()
    qtbot.waitUntil(lambda: not playing.workspace.runner.busy)


def test_zoom_keys(playing: MainWindow, qtbot: QtBot) -> None:
    playing.timeline.set_region((1.0, 2.0))
    press(qtbot, playing, Qt.Key.Key_Z)
    assert (playing.timeline.start_s, playing.timeline.end_s) == (1.0, 2.0)
    press(qtbot, playing, Qt.Key.Key_Z, SHIFT)
    assert playing.timeline.start_s == 0.0
    assert playing.timeline.end_s == pytest.approx(3.0)


def test_single_keys_are_letters_inside_a_text_field(playing: MainWindow, qtbot: QtBot) -> None:
    field = playing.analysis.chords
    field.setFocus()
    field.clear()
    qtbot.keyClicks(field, "Am L P X G")
    qtbot.keyClick(field, Qt.Key.Key_Space)
    assert field.text() == "Am L P X G "
    assert not playing.playback.player.playing
    assert not playing.timeline.looping
    assert not playing.generation.running
    field.setText(playing.analysis._shown_chords)
    playing.request.style_box.setFocus()
    before = playing.playback.mix.selected
    qtbot.keyClick(playing.request.style_box, Qt.Key.Key_Down)
    assert playing.request.style_box.currentIndex() == 1
    assert playing.playback.mix.selected == before


def test_a_closed_list_leaves_letters_to_the_window(playing: MainWindow, qtbot: QtBot) -> None:
    box = playing.request.style_box
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_G)
    assert playing.generation.running
    assert box.currentIndex() == 0
    qtbot.keyPress(box, Qt.Key.Key_V)
    assert hears_vocal_only(playing)
    qtbot.keyRelease(box, Qt.Key.Key_V)
    qtbot.waitUntil(lambda: not playing.workspace.runner.busy, timeout=30_000)


def test_return_chooses_from_an_open_list_and_does_not_stop(playing: MainWindow, qtbot: QtBot) -> None:
    box = playing.request.style_box
    playing.playback.seek(1.0)
    box.showPopup()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    qtbot.keyClick(box.view(), Qt.Key.Key_Down)
    qtbot.keyClick(box.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not box.view().isVisible())
    assert box.currentIndex() == 1
    assert playing.timeline.playhead_s == pytest.approx(1.0)
    # The choice made, Space plays and does not open the list again.
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert QApplication.activePopupWidget() is None
    assert playing.playback.player.playing


def test_after_a_click_and_a_dialog_space_plays(playing: MainWindow, qtbot: QtBot) -> None:
    playing.analysis.chords.setFocus()
    qtbot.mouseClick(playing.status, Qt.MouseButton.LeftButton)
    assert not playing.analysis.chords.hasFocus()
    dialog = QDialog(playing)
    dialog.open()
    qtbot.waitUntil(dialog.isActiveWindow)
    dialog.close()
    playing.activateWindow()
    qtbot.waitUntil(playing.isActiveWindow)
    focus = QApplication.focusWidget()
    assert focus is playing.panels
    qtbot.keyClick(focus, Qt.Key.Key_Space)
    assert playing.playback.player.playing


def test_space_presses_a_button_that_was_tabbed_to(playing: MainWindow, qtbot: QtBot) -> None:
    button = playing.strip.mutes["bass"]
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert playing.playback.mix.muted == {"bass"}
    assert not playing.playback.player.playing


def test_v_is_vocal_only_while_it_is_held(playing: MainWindow, qtbot: QtBot) -> None:
    target = playing.panels
    qtbot.keyPress(target, Qt.Key.Key_V)
    assert hears_vocal_only(playing)
    repeat = QKeyEvent(QEvent.Type.KeyRelease, Qt.Key.Key_V, NONE, "v", True)
    QApplication.sendEvent(target, repeat)
    assert hears_vocal_only(playing)
    qtbot.keyRelease(target, Qt.Key.Key_V)
    assert not hears_vocal_only(playing)


def test_a_held_key_acts_once(playing: MainWindow) -> None:
    assert not any(action.autoRepeat() for action in playing.actions_by_name.values())


def test_no_key_is_given_twice() -> None:
    keys = [QKeySequence(key).toString() for shortcut in SHORTCUTS for key in shortcut.keys]
    assert len(keys) == len(set(keys))


def test_the_sheet_opens_on_its_key_and_lists_every_key(playing: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(playing.panels, Qt.Key.Key_Question, SHIFT)
    qtbot.waitUntil(lambda: bool(playing.findChildren(ShortcutSheet)), timeout=3000)
    sheet = playing.findChildren(ShortcutSheet)[0]
    shown = {name: cap.text() for name, cap in sheet.caps.items()}
    assert shown["play"] == "Space"
    assert shown["vocal_only"] == "V"
    listed = {*shown, *(f"candidate_{n}" for n in range(1, 9)), *(f"rate_{n}" for n in range(1, 6))}
    assert listed == {shortcut.name for shortcut in SHORTCUTS}
