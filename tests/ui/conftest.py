"""The real window on real services; only the engine makes tones, and no sound device is asked for."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app import build_window
from studio.audio.devices import AudioSetup
from studio.audio.player import Player
from studio.core.mix import VOCAL
from studio.services.generating.service import GenerationService
from studio.services.vocal import analyse_vocal
from studio.ui.appearance import theme
from studio.ui.listening.analysing import Analyse
from studio.ui.window.main_window import MainWindow
from studio.ui.window.preferences import Preferences
from tests.services.band import ToneEngine
from tests.ui.rating.fake_personal import FakePersonal
from tests.ui.rating.fake_screens import FakeScreens

RATE = 44100


class Begin(Protocol):
    def __call__(self, candidates: int = 0) -> MainWindow: ...


class Reopen(Protocol):
    def __call__(self, folder: Path, *, read_only: bool = False) -> MainWindow: ...


def gains(window: MainWindow) -> dict[object, float]:
    """What the player was told to let through: linear gain by source."""
    plan = window.playback.player._mixer._plan
    return {track.key: gain for track, gain in zip(plan.tracks, plan.goals, strict=True)}


def hears_vocal_only(window: MainWindow) -> bool:
    """Whether the band of the candidate that is selected is silent, and the vocal is not."""
    heard = {key for key, gain in gains(window).items() if gain and key != "click"}
    return heard == {VOCAL}


def project_folder(music: Path) -> Path:
    """The only project there is."""
    (folder,) = music.glob("*.backline")
    return folder


def idle(qtbot: QtBot, window: MainWindow) -> None:
    """Waits until nothing is made, read or written any more."""
    qtbot.waitUntil(lambda: not window.generation.running, timeout=120_000)
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=120_000)


def wait_for_song(qtbot: QtBot, window: MainWindow) -> None:
    """Waits until a song that is opened is there, and everything that follows from it."""
    qtbot.waitUntil(lambda: window.workspace.song is not None, timeout=30_000)
    idle(qtbot, window)


def write_vocal(path: Path, seconds: float = 3.0) -> Path:
    """A sung-like line: four notes of a few harmonics, 16-bit mono WAV."""
    t = np.arange(round(seconds * RATE)) / RATE
    notes = (220.0, 246.94, 261.63, 196.0)
    f0 = np.choose((t * len(notes) / seconds).astype(int), notes)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 6)) * 0.15
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((voice * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> Iterator[None]:
    """The theme of the application, and no window left behind."""
    theme.apply_theme(qapp, "dark")
    yield
    left = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    for widget in left:
        widget.close()
    assert not left, f"windows left open: {left}"


@pytest.fixture
def vocal_path(tmp_path: Path) -> Path:
    return write_vocal(tmp_path / "first take.wav")


@pytest.fixture
def engine() -> ToneEngine:
    return ToneEngine()


@pytest.fixture
def analyse() -> Analyse:
    return analyse_vocal


@pytest.fixture
def screens() -> FakeScreens:
    return FakeScreens()


@pytest.fixture
def personal(tmp_path: Path) -> FakePersonal:
    return FakePersonal(tmp_path)


@pytest.fixture
def make_window(
    qtbot: QtBot,
    tmp_path: Path,
    engine: ToneEngine,
    analyse: Analyse,
    screens: FakeScreens,
    personal: FakePersonal,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[], MainWindow]]:
    """Opens the window as often as asked, with the same settings file and data folder."""
    made: list[MainWindow] = []

    def unexpected(text: str, *_: object) -> str:
        raise AssertionError(f"nobody is there to answer: {text}")

    def make() -> MainWindow:
        service = GenerationService(Path("no weights"), "cpu", load=lambda *_: engine)
        player = Player(find_setup=AudioSetup)
        preferences = Preferences(tmp_path / "window.ini")
        preferences.set("ask_for_beat", False)  # what is asked has tests of its own
        window = build_window(
            service,
            player,
            preferences,
            tmp_path / "data",
            tmp_path / "Music",
            analyse=analyse,
            screens=screens,
            personal=personal,
        )
        monkeypatch.setattr(window.ask, "_choose", unexpected)
        made.append(window)
        window.resize(1360, 860)  # more than the screen that tests have, to which it keeps by itself
        window.show()
        return window

    yield make
    for window in made:
        for dialog in window.findChildren(QWidget):
            if dialog.isWindow():
                dialog.close()
        window.ask.how_to_close = lambda *_, **__: "stop"  # of a test that failed in the middle of something
        if window.isVisible():
            window.close()
        window.deleteLater()
    QApplication.sendPostedEvents()


@pytest.fixture
def window(make_window: Callable[[], MainWindow]) -> MainWindow:
    return make_window()


@pytest.fixture
def open_vocal(qtbot: QtBot, vocal_path: Path) -> Callable[[MainWindow], None]:
    """Opens the vocal and waits until it is drawn and analysed."""

    def open_it(window: MainWindow) -> None:
        window.open_path(vocal_path)
        qtbot.waitUntil(lambda: window.request.generate.isEnabled(), timeout=30_000)
        qtbot.waitUntil(lambda: window.vocal.spectrogram.spectrogram is not None, timeout=10_000)

    return open_it


@pytest.fixture
def generate(qtbot: QtBot) -> Callable[[MainWindow, int], None]:
    """Asks for candidates and waits until they are there, drawn, and the request has ended.

    An engine may start a process of its own, which on a busy machine takes a while.
    """

    def ask(window: MainWindow, count: int) -> None:
        qtbot.waitUntil(lambda: window.workspace.song.is_heard, timeout=60_000)
        before = len(window.candidates.rows)
        window.request.count.set_value(count)
        window.request.generate.click()
        assert window.generation.running
        idle(qtbot, window)
        qtbot.waitUntil(
            lambda: all(r.spectrogram.spectrogram for r in window.candidates.rows.values()), timeout=10_000
        )
        assert len(window.candidates.rows) == before + count

    return ask


@pytest.fixture
def begin(
    make_window: Callable[[], MainWindow],
    open_vocal: Callable[[MainWindow], None],
    generate: Callable[[MainWindow, int], None],
) -> Begin:
    """Opens a window with the vocal in it, and so many candidates."""

    def begin(candidates: int = 0) -> MainWindow:
        window = make_window()
        open_vocal(window)
        if candidates:
            generate(window, candidates)
        return window

    return begin


@pytest.fixture
def reopen(make_window: Callable[[], MainWindow], qtbot: QtBot) -> Reopen:
    """Opens a window of the next day, and a project in it."""

    def reopen(folder: Path, *, read_only: bool = False) -> MainWindow:
        window = make_window()
        window.workspace.open(folder, read_only=read_only)
        wait_for_song(qtbot, window)
        return window

    return reopen
