"""The window's questions as dialogs: each button is its answer, and closing the dialog changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from studio.core.controls import Controls
from studio.core.project import Begun
from studio.services.project.opening import ProjectInUse, ProjectNotWritable
from studio.storage.lock import Holder
from studio.storage.recent import RecentProject
from studio.ui.window.preferences import Preferences
from studio.ui.window.questions import Questions

KNOWN = RecentProject("/music/Lied.backline", "Lied", candidates=3)
HOLDER = Holder("another-computer", 7)
BEGUN = Begun("r", Controls(), 4, 1)


@pytest.fixture
def ask(qtbot: QtBot, tmp_path: Path) -> Questions:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return Questions(window, Preferences(tmp_path / "window.ini"), tmp_path)


def answered(qtbot: QtBot, question: Callable[[], object], button: str) -> object:
    """Asks, and presses the button of that text; the Escape key for "", and Enter for "Enter"."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        if button == "Enter":
            qtbot.keyClick(box.focusWidget() or box, Qt.Key.Key_Return)
        elif button:
            (found,) = (b for b in box.buttons() if b.text() == button)
            found.click()
        else:
            qtbot.keyClick(box, Qt.Key.Key_Escape)

    QTimer.singleShot(50, press)
    return question()


def test_the_folder_used_last_is_offered_while_it_is_there(tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "window.ini")
    music, usb = tmp_path / "Music", tmp_path / "stick" / "out"
    assert preferences.folder("export_folder", music) == Path.home()
    assert preferences.folder("export_folder", music, made=True) == music
    music.mkdir()
    assert preferences.folder("export_folder", music) == music
    usb.mkdir(parents=True)
    preferences.set("export_folder", str(usb))
    assert preferences.folder("export_folder", music) == usb
    usb.rmdir()
    assert preferences.folder("export_folder", music, made=True) == usb
    assert preferences.folder("export_folder", music) == music
    usb.parent.rmdir()  # the stick was pulled out
    assert preferences.folder("export_folder", music, made=True) == music


def test_enter_takes_what_loses_nothing(ask: Questions, qtbot: QtBot) -> None:
    assert answered(qtbot, lambda: ask.how_to_close("At work.", background=True), "Enter") == "background"
    assert answered(qtbot, lambda: ask.how_to_close("Not saved.", background=False), "Enter") == "stay"
    assert answered(qtbot, lambda: ask.make_the_rest(BEGUN, 1), "Enter") == "make"
    assert answered(qtbot, lambda: ask.project_of_vocal(KNOWN), "Enter") == "open"
    assert answered(qtbot, lambda: ask.may_forget("song", "me"), "Enter") is False
    assert answered(qtbot, lambda: ask.may_forget("all", "me"), "Enter") is False
    assert answered(qtbot, ask.may_delete_model, "Enter") is False
    assert answered(qtbot, lambda: ask.may_forget("song", "me"), "Forget this song") is True


@pytest.mark.parametrize(("button", "answer"), [("Stop and open", True), ("Stay here", False), ("", False)])
def test_another_song_while_generating(ask: Questions, qtbot: QtBot, button: str, answer: bool) -> None:
    assert answered(qtbot, ask.may_stop_generating, button) is answer


@pytest.mark.parametrize(
    ("button", "answer"),
    [
        ("Finish in the background", "background"),
        ("Stop and close", "stop"),
        ("Stay here", "stay"),
        ("", "stay"),
    ],
)
def test_closing_in_the_middle(ask: Questions, qtbot: QtBot, button: str, answer: str) -> None:
    assert answered(qtbot, lambda: ask.how_to_close("At work.", background=True), button) == answer


@pytest.mark.parametrize(
    ("button", "answer"),
    [("Open the project", "open"), ("Begin a new one", "new"), ("Cancel", None), ("", None)],
)
def test_a_vocal_that_has_a_project(ask: Questions, qtbot: QtBot, button: str, answer: str | None) -> None:
    assert answered(qtbot, lambda: ask.project_of_vocal(KNOWN), button) == answer


@pytest.mark.parametrize(
    ("button", "answer"),
    [("Open a copy", "copy"), ("Only look at it", "look"), ("Cancel", None), ("", None)],
)
def test_a_project_that_another_window_has(
    ask: Questions, qtbot: QtBot, button: str, answer: str | None, tmp_path: Path
) -> None:
    in_use = ProjectInUse(tmp_path / "Lied.backline", HOLDER)
    assert answered(qtbot, lambda: ask.project_in_use(in_use), button) == answer
    not_writable = ProjectNotWritable(in_use.path, OSError(30, "Read-only file system"))
    assert answered(qtbot, lambda: ask.project_not_writable(not_writable), button) == answer


def test_a_request_of_one_is_told_by_what_it_is(ask: Questions, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(
        ask, "_choose", lambda text, more, choices, **_: asked.append((text, choices[0][1])) or "make"
    )
    one = Begun("r", Controls(), 1, 1)
    assert ask.make_the_rest(one, 0, "near variation of 3")
    assert ask.make_the_rest(one, 0)
    assert asked == [
        (
            "One candidate was not made before the program ended (near variation of 3). Make it?",
            "Make it",
        ),
        ("One candidate was not made before the program ended. Make it?", "Make it"),
    ]


@pytest.mark.parametrize(
    ("made", "button", "answer"),
    [
        (0, "Make all 4", "make"),
        (2, "Make the other 2", "make"),
        (3, "Make the last one", "make"),
        (2, "Drop them", "drop"),
        (3, "Drop it", "drop"),
        (2, "Later", None),
        (2, "", None),
    ],
)
def test_the_rest_of_a_request(
    ask: Questions, qtbot: QtBot, made: int, button: str, answer: str | None
) -> None:
    assert answered(qtbot, lambda: ask.make_the_rest(BEGUN, made), button) == answer


def test_a_question_opens_in_the_middle_of_the_window(ask: Questions, qtbot: QtBot) -> None:
    window = ask._window
    window.setGeometry(60, 40, 700, 500)
    off: list[int] = []

    def look() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        box.move(0, 0)  # as where Qt guesses wrong
        box.resize(box.size() * 1.1)
        box.showEvent(QShowEvent())
        apart = box.frameGeometry().center() - window.frameGeometry().center()
        off.append(apart.manhattanLength())
        qtbot.keyClick(box, Qt.Key.Key_Escape)

    QTimer.singleShot(100, look)
    ask.project_of_vocal(KNOWN)
    QTimer.singleShot(100, look)
    ask.project_in_use(ProjectInUse(Path("/music/Lied.backline"), HOLDER))
    assert off
    assert max(off) <= 2, off
