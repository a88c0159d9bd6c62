"""The song is named where one looks for it: in the File menu, by F2."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.ui.window.credits_dialog import CreditsDialog
from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import Begin, Reopen


def _dialog(window: MainWindow) -> CreditsDialog:
    window.actions_by_name["credits"].trigger()
    (dialog,) = (d for d in window.findChildren(CreditsDialog) if d.isVisible())
    return dialog


def test_a_song_is_named_is_called_so_the_next_day_and_the_name_can_be_taken_back(
    begin: Begin, reopen: Reopen, qtbot: QtBot
) -> None:
    window = begin()
    dialog = _dialog(window)
    assert dialog.title.text() == "first take"
    assert dialog.title.selectedText() == "first take"
    qtbot.keyClicks(dialog.title, "Night song")
    dialog.artist.setText("  Ada ")
    qtbot.keyClick(dialog.title, Qt.Key.Key_Return)
    project = window.workspace.project
    assert (project.artist, project.title) == ("Ada", "Night song")
    assert "Night song" in window.windowTitle()
    assert window.workspace.recent.read()[0].title == "Night song"
    song = window.workspace.song
    assert song is not None
    assert song.folder is not None
    folder = song.folder.path
    window.close()
    window = reopen(folder)
    assert "Night song" in window.windowTitle()
    window.workspace.undo()
    assert (window.workspace.project.artist, window.workspace.project.title) == ("", "first take")


def test_a_song_without_a_title_is_refused_and_a_cancel_changes_nothing(begin: Begin, qtbot: QtBot) -> None:
    window = begin()
    dialog = _dialog(window)
    dialog.title.setText("  ")
    assert not dialog.ok.isEnabled()
    qtbot.keyClick(dialog.title, Qt.Key.Key_Return)
    assert dialog.isVisible()
    dialog.title.setText("Another")
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.workspace.project.title == "first take"
    assert not window.workspace.document.state.done


def test_without_a_song_there_is_nothing_to_name(make_window: Callable[[], MainWindow]) -> None:
    window = make_window()
    window.actions_by_name["credits"].trigger()
    assert not window.findChildren(CreditsDialog)
    assert "nothing to name" in window.status.told.text()
