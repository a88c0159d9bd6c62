"""Somebody at the keyboard, who rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from studio.core.analysis import Given, VocalAnalysis, VocalNote
from studio.core.audio import Audio
from studio.ui.listening.analysing import Analyse
from studio.ui.window.main_window import MainWindow
from tests.services.band import make_analysis

Open = Callable[[MainWindow], None]

KEY = Qt.Key
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


class Rater:
    """Somebody at the keyboard of one window.

    Args:
        clock: seconds, which the player's silent transport runs on.
    """

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        self.taste, self.sitting, self.page = window.taste, window.taste.sitting, window.taste.rating
        player = window.playback.player
        self._now = 0.0
        player._clock = lambda: self._now

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, held)

    def enter(self) -> None:
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow, timeout=5000)
        self.window.panels.setFocus()
        self.press(KEY.Key_R, CONTROL)
        self.wait("voting")

    def wait(self, state: str) -> None:
        self.qtbot.waitUntil(lambda: self.sitting.state == state, timeout=20_000)

    def listen(self, seconds: float) -> None:
        """Time passes, while what plays is heard."""
        while seconds > 1e-9:
            step = min(0.4, seconds)
            self._now += step
            seconds -= step
            self.window.playback._on_tick()

    def hear_all(self, seconds: float = 0.2) -> None:
        if not self.taste.deck.playing:
            self.press(KEY.Key_Space)
        for key in (KEY.Key_1, KEY.Key_2, KEY.Key_3, KEY.Key_4):
            self.press(key)
            self.listen(seconds)

    @property
    def shown(self) -> tuple[str, ...]:
        """The keys of the clips, A first."""
        assert self.sitting.screen is not None
        return self.sitting.screen.keys

    def texts(self) -> str:
        return " / ".join(
            f"{x.text()} {x.accessibleName()}" for x in self.page.findChildren(QLabel) if x.isVisible()
        )


@pytest.fixture
def analyse() -> Analyse:
    """Nothing here depends on what is heard in the vocal."""

    def heard(vocal: Audio, given: Given, **_: object) -> VocalAnalysis:
        notes = tuple(VocalNote(0.1 + 0.5 * n, 0.5 + 0.5 * n, 60.0 + n) for n in range(5))
        return replace(make_analysis(vocal.duration_s, given=given), notes=notes)

    return heard


@pytest.fixture
def rater(window: MainWindow, open_vocal: Open, qtbot: QtBot) -> Rater:
    open_vocal(window)
    rater = Rater(window, qtbot)
    rater.enter()
    return rater
