"""The doctor in the window, the report on the clipboard, and requests that do not fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio import __version__
from studio.core.errors import StudioError
from studio.services.machine.doctor import Attempt, Finding
from studio.storage.machine import MachineNotes, Note, read_machine_notes, write_machine_notes
from studio.storage.paths import user_data_dir
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.machine_dialog import MachineDialog
from studio.ui.window.main_window import MainWindow

FOUND = (
    Finding("Memory", "OK", "16.0 GB, 9.1 GB free"),
    Finding("GPU", "WARN", "RTX 4090: crashed: SIGILL; generating on the CPU", "Install another driver"),
)


def examine(_: Attempt) -> Iterator[Finding]:
    yield from FOUND
    notes = tuple(Note(f.name, f.status, f.seen, f.todo) for f in FOUND)
    write_machine_notes(user_data_dir(), MachineNotes(__version__, "2026-11-27T10:00:00+00:00", notes))


def dialogs(window: MainWindow) -> list[MachineDialog]:
    return [d for d in window.findChildren(MachineDialog) if d.isVisible()]


def test_the_first_start_examines_the_machine_and_the_second_does_not(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.machine.examine = examine
    window.machine.at_first_start()
    (dialog,) = dialogs(window)
    assert not dialog.isModal()  # nobody has to wait for it
    assert window.machine.examining
    assert not dialog.again.isEnabled()
    qtbot.waitUntil(lambda: not window.machine.examining, timeout=10_000)
    for words in ("16.0 GB, 9.1 GB free", "RTX 4090: crashed", "Install another driver", "with a remark"):
        assert words in dialog.text
    assert dialog.text.index("RTX 4090") < dialog.text.index("16.0 GB")  # what is to know comes first
    dialog.close()
    window.machine.at_first_start()
    assert not dialogs(window)
    window.actions_by_name["doctor"].trigger()  # what was found is there at once
    assert "RTX 4090: crashed" in dialogs(window)[0].text
    assert not window.machine.examining


def test_it_can_be_examined_again_and_closed_meanwhile(window: MainWindow, qtbot: QtBot) -> None:
    write_machine_notes(user_data_dir(), MachineNotes(__version__, "", (Note("Disk", "FAIL", "it is full"),)))
    window.machine.examine = examine
    dialog = window.machine.show()
    assert dialog.title.text() == "Some of it does not work here"
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    assert "it is full" not in dialog.text
    dialog.close()
    qtbot.waitUntil(lambda: not window.machine.examining, timeout=10_000)
    assert [n.name for n in read_machine_notes(user_data_dir()).notes] == ["Memory", "GPU"]


def test_a_failed_examination_is_said(window: MainWindow, qtbot: QtBot) -> None:
    def fail(_: Attempt) -> Iterator[Finding]:
        raise StudioError("Cannot examine this machine")
        yield

    window.machine.examine = fail
    window.machine.check()
    qtbot.waitUntil(lambda: bool(window.findChildren(ErrorDialog)), timeout=10_000)
    assert not window.machine.examining


def test_the_report_of_an_error_is_copied_without_the_songs_name(
    window: MainWindow, qtbot: QtBot, open_vocal: Callable[[MainWindow], None]
) -> None:
    open_vocal(window)  # "first take.wav"
    window.troubles.show(StudioError("Cannot use first take", seen="first take.wav in pieces"))
    dialog = next(d for d in window.findChildren(ErrorDialog) if d.isVisible())
    qtbot.mouseClick(dialog.report, Qt.MouseButton.LeftButton)
    report = QApplication.clipboard().text()
    assert f"Backline {__version__}" in report
    assert "Cannot use <song>" in report
    assert "first take" not in report
    window.actions_by_name["report"].trigger()
    assert "Cannot use" not in QApplication.clipboard().text()


def test_a_request_that_does_not_fit_is_not_begun_and_a_smaller_one_is_offered(
    window: MainWindow,
    qtbot: QtBot,
    open_vocal: Callable[[MainWindow], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    open_vocal(window)
    # 3 s: room for two.
    monkeypatch.setattr(
        "studio.services.memory.available_bytes", lambda: int(1.0e9 + 3 * 0.9e6 + 0.1e9 + 1000)
    )
    monkeypatch.setattr("studio.services.generating.service.held_bytes", lambda *_: 0)
    asked: list[str] = []
    monkeypatch.setattr(
        window.ask, "_choose", lambda text, more, choices: asked.append(f"{text} {choices}") or ""
    )
    window.request.count.set_value(4)
    window.request.generate.click()
    assert not window.generation.running
    assert window.workspace.project.begun is None
    assert "4 candidates of 3 s" in asked[0]
    assert "Make 2" in asked[0]
    monkeypatch.setattr(window.ask, "_choose", lambda *_: "fewer")
    window.request.generate.click()
    assert window.generation.running
    qtbot.waitUntil(lambda: not window.generation.running, timeout=60_000)
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)
    assert len(window.candidates.rows) == 2
