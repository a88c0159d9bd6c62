"""Out of the window: the export dialog, drags and copied files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.core.analysis import Given, VocalAnalysis
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.services.exporting.settings import ExportSettings, settings_from
from studio.ui.comparing.export_dialog import ExportDialog
from studio.ui.comparing.export_result import ExportResult
from studio.ui.listening.analysing import Analyse
from studio.ui.window.main_window import MainWindow
from tests.services.band import make_analysis
from tests.ui.conftest import write_vocal

Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]
LEFT = Qt.MouseButton.LeftButton
TITLE = "夜の歌🎤" + "海" * 50


@pytest.fixture
def analyse() -> Analyse:
    """A tempo that is known: nobody needs to listen."""

    def known(audio: Audio, given: Given | None = None, **_: object) -> VocalAnalysis:
        return make_analysis(audio.duration_s, given=given)

    return known  # type: ignore[return-value]


@pytest.fixture
def vocal_path(tmp_path: Path) -> Path:
    """A song of a Japanese folder."""
    folder = tmp_path / "音楽 ♪"
    folder.mkdir()
    return write_vocal(folder / f"{TITLE}.wav", 2.0)


def drag(widget: QWidget) -> None:
    """Presses in the middle of a widget and moves on with the button held."""
    at = widget.rect().center()
    QTest.mousePress(widget, LEFT, Qt.KeyboardModifier.NoModifier, at)
    far = at + QPoint(3 * QApplication.startDragDistance(), 0)
    for to in (at + QPoint(2, 0), far):
        QTest.mouseMove(widget, to)
        QApplication.sendEvent(widget, _moved(widget, to))


def _moved(widget: QWidget, to: QPoint) -> object:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    place = QPointF(to)
    return QMouseEvent(
        QEvent.Type.MouseMove, place, QPointF(widget.mapToGlobal(to)), LEFT, LEFT,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip


class Dropped:
    """Takes what a drag would carry; while it waits, the button is held."""

    def __init__(self, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[list[Path]] = []
        self.held = True
        monkeypatch.setattr(window.exports.handoff, "run_drag", self._take)
        monkeypatch.setattr(
            "studio.ui.comparing.handoff.QGuiApplication.mouseButtons",
            lambda: LEFT if self.held else Qt.MouseButton.NoButton,
        )

    def _take(self, source: QWidget, mime: QMimeData) -> None:
        self.paths.append([Path(url.toLocalFile()) for url in mime.urls()])


def test_files_are_dragged_out_of_the_window(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_vocal(window)
    generate(window, 2)
    window.preferences.set("export", replace(ExportSettings(), encoding="FLOAT").text())
    song, row = window.workspace.song, window.candidates.rows[2]
    dropped = Dropped(window, monkeypatch)
    progress: list[object] = []
    window.exports.handoff.progressed.connect(lambda number, share: progress.append((number, share)))

    drag(row.marks["stems"])
    qtbot.waitUntil(lambda: bool(dropped.paths), timeout=30_000)
    assert progress[0] == (2, 0.0)
    assert progress[-1] == (2, None)
    (stems,) = dropped.paths
    assert [path.name.split("_")[2] for path in stems] == ["vocal", *STEMS]
    assert stems[0].is_relative_to(song.folder.path)
    made = song.candidates[2].stems
    for path, stem in zip(stems[1:], STEMS, strict=True):
        samples, rate = sf.read(path, dtype="float32")
        assert rate == 44100
        assert np.array_equal(samples.T, made[stem].samples)

    # Written already: at once, and not written again.
    written = stems[0].stat().st_mtime_ns
    for what in ("band", "mix", "midi"):
        drag(row.marks[what])
    band, mix, midi = (paths[0] for paths in dropped.paths[1:])
    assert midi.suffix == ".mid"
    sums = [sf.read(path, dtype="float64")[0] for path in (band, mix)]
    vocal = sf.read(stems[0], dtype="float64")[0][:, None]
    assert np.abs(sums[0] + vocal - sums[1]).max() < 1e-6
    assert stems[0].stat().st_mtime_ns == written

    # A file that somebody removed is written again.
    stems[3].unlink()
    drag(row.marks["stems"])
    qtbot.waitUntil(lambda: len(dropped.paths) == 5, timeout=30_000)
    stems = dropped.paths[-1]
    assert all(path.is_file() for path in stems)

    window.playback.select(2)
    drag(window.strip.names["bass"])
    assert dropped.paths[-1] == [stems[2]]
    drag(row)  # anywhere on the row's words
    assert dropped.paths[-1] == stems

    # Of the other one nothing is written yet, and the button is let go meanwhile.
    dropped.held = False
    drag(window.candidates.rows[1].marks["mix"])
    qtbot.waitUntil(lambda: "drag them now" in window.status.currentMessage(), timeout=30_000)
    count = len(dropped.paths)
    dropped.held = True
    drag(window.candidates.rows[1].marks["mix"])
    assert len(dropped.paths) == count + 1

    window.compare.toggle_blind()
    assert not any(mark.isVisible() for mark in row.marks.values())
    drag(window.strip.names["bass"])
    assert len(dropped.paths) == count + 1
    assert "Reveal first" in window.status.currentMessage()


def test_files_are_copied_by_key(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot
) -> None:
    open_vocal(window)
    generate(window, 1)
    window.playback.select(1)
    window.strip.set_target("harmony")

    def copied(action: str) -> list[str]:
        QGuiApplication.clipboard().setText("nothing yet")
        window.actions_by_name[action].trigger()
        qtbot.waitUntil(lambda: QGuiApplication.clipboard().mimeData().hasUrls(), timeout=30_000)
        paths = [Path(url.toLocalFile()) for url in QGuiApplication.clipboard().mimeData().urls()]
        assert all(path.is_file() for path in paths)
        return [path.name.split("_")[2] for path in paths]

    assert copied("copy_stems") == ["vocal", *STEMS]
    assert copied("copy_stem") == ["harmony"]
    assert copied("copy_mix") == ["mix"]
    assert copied("copy_midi") == ["arrangement"]
    assert window.actions_by_name["copy_stems"].shortcut().toString() == "Ctrl+C"
    # The offscreen clipboard outlives the interpreter, and would free what is on it then.
    QGuiApplication.clipboard().clear()


def test_the_dialog_remembers_and_favourites_are_exported_at_once(
    make_window: Callable[[], MainWindow], open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    window = make_window()
    open_vocal(window)
    generate(window, 3)
    for number in (1, 3):
        window.compare.ask("favourite", number)
    window.playback.select(2)
    monkeypatch.setattr(window.ask, "export_folder", lambda: tmp_path / "out")
    window.actions_by_name["export"].trigger()
    (dialog,) = window.findChildren(ExportDialog)
    assert dialog.numbers == (2,)
    assert dialog.title.text() == TITLE
    # Nothing was exported before: beside the project, not among all that is at home.
    assert dialog.where.text() == str(window.workspace.song.folder.path.parent)
    qtbot.waitUntil(lambda: "dBTP" in dialog.levels.text(), timeout=20_000)
    dialog.which["favourites"].click()
    dialog.files["bass"].click()
    dialog.files["click"].click()
    dialog.format.set_value("PCM_16")
    dialog.artist.setText("夜明け")
    dialog.title.setText("海の歌")
    dialog.choose_folder.click()
    qtbot.waitUntil(lambda: "夜明け_海の歌_03_click_" in dialog.preview.toPlainText(), timeout=5000)
    preview = dialog.preview.toPlainText().split()
    assert not any("_bass_" in line for line in preview)
    qtbot.waitUntil(lambda: "2 candidates" in dialog.levels.text(), timeout=20_000)
    qtbot.mouseClick(dialog.export, LEFT)
    qtbot.waitUntil(lambda: bool(window.findChildren(ExportResult)), timeout=60_000)
    (result,) = window.findChildren(ExportResult)
    assert set(result.states.values()) == {"PASS"}
    folders = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [f"{folder}/" for folder in folders] == [line for line in preview if line.endswith("/")]
    written = {p.name for folder in folders for p in (tmp_path / "out" / folder).iterdir()}
    assert written - {"manifest.json", "recipe.json"} == {line for line in preview if not line.endswith("/")}
    rules = result.tree.topLevelItem(0).child(0)
    assert rules.text(1) == "PASS"
    assert rules.childCount() >= 3
    result.close()

    project = window.workspace.project
    assert (project.artist, project.title) == ("夜明け", "海の歌")
    window.actions_by_name["undo"].trigger()
    assert (window.workspace.project.artist, window.workspace.project.title) == ("", TITLE)
    window.actions_by_name["redo"].trigger()

    # The next time files and format are as they were; the candidate is the one that is meant.
    kept = settings_from(window.preferences.get("export", ""))
    assert (kept.which, kept.encoding, "bass" in kept.roles, "click" in kept.roles) == (
        "favourites", "PCM_16", False, True,
    )  # fmt: skip
    window.actions_by_name["export"].trigger()
    again = next(d for d in window.findChildren(ExportDialog) if d.isVisible())
    assert again.settings == replace(kept, which="this")
    assert (again.artist.text(), again.numbers) == ("夜明け", (2,))
    again.reject()
    window.candidates.rows[2].export.click()
    row = next(d for d in window.findChildren(ExportDialog) if d.isVisible())
    assert row.numbers == (2,)
    row.reject()

    # A folder that cannot be written is said before candidates are read.
    (tmp_path / "file").write_bytes(b"sound")
    failed: list[Exception] = []
    window.workspace.failed.disconnect(window.troubles.show)
    window.workspace.failed.connect(failed.append)
    with monkeypatch.context() as reading:
        reading.setattr("studio.ui.comparing.exporting.export_request", lambda _: pytest.fail("read"))
        window.exports.exporting.export((1,), tmp_path / "file" / "in it", kept)
        qtbot.waitUntil(lambda: bool(failed), timeout=20_000)
    assert "is a file" in str(failed[0])
    window.workspace.failed.connect(window.troubles.show)

    # The next day.
    path = window.workspace.song.folder.path
    assert path.name == f"{TITLE}.backline"
    window.close()
    window = make_window()
    window.open_path(path)
    qtbot.waitUntil(lambda: len(window.candidates.rows) == 3, timeout=30_000)
    assert (window.workspace.project.artist, window.workspace.project.title) == ("夜明け", "海の歌")
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)


def test_settings_that_cannot_be_read_are_the_usual_ones() -> None:
    assert settings_from("") == ExportSettings()
    assert settings_from("{") == ExportSettings()
    assert settings_from(json.dumps({"which": "everything"})) == ExportSettings()
    other = ExportSettings("all", frozenset({"mix"}), "FLOAT", False, True)
    assert settings_from(other.text()) == other
