"""Recording in the window with real keys, through a device whose output is its input."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app import build_window
from studio.audio.devices import AudioSetup, Device
from studio.audio.files import read_audio
from studio.audio.player import Player
from studio.audio.take_file import TakeFile
from studio.services.generating.service import GenerationService
from studio.services.recording.recording import recover_recordings
from studio.storage.audio_settings import AudioSettings, read_audio_settings, write_audio_settings
from studio.storage.paths import user_config_dir
from studio.storage.recordings import RecordingNote, new_recording, write_note
from studio.ui.recording.devices_dialog import DevicesDialog
from studio.ui.recording.recovery_dialog import RecoveryDialog
from studio.ui.recording.takes_dialog import TakesDialog
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.main_window import MainWindow
from studio.ui.window.preferences import Preferences
from tests.audio.loop import jack_loop
from tests.services.band import ToneEngine
from tests.ui.conftest import write_vocal

Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]
LOOP = AudioSettings(
    output="loopback",
    input="loopback",
    host_api="JACK Audio Connection Kit",
    count_in_bars=0,
    metronome=False,
)
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture(scope="module")
def loopback() -> Iterator[Device]:
    with jack_loop() as device:
        yield device


@pytest.fixture
def settings_path() -> Path:
    return user_config_dir() / "audio.json"


@pytest.fixture
def loop_window(
    qtbot: QtBot, tmp_path: Path, loopback: Device, settings_path: Path
) -> Iterator[Callable[..., MainWindow]]:
    """Opens the window with the loop as its devices, and options of AudioSettings by name."""
    made: list[MainWindow] = []

    def make(*, dialog_follows: bool = False, **options: object) -> MainWindow:
        write_audio_settings(settings_path, dataclasses.replace(LOOP, **options))
        player = Player(find_setup=lambda: AudioSetup(loopback))
        service = GenerationService(Path("no weights"), "cpu", load=lambda *_: ToneEngine())
        window = build_window(
            service, player, Preferences(tmp_path / "window.ini"), tmp_path / "data", tmp_path / "Music"
        )
        made.append(window)
        window.show()
        if not dialog_follows:
            focus(qtbot, window)
        return window

    yield make
    for window in made:
        for dialog in window.findChildren(ErrorDialog):
            dialog.close()
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents()


def focus(qtbot: QtBot, window: MainWindow) -> None:
    """What the window manager does when a dialog closes."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    window.panels.setFocus()


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, held)


def idle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)
    qtbot.wait(50)


def test_r_on_an_empty_desk_counts_in_records_and_opens_the_take_in_its_tempo(
    loop_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    """What is sung here are the clicks of the metronome, which the loop returns."""
    window = loop_window(count_in_bars=1, metronome=True, tempo_bpm=240.0)
    recording = window.record.recording
    press(qtbot, window, Qt.Key.Key_R)
    assert window.transport.record.isChecked()
    # The count-in takes a second: a busy machine may look away for as long.
    qtbot.waitUntil(lambda: recording.state in ("counting", "recording"), timeout=30_000)
    assert window.transport.record.isChecked()
    qtbot.waitUntil(lambda: recording.state == "recording", timeout=10_000)
    assert window.playback.player.recorder.begun, "not before the count-in is over"
    qtbot.waitUntil(lambda: window.timeline.playhead_s > 2.3, timeout=30_000)
    assert window.transport.input.isVisible()
    qtbot.waitUntil(lambda: max(window.transport.input.holds) > 0.3, timeout=5000)
    assert window.panels.live.isVisible()
    assert window.panels.live.title.text() == "Recording"
    assert window.panels.live.hint.text().startswith("R ends the take.")
    assert max(window.panels.live.wave.shares) > 0.8, "the clicks come back"
    press(qtbot, window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: window.workspace.song is not None, timeout=20_000)
    qtbot.waitUntil(lambda: window.workspace.song.analysis is not None, timeout=60_000)
    session = window.workspace.song
    assert session.vocal.path.parent == recording.service.folder
    assert session.vocal.audio.duration_s > 2.2
    assert (session.project.given.tempo_bpm, session.project.given.downbeat_s) == (240.0, 0.0)
    assert not window.transport.record.isChecked()
    idle(qtbot, window)


def test_a_dead_input_is_told_and_makes_no_take(loop_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    """No metronome: the loop returns silence."""
    window = loop_window(count_in_bars=0, metronome=False)
    press(qtbot, window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: window.timeline.playhead_s > 0.5, timeout=30_000)
    press(qtbot, window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(window.findChildren(ErrorDialog)), timeout=10_000)
    window.findChildren(ErrorDialog)[0].close()
    assert window.workspace.song is None
    assert list(window.record.recording.service.folder.glob("*.wav"))
    assert window.panels.is_empty
    assert window.panels.empty.isVisible()


def test_a_take_over_the_band_replaces_the_vocal_and_the_old_one_comes_back(
    loop_window: Callable[..., MainWindow], open_vocal: Open, generate: Generate, qtbot: QtBot
) -> None:
    window = loop_window()
    open_vocal(window)
    generate(window, 1)
    idle(qtbot, window)
    window.playback.set_mix(matched=False)
    before, grid = window.workspace.song.vocal, window.workspace.song.analysis.grid
    window.playback.seek(0.4)
    window.record.handlers["devices"]()
    dialog = window.findChildren(DevicesDialog)[0]
    qtbot.waitUntil(dialog.measure.isEnabled, timeout=10_000)
    dialog.measure.click()
    qtbot.waitUntil(lambda: window.record.recording.latency_is_measured, timeout=20_000)
    dialog.close()
    assert window.timeline.playhead_s == pytest.approx(0.4), "the test sound leaves the playhead where it was"
    assert window.status.output.text().startswith("loopback")
    window.playback.seek(0.0)
    focus(qtbot, window)
    press(qtbot, window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: window.record.recording.state == "recording", timeout=10_000)
    qtbot.waitUntil(lambda: window.record.recording.state == "off", timeout=30_000)
    qtbot.waitUntil(lambda: window.workspace.song.vocal is not before, timeout=20_000)
    idle(qtbot, window)
    vocal = window.workspace.song.vocal.audio
    assert (vocal.frames, vocal.sample_rate) == (before.audio.frames, before.audio.sample_rate)
    # The loop returns the band alone: the old vocal is silent while a new one is sung.
    band = sum(stem.samples for stem in window.workspace.song.candidates[1].stems.values())
    # Two conversions of the rate lie between; a sample to either side the likeness would be far less.
    for shift, like in ((0, True), (-1, False), (1, False)):
        rest = np.roll(vocal.samples[0], shift)[10_000:-10_000] - band[0, 10_000:-10_000]
        assert bool(np.std(rest) < 0.02 * np.std(band)) is like
    assert list(window.workspace.song.candidates) == [1]
    assert window.workspace.song.analysis.grid == grid, "the band is played to these beats"

    window.record.handlers["takes"]()
    takes = window.findChildren(TakesDialog)[0]
    assert takes.table.columnCount() == 2
    takes.table.horizontalHeader().sectionClicked.emit(0)
    qtbot.waitUntil(lambda: window.workspace.song.vocal is before, timeout=20_000)
    takes.close()
    idle(qtbot, window)

    # The choice and the take can be undone, one by one, and done again.
    focus(qtbot, window)
    undoable = window.workspace.document
    assert undoable.undo_text == "Hear the old vocal"
    press(qtbot, window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: window.workspace.song.vocal is not before, timeout=20_000)
    idle(qtbot, window)
    assert undoable.undo_text == "Take 1"
    press(qtbot, window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: window.workspace.song.vocal is before, timeout=20_000)
    idle(qtbot, window)
    assert window.workspace.project.comp is None
    assert len(window.workspace.project.takes) == 1, "that it was sung is a fact, and it can be chosen"
    press(qtbot, window, Qt.Key.Key_Z, CTRL | SHIFT)
    qtbot.waitUntil(lambda: window.workspace.song.vocal is not before, timeout=20_000)
    idle(qtbot, window)
    assert np.array_equal(window.workspace.song.vocal.audio.samples, vocal.samples)


def test_space_ends_a_take_and_seeking_never_moves_it(
    loop_window: Callable[..., MainWindow], open_vocal: Open, vocal_path: Path, qtbot: QtBot
) -> None:
    """What is sung are the clicks of the metronome."""
    write_vocal(vocal_path, 10.0)
    window = loop_window(metronome=True)
    open_vocal(window)
    idle(qtbot, window)
    recorded = []
    window.record.recording.recorded.connect(recorded.append)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Right):
        window.playback.seek(0.0)
        press(qtbot, window, Qt.Key.Key_R)
        qtbot.waitUntil(lambda: window.playback.player.position_s > 1.2, timeout=20_000)
        press(qtbot, window, key)
        qtbot.waitUntil(lambda: window.record.recording.state == "off", timeout=10_000)
        idle(qtbot, window)
    assert [t.start for r in recorded for t in r.takes] == [0, 0]
    assert len(window.workspace.project.takes) == 2
    for one in recorded:
        frames = read_audio(one.path).frames
        assert 1.1 < frames / one.note.sample_rate < 8.0


def test_keys_of_the_metronome_and_the_punch_points(
    loop_window: Callable[..., MainWindow], open_vocal: Open, qtbot: QtBot, settings_path: Path
) -> None:
    """What is sung are the clicks of the metronome."""
    window = loop_window(metronome=True)
    open_vocal(window)
    press(qtbot, window, Qt.Key.Key_K)
    assert not window.transport.metronome.isChecked()
    assert not read_audio_settings(settings_path).metronome
    press(qtbot, window, Qt.Key.Key_K)
    assert read_audio_settings(settings_path).metronome
    window.playback.seek(0.5)
    press(qtbot, window, Qt.Key.Key_I, SHIFT)
    window.playback.seek(1.5)
    press(qtbot, window, Qt.Key.Key_O, SHIFT)
    assert window.timeline.punch_s == pytest.approx((0.5, 1.5))
    window.playback.seek(0.2)
    press(qtbot, window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(window.workspace.project.takes), timeout=30_000)
    (take,) = window.workspace.project.takes
    assert (take.start_s, take.end_s) == pytest.approx((0.5, 1.5), abs=1e-4)
    window.actions_by_name["punch_clear"].trigger()
    assert window.timeline.punch_s is None
    idle(qtbot, window)


def test_devices_are_chosen_and_remembered_with_their_latency(
    loop_window: Callable[..., MainWindow], qtbot: QtBot, settings_path: Path
) -> None:
    window = loop_window()
    window.record.handlers["devices"]()
    dialog = window.findChildren(DevicesDialog)[0]
    qtbot.waitUntil(dialog.measure.isEnabled, timeout=10_000)
    assert dialog.input.currentData().name == "loopback"
    assert dialog.rate.currentData() == 48000
    assert "not measured" in dialog.latency.text()
    dialog.channels.setCurrentIndex(dialog.channels.findText("1 and 2, stereo"))
    dialog.channels.activated.emit(dialog.channels.currentIndex())
    qtbot.waitUntil(lambda: window.playback.player.levels is not None, timeout=10_000)
    assert len(window.playback.player.levels.peaks) == 2
    qtbot.waitUntil(dialog.measure.isEnabled, timeout=10_000)
    dialog.measure.click()
    qtbot.waitUntil(lambda: dialog.latency.text().endswith("samples), measured"), timeout=20_000)
    dialog.close()
    kept = read_audio_settings(settings_path)
    assert (kept.input, kept.input_first, kept.input_count) == ("loopback", 0, 2)
    assert list(kept.latencies.values()) == [1024]


def test_a_recording_that_was_cut_off_is_offered_at_the_next_start(
    loop_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "recordings"
    path = new_recording(folder, datetime(2026, 1, 2, 3, 4, 5))
    write_note(path, RecordingNote(48000, tempo_bpm=120.0, beats_per_bar=4))
    sung = 0.3 * np.sin(2 * np.pi * 220 * np.arange(3 * 48000) / 48000).astype(np.float32)
    file = TakeFile(path, 48000, 1)
    file.append(sung[:, None])  # and no close: the process was killed
    os.utime(path, (0, 0))
    window = loop_window(dialog_follows=True)
    qtbot.waitUntil(lambda: bool(window.findChildren(RecoveryDialog)), timeout=10_000)
    dialog = window.findChildren(RecoveryDialog)[0]
    assert len(dialog.rows) == 1
    os.utime(path, (0, 0))
    assert recover_recordings(folder), "until it is open, it would be found again"
    dialog.open_requested.emit(dialog.found[0])
    dialog.close()
    qtbot.waitUntil(lambda: window.workspace.song is not None, timeout=20_000)
    assert np.array_equal(window.workspace.song.vocal.audio.samples[0], sung)
    idle(qtbot, window)
    os.utime(path, (0, 0))
    assert not recover_recordings(folder)
    file.close()
    assert not window.findChildren(ErrorDialog)


def test_without_an_input_r_says_what_to_do(
    make_window: Callable[[], MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.ui.recording.recording.resolve_setup", lambda *_, **__: AudioSetup())
    window = make_window()
    focus(qtbot, window)
    press(qtbot, window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(window.findChildren(ErrorDialog)), timeout=10_000)
    (dialog,) = window.findChildren(ErrorDialog)
    assert "Cannot record" in dialog.text
    assert not window.transport.record.isChecked()
