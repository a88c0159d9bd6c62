"""Files that were exported and are dropped on the window."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from studio.core.commands import SetChords
from studio.core.music import Chord
from studio.services.exporting.export import export_candidate
from studio.services.project.song import ExportJob, export_request
from studio.storage.exports import NAME
from studio.storage.paths import user_data_dir
from studio.ui.window.found_dialog import FoundDialog
from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import write_vocal

Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]


def drop(window: MainWindow, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    window.dropEvent(
        QDropEvent(
            QPointF(10, 10),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def shown(window: MainWindow) -> list[FoundDialog]:
    return [dialog for dialog in window.findChildren(FoundDialog) if dialog.isVisible()]


def export(window: MainWindow, number: int, folder: Path) -> Path:
    song = window.workspace.song
    assert song is not None
    assert song.folder is not None
    job = ExportJob(
        song.folder,
        song.project.record(number),
        song.candidates[number],
        song.project.title,
        {song.base.sha256: song.base},
        folder,
    )
    return export_candidate(replace(export_request(job), names=None)).folder


def test_a_dropped_export_restores_its_request(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path
) -> None:
    open_vocal(window)
    request = window.panels.request
    chords = Chord.parse_many("C Am F G")
    window.workspace.do(SetChords(chords))
    request.seed.setValue(41)
    request.style_box.setCurrentIndex(request.style_box.findData("waltz"))
    generate(window, 2)
    stem = Path(shutil.copy(export(window, 2, tmp_path / "out") / "bass.wav", tmp_path / "sent.wav"))
    window.workspace.do(SetChords(None))
    request.seed.setValue(5)
    request.style_box.setCurrentIndex(0)
    request.count.set_value(4)

    drop(window, stem)
    qtbot.waitUntil(lambda: bool(shown(window)))
    dialog = shown(window)[0]
    assert "Made with Backline on this computer; intact" in dialog.text
    assert "candidate 2" in dialog.text
    dialog.restore.click()
    wishes = request.wishes
    assert (wishes.seed, wishes.controls.style) == (41, "waltz")
    analysis = window.workspace.song.analysis  # type: ignore[union-attr]
    assert analysis is not None
    assert window.workspace.project.bar_chords(analysis.grid, ()) == analysis.grid.in_bars(chords)
    assert not shown(window)


def test_the_project_of_a_dropped_export_is_opened(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    open_vocal(window)
    window.panels.request.seed.setValue(2_000_000_000)
    generate(window, 1)
    first = window.workspace.song
    stem = export(window, 1, tmp_path / "out") / "mix.wav"
    with qtbot.waitSignal(window.workspace.opened):
        window.open_path(write_vocal(tmp_path / "another.wav", 4.0))
    drop(window, stem)
    qtbot.waitUntil(lambda: bool(shown(window)))
    with qtbot.waitSignal(window.workspace.opened):
        shown(window)[0].restore.click()
    song = window.workspace.song
    assert song is not None
    assert first is not None
    assert song.base.sha256 == first.base.sha256
    assert window.panels.request.wishes.seed == 2_000_000_000


def test_without_a_project_the_vocal_is_asked_for_and_checked(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path, vocal_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    open_vocal(window)
    generate(window, 1)
    stem = export(window, 1, tmp_path / "out") / "lead.wav"
    with qtbot.waitSignal(window.workspace.opened):
        window.open_path(write_vocal(tmp_path / "another.wav", 4.0))
    monkeypatch.setattr(window.workspace.recent, "read", tuple)
    third = write_vocal(tmp_path / "third.wav", 5.0)
    monkeypatch.setattr(window.ask, "vocal", lambda: third)
    drop(window, stem)
    qtbot.waitUntil(lambda: bool(shown(window)))
    with qtbot.waitSignal(window.workspace.failed) as failed:
        shown(window)[0].restore.click()
    assert "another vocal" in str(failed.args[0])


def test_an_unmarked_file_is_opened_as_ever_and_a_marked_one_only_when_asked(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path
) -> None:
    open_vocal(window)
    generate(window, 1)
    stem = export(window, 1, tmp_path / "out") / "drums.wav"
    (user_data_dir() / NAME).unlink()
    drop(window, stem)
    qtbot.waitUntil(lambda: bool(shown(window)))
    with qtbot.waitSignal(window.workspace.opened):
        shown(window)[0].open_vocal.click()
    with qtbot.waitSignal(window.workspace.opened):
        drop(window, write_vocal(tmp_path / "fresh.wav", 4.0))
    assert not shown(window)
