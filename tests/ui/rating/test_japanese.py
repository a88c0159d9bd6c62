"""The window in Japanese: nothing in it is English but names, units and keys; and what it keeps has no language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from studio.core.commands import told
from studio.core.errors import StudioError
from studio.core.language import Catalogue, speak, tr
from studio.services.exporting.export import ExportedCandidate
from studio.services.provenance.inspecting import UNKNOWN, Finding
from studio.storage.translations import VARIABLE
from studio.ui.appearance import language
from studio.ui.comparing.export_result import ExportResult
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.found_dialog import FoundDialog
from studio.ui.window.machine_dialog import MachineDialog
from studio.ui.window.main_window import MainWindow
from studio.ui.window.preferences import Preferences
from tests.audio.fake_portaudio import FakePortAudio
from tests.ui.english import english_in
from tests.ui.rating.conftest import Rater

Generate = Callable[[MainWindow, int], None]


@pytest.fixture(autouse=True)
def japanese(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As somebody has it who chose Japanese."""
    monkeypatch.setenv(VARIABLE, "")
    library = FakePortAudio("マイク")  # devices of this machine have names of their own
    monkeypatch.setattr("studio.audio.devices.portaudio", lambda: library)
    preferences = Preferences(tmp_path / "chosen.ini")
    language.choose(preferences, "ja")
    translator = language.speak(qapp, preferences)
    assert translator is not None
    yield
    qapp.removeTranslator(translator)
    speak(Catalogue())


def test_nothing_in_the_window_is_english(rater: Rater, generate: Generate, tmp_path: Path) -> None:
    window = rater.window
    assert english_in(window) == []  # the rating, with the song behind it
    assert rater.page.title.text() == "設問 1：どのバンドがいちばん好きですか？"
    window.taste.leave()
    generate(window, 2)
    assert english_in(window) == []
    for name in ("sheet", "details", "regenerate", "instrument", "devices", "export"):
        window.actions_by_name[name].trigger()
    dialogs = [d for d in window.findChildren(QDialog) if d.isVisible()]
    assert len(dialogs) >= 6
    dialogs += [
        ExportResult([ExportedCandidate(tmp_path, -1.5, {"band.wav": "PASS"})], window),
        MachineDialog(window),
        FoundDialog(Finding(tmp_path / "first take.wav", UNKNOWN), window),
        ErrorDialog(StudioError(tr("Cannot record"), seen=tr("no sound input")), window),
    ]
    for dialog in dialogs:
        assert english_in(dialog) == [], dialog
        dialog.close()


def test_what_is_kept_has_no_language(
    window: MainWindow, open_vocal: Callable[[MainWindow], None], generate: Generate, qtbot: QtBot
) -> None:
    open_vocal(window)
    generate(window, 1)
    window.compare.ask("favourite", 1)
    window.compare.ask("rate_4", 1)
    assert window.actions_by_name["undo"].text() == "取り消す: 候補 1 を評価"
    document = window.workspace.document
    assert document.undo_text == "Rate candidate 1"
    assert document.project.opinion(1).stars == 4
    assert told(document.undo_text) == "候補 1 を評価"
    speak(Catalogue())  # opened again in English
    assert told(document.undo_text) == "Rate candidate 1"
    song = window.workspace.song
    assert song is not None
    assert song.folder is not None
    window.workspace.save()
    written = [p for p in song.folder.path.rglob("*") if p.suffix in (".json", ".jsonl", ".journal", ".mid")]
    assert written
    for path in written:
        assert not re.search(r"[\u3040-\u30ff]", path.read_bytes().decode("utf-8", "ignore")), path


def test_the_language_is_chosen_for_the_next_start(
    window: MainWindow, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    window.appearance.told.connect(told.append)
    window.appearance.set_language("en")
    assert language.chosen(window.preferences) == "en"
    assert told == ["言語は Backline を次に起動したときに変わります。"]
    assert tr("Cancel") == "キャンセル"  # until then
    monkeypatch.setenv(VARIABLE, "")
    assert language.speak(qapp, window.preferences) is None
    assert tr("Cancel") == "Cancel"
    monkeypatch.setenv(VARIABLE, "ja")  # the environment comes before what was chosen
    translator = language.speak(qapp, window.preferences)
    assert translator is not None
    qapp.removeTranslator(translator)
    assert tr("Cancel") == "キャンセル"
    window.preferences.set("language", "of a later version")
    assert language.chosen(window.preferences) == language.SYSTEM
