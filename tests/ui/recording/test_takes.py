"""A recording joins the song as takes; each is heard only as far as it goes. No sound device is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.core.takes import BASE
from studio.services.recording.recording import Recorded
from studio.services.recording.takes import phrases, takes_of
from studio.storage.recordings import RecordingNote
from studio.ui.recording.takes_dialog import TakesDialog
from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import RATE, idle, write_vocal


def recorded(path: Path, seconds: float = 1.0, loop_s: tuple[float, float] | None = None) -> Recorded:
    """Singing from the first second of the song on."""
    write_vocal(path, seconds)
    loop = None if loop_s is None else (round(loop_s[0] * RATE), round(loop_s[1] * RATE))
    note, frames = RecordingNote(RATE, start=RATE, loop=loop), round(seconds * RATE)
    return Recorded(path, note, takes_of(path, note, frames), frames)


@pytest.fixture
def sung(
    window: MainWindow, open_vocal: Callable[[MainWindow], None], qtbot: QtBot, tmp_path: Path
) -> Iterator[MainWindow]:
    """The window with a song of one take, which is heard where it was sung."""
    open_vocal(window)
    song = window.workspace.song
    window.record.takes.add(recorded(tmp_path / "sung.wav"))
    qtbot.waitUntil(lambda: song.vocal is not song.base, timeout=20_000)
    yield window
    idle(qtbot, window)


def test_a_recording_is_heard_where_it_was_sung_and_only_as_far_as_it_goes(
    sung: MainWindow, qtbot: QtBot
) -> None:
    song, takes = sung.workspace.song, sung.record.takes
    assert song.project.comp.parts == ((0, BASE), (RATE, 1), (2 * RATE, BASE))
    assert (song.vocal.audio.frames, song.vocal.path.parent) == (song.base.audio.frames, song.folder.audio)
    assert takes.covers(1, 1.5, 3.0)
    assert not takes.covers(1, 2.0, 3.0)
    assert takes.covers(BASE, 2.0, 3.0)
    spans = ((1.0, 2.0), (1.5, 3.0), (2.0, 3.0))
    assert [takes.heard(*span) for span in spans] == [{1}, {1, BASE}, {BASE}]
    takes.choose(1, 0.0, 3.0)
    assert song.project.comp.parts == ((0, BASE), (RATE, 1), (2 * RATE, BASE))
    takes.choose(BASE, 0.0, 3.0)
    qtbot.waitUntil(lambda: song.vocal is song.base, timeout=20_000)


def test_takes_are_chosen_by_keys(sung: MainWindow, qtbot: QtBot) -> None:
    window, takes = sung, sung.record.takes
    window.actions_by_name["takes"].trigger()
    (dialog,) = window.findChildren(TakesDialog)
    table = dialog.table
    dialog.activateWindow()
    qtbot.waitUntil(table.hasFocus, timeout=5000)
    row = next(n for n in range(table.rowCount()) if takes.heard(*dialog._spans[n]) & {1})
    window.playback.seek(dialog._spans[row][0] + 0.4)
    for _ in range(row):
        qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert window.timeline.playhead_s == pytest.approx(dialog._spans[row][0], abs=0.01)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert takes.heard(*dialog._spans[row]) == {BASE}
    qtbot.keyClick(table, Qt.Key.Key_Right)
    qtbot.keyClick(table, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert 1 in takes.heard(*dialog._spans[row])
    qtbot.keyClick(table, Qt.Key.Key_Tab)
    assert not table.hasFocus()
    dialog.close()


def test_only_what_was_sung_can_be_chosen(
    sung: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes = sung.record.takes
    monkeypatch.setattr(takes, "phrases", lambda: ((0.0, 1.5), (2.2, 3.0)))
    sung.actions_by_name["takes"].trigger()
    (dialog,) = sung.findChildren(TakesDialog)
    table = dialog.table
    cells = [[table.item(row, number) for number in (BASE, 1)] for row in (0, 1)]
    assert [[cell.text() for cell in row] for row in cells] == [["in part", "in part"], ["heard here", "–"]]
    assert [bool(row[1].flags() & Qt.ItemFlag.ItemIsEnabled) for row in cells] == [True, False]
    table.setCurrentCell(1, BASE)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert (table.currentRow(), table.currentColumn()) == (1, BASE)
    takes.choose(BASE, 0.0, 3.0)
    assert table.item(0, 1).text() == "sung"
    dialog.close()


def test_takes_of_a_loop_are_told_by_their_numbers(sung: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    told: list[str] = []
    sung.workspace.told.connect(told.append)
    sung.record.takes.add(recorded(tmp_path / "loop.wav", 2.4, (1.0, 1.5)))
    qtbot.waitUntil(lambda: bool(told), timeout=20_000)
    assert len(sung.workspace.project.takes) == 6
    said = "5 takes recorded, 2 to 6. Take 5 is heard where it was sung."  # 6 was broken off
    assert told[0].startswith(said)


def test_a_recording_too_short_for_a_take_is_told_and_kept(sung: MainWindow, tmp_path: Path) -> None:
    told: list[str] = []
    sung.workspace.told.connect(told.append)
    sung.record.takes.add(recorded(tmp_path / "short.wav", 0.2))
    assert told == [f"Too short for a take; the recording was kept: {tmp_path / 'short.wav'}"]
    assert len(sung.workspace.project.takes) == 1


def test_the_phrases_stay_while_takes_are_chosen_and_undone(sung: MainWindow, qtbot: QtBot) -> None:
    song, takes = sung.workspace.song, sung.record.takes
    spans = takes.phrases()
    assert spans == phrases(song.analysis)
    heard = song.analysis
    first = replace(heard.notes[0], start_s=0.0, end_s=1.0)
    second = replace(first, start_s=2.0, end_s=3.0)
    song.analysis = replace(heard, notes=(first, second))  # what is heard in the vocal of another choice
    assert phrases(song.analysis) != spans
    assert takes.phrases() == spans
    song.analysis = None  # while it is listened to
    assert takes.phrases() == spans
    song.analysis = heard


def test_two_quick_choices_end_at_the_later_one(sung: MainWindow, qtbot: QtBot) -> None:
    window, song, takes = sung, sung.workspace.song, sung.record.takes
    takes.choose(BASE, 1.0, 1.5)
    takes.choose(BASE, 1.0, 2.0)
    assert song.project.comp.is_base
    idle(qtbot, window)
    assert song.vocal is song.base
    for what in ("Hear the old vocal", "Hear the old vocal", "Take 1"):
        assert window.workspace.document.undo_text == what
        window.workspace.undo()
    assert window.workspace.document.undo_text == ""
    idle(qtbot, window)
    assert song.vocal is song.base
    assert song.project.comp is None
