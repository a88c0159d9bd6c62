"""Levels by wheel and keys on a stem's name."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.audio.devices import AudioSetup
from studio.audio.player import Player
from studio.ui.listening.playback import Playback
from studio.ui.listening.stem_strip import StemStrip
from studio.ui.timeline.timeline import Timeline


@pytest.fixture
def strip(qtbot: QtBot) -> StemStrip:
    strip = StemStrip()
    qtbot.addWidget(strip)
    playback = Playback(Player(find_setup=AudioSetup), Timeline(), strip)
    strip.level_stepped.connect(playback.step_level)
    playback.mix_wanted.connect(playback.show_mix)
    playback.mix_changed.connect(strip.show_mix)
    strip.destroyed.connect(playback.close)
    strip.show()
    return strip


def turn(strip: StemStrip, source: str, up: bool) -> None:
    at = QPointF(3, 3)
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120 if up else -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(strip.names[source], event)


def test_the_wheel_changes_a_level_within_bounds_and_a_double_click_puts_it_back(
    strip: StemStrip, qtbot: QtBot
) -> None:
    turn(strip, "bass", up=False)
    turn(strip, "bass", up=False)
    assert strip.names["bass"].text() == "Bass -2"
    assert strip.names["drums"].text() == "Drums"
    for _ in range(20):
        turn(strip, "bass", up=True)
    assert strip.names["bass"].text() == "Bass +6"
    qtbot.mouseDClick(strip.names["bass"], Qt.MouseButton.LeftButton)
    assert strip.names["bass"].text() == "Bass"


def test_plus_and_minus_do_the_same_where_the_name_has_the_focus(strip: StemStrip, qtbot: QtBot) -> None:
    qtbot.keyClick(strip.names["lead"], Qt.Key.Key_Minus)
    assert strip.names["lead"].text() == "Lead -1"
    qtbot.keyClick(strip.names["lead"], Qt.Key.Key_Plus)
    assert strip.names["lead"].text() == "Lead"
