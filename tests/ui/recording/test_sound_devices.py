"""The window on sound systems that hang, change and come late: it stays, says so, and goes on by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app import build_window
from studio.audio.devices import AudioSetup, default_output
from studio.audio.player import Player
from studio.audio.take_file import TakeFile
from studio.services.generating.service import GenerationService
from studio.storage.audio_settings import AudioSettings, write_audio_settings
from studio.storage.paths import user_config_dir
from studio.ui.recording.devices_dialog import DevicesDialog
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.main_window import MainWindow
from studio.ui.window.preferences import Preferences
from tests.audio.fake_portaudio import FakePortAudio
from tests.services.band import ToneEngine
from tests.ui.conftest import write_vocal

Open = Callable[[MainWindow], None]
Make = Callable[..., tuple[MainWindow, FakePortAudio]]


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A window on a fake sound library, which hangs where it is told to."""
    made: list[MainWindow] = []
    libraries: list[FakePortAudio] = []

    def make_it(*names: str, hangs: bool = False) -> tuple[MainWindow, FakePortAudio]:
        library = FakePortAudio(*names)
        monkeypatch.setattr("studio.audio.devices.portaudio", lambda: library)
        monkeypatch.setattr("studio.audio.devices.system_state", lambda: library.state)
        monkeypatch.setattr("studio.audio.connection._WATCH_EVERY_S", 0.05)
        if hangs:
            library.answers.clear()
        write_audio_settings(
            user_config_dir() / "audio.json", AudioSettings(count_in_bars=0, metronome=False)
        )
        player = Player(find_setup=lambda: AudioSetup(default_output()), patience_s=0.3)
        service = GenerationService(Path("no weights"), "cpu", load=lambda *_: ToneEngine())
        preferences = Preferences(tmp_path / "window.ini")
        preferences.set("ask_for_beat", False)
        window = build_window(service, player, preferences, tmp_path / "data", tmp_path / "Music")
        made.append(window)
        libraries.append(library)
        window.show()
        return window, library

    yield make_it
    for library in libraries:
        library.answers.set()
        library.closes.set()
    for window in made:
        for dialog in (*window.findChildren(ErrorDialog), *window.findChildren(DevicesDialog)):
            dialog.close()
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents()


def dialog_of(window: MainWindow) -> DevicesDialog:
    window.record.handlers["devices"]()
    return window.findChildren(DevicesDialog)[0]


def start_recording(window: MainWindow, qtbot: QtBot) -> None:
    window.record.recording.toggle()
    qtbot.waitUntil(lambda: window.record.recording.state == "recording", timeout=10_000)
    recorder = window.playback.player.recorder
    assert recorder is not None
    qtbot.waitUntil(lambda: recorder.frames > 48000, timeout=10_000)


def test_a_vocal_opens_without_sound_while_the_sound_system_hangs(
    make: Make, open_vocal: Open, qtbot: QtBot
) -> None:
    window, library = make("speakers", hangs=True)
    open_vocal(window)
    assert library.waiting, "it does hang"
    assert window.workspace.song is not None
    assert "does not answer" in window.status.output.text()
    window.playback.toggle()
    qtbot.waitUntil(lambda: window.timeline.playhead_s > 0.2, timeout=10_000)
    library.answers.set()
    qtbot.waitUntil(lambda: window.status.output.text().startswith("speakers"), timeout=10_000)
    qtbot.waitUntil(lambda: bool(library.streams[0].heard.any()), timeout=10_000)


def test_the_devices_dialog_opens_while_the_sound_system_hangs_and_shows_a_new_device(
    make: Make, qtbot: QtBot
) -> None:
    window, library = make("speakers")
    window.playback.player.open()
    library.plugged.append("headphones")
    library.answers.clear()
    dialog = dialog_of(window)
    assert dialog.isVisible()
    assert dialog.problem.text()
    library.answers.set()
    qtbot.waitUntil(lambda: dialog.output.count() == 2, timeout=10_000)
    assert dialog.output.itemText(1).startswith("headphones")
    qtbot.waitUntil(dialog.measure.isEnabled, timeout=10_000)
    assert dialog.problem.isHidden()


def test_a_measurement_while_recording_is_refused_and_the_song_stays(
    make: Make, vocal_path: Path, open_vocal: Open, qtbot: QtBot
) -> None:
    write_vocal(vocal_path, 30.0)
    window, _ = make("interface")
    open_vocal(window)
    start_recording(window, qtbot)
    dialog = dialog_of(window)
    dialog.measure.setEnabled(True)
    dialog.measure.click()
    assert "not finished" in dialog.latency.text()
    dialog.close()
    assert window.playback.player.duration_s == pytest.approx(30.0)
    assert window.record.recording.service.active
    window.record.recording.toggle()
    qtbot.waitUntil(lambda: window.record.recording.state == "off", timeout=10_000)


def test_candidates_that_arrive_during_a_measurement_are_heard(
    make: Make, open_vocal: Open, generate: Callable[[MainWindow, int], None], qtbot: QtBot
) -> None:
    window, library = make("interface")
    open_vocal(window)
    dialog = dialog_of(window)
    qtbot.waitUntil(dialog.measure.isEnabled, timeout=10_000)
    dialog.measure.click()
    generate(window, 1)
    qtbot.waitUntil(lambda: dialog._test is None, timeout=20_000)
    dialog.close()
    window.playback.set_mix(selected=1, balance=1.0)
    before = library.streams[-1].heard.shape[1]
    window.playback.toggle()
    qtbot.waitUntil(lambda: bool(library.streams[-1].heard[:, before:].any()), timeout=10_000)


def test_another_rate_while_a_candidate_is_made_plays_nothing_at_a_wrong_speed(
    make: Make, open_vocal: Open, generate: Callable[[MainWindow, int], None], qtbot: QtBot
) -> None:
    window, _ = make("interface")
    player = window.playback.player
    open_vocal(window)
    generate(window, 1)
    window.record.recording.use_setup(AudioSetup(player.setup.output, sample_rate=44100))
    qtbot.waitUntil(lambda: player.sample_rate == 44100 and not player.preparing, timeout=20_000)
    assert player.duration_s == pytest.approx(3.0, abs=1e-4)
    assert {s.sample_rate for s in player._timeline.sources.values()} == {44100}
    assert {s.frames for s in player._timeline.sources.values()} == {3 * 44100}


def test_another_song_does_not_wait_for_the_take_to_be_written(
    make: Make, vocal_path: Path, open_vocal: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_vocal(vocal_path, 30.0)
    window, _ = make("interface")
    open_vocal(window)
    disk, close = threading.Event(), TakeFile.close

    def slow_close(file: TakeFile) -> None:
        disk.wait(30)
        close(file)

    monkeypatch.setattr(TakeFile, "close", slow_close)
    start_recording(window, qtbot)
    told: list[str] = []
    window.record.recording.told.connect(told.append)
    song = window.workspace.song
    window.open_path(vocal_path)
    qtbot.waitUntil(lambda: window.workspace.song is not song, timeout=30_000)
    assert not told, "the disk is not done"
    assert window.record.recording.state == "off"
    disk.set()
    qtbot.waitUntil(lambda: any("was kept" in t for t in told), timeout=10_000)
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)
