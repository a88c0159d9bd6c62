"""Asked for the beat: what is heard, what keys do, and what follows."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mido
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.core.analysis import Reading, VocalAnalysis
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken
from studio.core.music import Chord, Meter
from studio.services.project.analyses import keep_analysis
from studio.ui.generating.breed_dialog import BreedDialog
from studio.ui.listening.asking_dialog import AskingDialog
from studio.ui.window.main_window import MainWindow
from studio.ui.window.menu_reasons import MenuReasons
from tests.ui.conftest import write_vocal

Open = Callable[[MainWindow], None]


def doubtful(analysis: VocalAnalysis) -> VocalAnalysis:
    """The same vocal, counted at 120, 90 or 60 with doubt."""
    chords, duration_s = Chord.parse_many("Am"), analysis.duration_s

    def grid(tempo_bpm: float) -> BeatGrid:
        return BeatGrid.regular(tempo_bpm, Meter(4, 4), duration_s, 0.2)

    return replace(
        analysis,
        grid=grid(120.0),
        chords=chords * grid(120.0).bars,
        confidence=replace(analysis.confidence, tempo=0.4, beats=0.4),
        alternatives=(
            Reading(grid(90.0), chords * grid(90.0).bars, 0.3),
            Reading(grid(60.0), chords * grid(60.0).bars, 0.2),
        ),
    )


@pytest.fixture
def doubting(window: MainWindow, open_vocal: Open) -> MainWindow:
    """A window whose vocal can be counted in three ways."""
    open_vocal(window)
    window.preferences.set("ask_for_beat", True)
    song = window.workspace.song
    assert song is not None
    assert song.analysis is not None
    song.analysis = doubtful(song.analysis)
    window.request.count.set_value(3)
    return window


def asked(window: MainWindow) -> AskingDialog:
    window.request.generate.click()
    (dialog,) = window.findChildren(AskingDialog)
    assert not window.generation.running
    return dialog


def test_keys_switch_the_reading_and_enter_generates_in_it(doubting: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(doubting)
    assert [row.text().split("    ")[1].split(" bpm")[0] for row in dialog.rows] == ["120.0", "90.0", "60.0"]
    assert doubting.playback.player.playing
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    assert not doubting.playback.player.playing
    qtbot.keyClick(dialog, Qt.Key.Key_2)
    assert [row.isChecked() for row in dialog.rows] == [False, True, False]
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    given = doubting.workspace.project.given
    assert (given.tempo_bpm, given.meter) == (90.0, Meter(4, 4))
    assert given.downbeat_s == pytest.approx(0.2)
    qtbot.waitUntil(lambda: len(doubting.candidates.rows) == 3, timeout=60_000)
    song = doubting.workspace.song
    assert song is not None
    tempi = [candidate.arrangement.grid.tempo_bpm for candidate in song.candidates.values()]
    assert tempi == pytest.approx([90.0] * 3)
    rows = doubting.candidates.rows.values()
    assert not any("bpm" in row.facts.text() for row in rows)
    doubting.workspace.undo()
    assert doubting.workspace.project.given.tempo_bpm is None
    qtbot.waitUntil(lambda: not doubting.workspace.runner.busy, timeout=60_000)
    # Listened to again, the vocal is counted otherwise: these were made to another beat.
    assert song.analysis is not None
    assert song.analysis.tempo_bpm != pytest.approx(90.0, abs=0.5)
    assert all(row.facts.text().startswith("90.0 bpm") for row in rows)


def test_half_of_a_tempo_that_nobody_plays_is_refused_and_not_another_one(
    doubting: MainWindow, qtbot: QtBot
) -> None:
    song = doubting.workspace.song
    assert song is not None
    assert song.analysis is not None
    slow = BeatGrid.regular(59.882, Meter(4, 4), song.analysis.duration_s, 0.2)
    song.analysis = replace(song.analysis, grid=slow)
    dialog = asked(doubting)
    before = list(dialog.ways)
    for press in (lambda: qtbot.keyClick(dialog, Qt.Key.Key_H), dialog.half.click):
        dialog.told.clear()
        press()
        assert dialog.told.text().startswith("The band does not play at that tempo")
        assert "Found: 29.941 bpm. Expected: 30 to 300 bpm" in dialog.told.text()
        assert (dialog.ways, dialog.heard) == (before, 0)
    for tempo_bpm in (119.764, 239.528):
        qtbot.keyClick(dialog, Qt.Key.Key_D)
        assert dialog.ways[-1].grid.tempo_bpm == pytest.approx(tempo_bpm)
        assert not dialog.told.text(), "what was refused is over"
    qtbot.keyClick(dialog, Qt.Key.Key_D)
    assert "Found: 479.056 bpm" in dialog.told.text()
    assert dialog.ways[-1].grid.tempo_bpm == pytest.approx(239.528)
    dialog.reject()


class Listening:
    """Holds a window's listening until it is told to go on."""

    def __init__(self, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go_on = threading.Event()
        listen = window.analysing._analyse

        def held(*args: Any, cancel: CancelToken, **more: Any) -> VocalAnalysis:
            while not self.go_on.wait(0.01):
                cancel.check()
            return listen(*args, cancel=cancel, **more)

        monkeypatch.setattr(window.analysing, "_analyse", held)


def test_a_request_that_waits_for_the_listening_is_shown_and_can_be_cancelled(
    doubting: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = Listening(doubting, monkeypatch)
    qtbot.keyClick(asked(doubting), Qt.Key.Key_Return)
    assert doubting.generation.running
    assert doubting.request.cancel.isVisible()
    assert doubting.request.doing == "Listening to the vocal first …"
    doubting.request.cancel.click()
    assert not doubting.generation.running
    assert doubting.request.generate.isVisible()
    listening.go_on.set()
    qtbot.waitUntil(lambda: not doubting.workspace.runner.busy, timeout=60_000)
    assert not doubting.candidates.rows
    assert doubting.workspace.project.begun is None


@pytest.mark.parametrize("answer", ["stay", "stop"])
def test_closing_on_a_request_that_waits_for_the_listening_asks(
    doubting: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    listening = Listening(doubting, monkeypatch)
    qtbot.keyClick(asked(doubting), Qt.Key.Key_Return)
    told: list[str] = []
    monkeypatch.setattr(doubting.ask, "how_to_close", lambda doing, background: told.append(doing) or answer)
    doubting.close()
    assert told == ["Candidates are still being made."]
    assert doubting.isVisible() == (answer == "stay")
    listening.go_on.set()
    if answer == "stay":
        qtbot.waitUntil(lambda: len(doubting.candidates.rows) == 3, timeout=60_000)
        qtbot.waitUntil(lambda: not doubting.generation.running, timeout=60_000)
    assert doubting.workspace.project.begun is None


def test_a_request_that_waited_when_the_program_was_cut_off_is_offered(
    doubting: MainWindow,
    make_window: Callable[[], MainWindow],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    Listening(doubting, monkeypatch)
    doubting.request.seed.setValue(7)
    qtbot.keyClick(asked(doubting), Qt.Key.Key_2)
    (dialog,) = doubting.findChildren(AskingDialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    song = doubting.workspace.song
    assert song is not None
    assert song.folder is not None
    qtbot.waitUntil(lambda: not doubting.workspace.runner.running("Saving"), timeout=30_000)
    cut_off = shutil.copytree(song.folder.path, tmp_path / "cut off.backline")
    (cut_off / "lock.json").unlink()

    window = make_window()
    offered: list[tuple[int, int]] = []
    monkeypatch.setattr(
        window.ask,
        "make_the_rest",
        lambda begun, made, *_: offered.append((made, begun.candidates)) or "make",
    )
    window.open_path(cut_off)
    qtbot.waitUntil(lambda: len(window.candidates.rows) == 3, timeout=60_000)
    qtbot.waitUntil(lambda: not window.generation.running, timeout=60_000)
    assert offered == [(0, 3)]
    project = window.workspace.project
    assert project.begun is None
    assert [(record.origin.seed, record.origin.number_in_request) for record in project.candidates] == [
        (7, 1), (7, 2), (7, 3)
    ]  # fmt: skip
    assert project.given.tempo_bpm == 90.0


def test_one_of_each_is_a_candidate_in_every_reading(doubting: MainWindow, qtbot: QtBot) -> None:
    doubting.request.count.set_value(1)  # of each is of each, whatever was asked for otherwise
    dialog = asked(doubting)
    qtbot.keyClick(dialog, Qt.Key.Key_E)
    begun = doubting.workspace.project.begun
    qtbot.waitUntil(lambda: len(doubting.candidates.rows) == 3, timeout=60_000)
    song = doubting.workspace.song
    assert song is not None
    tempi = [round(song.candidates[n].arrangement.grid.tempo_bpm) for n in (1, 2, 3)]
    assert tempi == [120, 90, 60]
    assert doubting.workspace.project.given.tempo_bpm is None
    qtbot.waitUntil(lambda: not doubting.workspace.runner.busy, timeout=60_000)

    # Each row says its beat, while not all have one.
    rows = doubting.candidates.rows
    assert [rows[n].facts.text().split(" · ")[0] for n in (1, 2, 3)] == ["120.0 bpm", "90.0 bpm", "60.0 bpm"]
    assert "90.0 bpm" in rows[2].accessibleName()

    # What cannot be bred is said before a dialog is filled in, and greyed.
    failed: list[Exception] = []
    doubting.workspace.failed.disconnect(doubting.troubles.show)
    doubting.workspace.failed.connect(failed.append)
    doubting.playback.select(1)
    doubting.playback.select(2)
    doubting.compare.ask("breed", 2)
    assert not doubting.findChildren(BreedDialog)
    (error,) = failed
    assert "4/4 at 120.0 bpm (bar at 0.20 s) and 4/4 at 90.0 bpm (bar at 0.20 s)" in str(error)
    assert "different beats" in doubting.findChild(MenuReasons).why_not("breed")
    doubting.workspace.failed.connect(doubting.troubles.show)

    # Were it cut off, its rest would be what it would have been.
    assert begun is not None
    assert song.folder is not None
    (song.folder.analyses / f"{begun.analysis}.json").unlink()  # of the vocal before it was doubted
    assert song.analysis is not None
    unlikely = tuple(replace(reading, confidence=0.02) for reading in song.analysis.alternatives)
    keep_analysis(song.folder, begun.analysis, replace(song.analysis, alternatives=unlikely))
    doubting.generation.resume(replace(begun, key="cut off", only=(2, 3)))
    qtbot.waitUntil(lambda: len(doubting.candidates.rows) == 5, timeout=60_000)
    assert [round(song.candidates[n].arrangement.grid.tempo_bpm) for n in (4, 5)] == [90, 60]
    qtbot.waitUntil(lambda: not doubting.workspace.runner.busy, timeout=60_000)


def test_escape_answers_nothing_and_is_asked_again(doubting: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(doubting)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not doubting.generation.running
    qtbot.waitUntil(lambda: not doubting.findChildren(AskingDialog))
    doubting.analysis.chords.setText("Am F")  # they stand in the bars of one reading
    doubting.analysis.chords.editingFinished.emit()
    again = asked(doubting)
    assert not again.each.isVisible()
    again.reject()
    assert not doubting.generation.running


def test_half_double_and_this_is_one(doubting: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(doubting)
    qtbot.keyClick(dialog, Qt.Key.Key_D)
    assert dialog.ways[dialog.heard].grid.tempo_bpm == pytest.approx(240.0)
    qtbot.keyClick(dialog, Qt.Key.Key_H)
    qtbot.keyClick(dialog, Qt.Key.Key_H)
    assert dialog.ways[dialog.heard].grid.tempo_bpm == pytest.approx(60.0)
    assert len(dialog.rows) == 4
    qtbot.keyClick(dialog, Qt.Key.Key_1)
    qtbot.keyClick(dialog, Qt.Key.Key_Space)
    doubting.playback.seek(1.22)  # a beat at 120 with a bar at 0.2: its third
    qtbot.keyClick(dialog, Qt.Key.Key_B)
    lines = dialog.ways[0].grid.downbeats_s
    assert min(abs(line - 1.2) for line in lines) < 1e-6
    dialog.reject()
    assert not doubting.generation.running
    assert not doubting.playback.player.playing


def test_a_tap_at_rest_plays_again(
    doubting: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = asked(doubting)
    doubting.playback.pause()
    played: list[bool] = []
    monkeypatch.setattr(doubting.playback, "toggle", lambda: played.append(True))
    qtbot.mousePress(dialog.tap, Qt.MouseButton.LeftButton)
    assert played == [True]
    assert "tap along" in dialog.told.text()
    dialog.reject()


def test_what_was_given_for_one_song_is_not_shown_of_the_next(
    window: MainWindow, open_vocal: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    open_vocal(window)
    source = window.analysis.rows["tempo"].source
    window.analysis.tempo.setValue(96.0)
    window.analysis.tempo.editingFinished.emit()
    qtbot.waitUntil(lambda: bool(source.property("yours")), timeout=30_000)
    window.open_path(write_vocal(tmp_path / "other.wav", 2.5))
    qtbot.waitUntil(lambda: "listening" in source.text(), timeout=30_000)
    assert not source.property("yours")
    qtbot.waitUntil(lambda: window.request.generate.isEnabled(), timeout=30_000)


def test_asked_once_and_never_again_where_that_is_wished(doubting: MainWindow, qtbot: QtBot) -> None:
    dialog = asked(doubting)
    dialog.again.click()
    dialog.reject()
    assert not doubting.preferences.get("ask_for_beat", True)
    doubting.request.generate.click()
    assert doubting.generation.running
    qtbot.waitUntil(lambda: not doubting.generation.running, timeout=60_000)
    qtbot.waitUntil(lambda: not doubting.workspace.runner.busy, timeout=60_000)


def test_a_guide_gives_the_beat_and_can_be_taken_away(
    window: MainWindow, open_vocal: Open, qtbot: QtBot, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_vocal(window)
    path = window.workspace.projects_dir.parent / "tempo.mid"
    file = mido.MidiFile()
    track = mido.MidiTrack(
        [
            mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(88.0)),
            mido.MetaMessage("time_signature", numerator=3, denominator=4),
            mido.Message("note_on", note=60, velocity=90, time=0),
            mido.Message("note_off", note=60, velocity=0, time=480 * 12),
        ]
    )
    file.tracks.append(track)
    file.save(path)
    monkeypatch.setattr(window.ask, "guide", lambda: path)
    window.analysis.guide.click()
    qtbot.waitUntil(lambda: window.workspace.project.given.guide is not None, timeout=30_000)
    qtbot.waitUntil(lambda: window.workspace.song.is_heard, timeout=60_000)  # type: ignore[union-attr]
    assert window.analysis.guided.text() == "tempo.mid gives the beat"
    assert window.analysis.rows["tempo"].source.text() == "from the guide"
    assert window.analysis.tempo.value() == pytest.approx(88.0, abs=0.05)
    grid = window.workspace.song.analysis.grid  # type: ignore[union-attr]
    assert grid.meter == Meter(3, 4)
    assert min(abs(t) for t in grid.downbeats_s) < 1e-3
    window.analysis.unguide.click()
    assert window.workspace.project.given.guide is None
    window.workspace.undo()
    assert window.workspace.project.given.guide is not None
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)


def test_a_typing_error_marks_the_chord_and_keeps_the_line(
    window: MainWindow, open_vocal: Open, qtbot: QtBot
) -> None:
    open_vocal(window)
    field = window.analysis.chords
    field.setText("Am F Hq G")
    field.editingFinished.emit()
    assert field.text() == "Am F Hq G"
    assert field.selectedText() == "Hq"
    assert window.workspace.project.chords is None
    field.setText("(G) Am F C G")
    field.editingFinished.emit()
    assert window.workspace.project.chords == Chord.parse_many("Am F C G")
    assert window.workspace.project.pickup == Chord.parse_many("G")
    assert field.text() == "(G) Am F C G"
