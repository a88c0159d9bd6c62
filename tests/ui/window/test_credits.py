"""The song is named where one looks for it: in the File menu, by F2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.ui.window.credits_dialog import CreditsDialog
from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import Begin, Reopen, project_folder


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
    assert not dialog.wrong.text()
    height, place = dialog.sizeHint().height(), dialog.ok.mapTo(dialog, dialog.ok.pos())
    dialog.title.setText("  ")
    assert not dialog.ok.isEnabled()
    assert dialog.wrong.text() == "A song needs a title"
    assert dialog.sizeHint().height() == height
    assert dialog.ok.mapTo(dialog, dialog.ok.pos()) == place
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


def test_a_song_that_is_only_looked_at_is_not_named(begin: Begin, reopen: Reopen, tmp_path: Path) -> None:
    window = begin(1)
    window.close()
    window = reopen(project_folder(tmp_path / "Music"), read_only=True)
    window.actions_by_name["credits"].trigger()
    assert not window.findChildren(CreditsDialog)
    assert "This project is only looked at" in window.status.told.text()
