"""Tapping a tempo."""

import pytest
from pytestqt.qtbot import QtBot

from studio.ui.listening.tap_button import TapButton, tapped_tempo


def test_the_middle_interval_counts() -> None:
    assert tapped_tempo([0.0, 0.5]) is None
    assert tapped_tempo([0.0, 0.5, 1.0]) == pytest.approx(120.0)
    assert tapped_tempo([0.0, 0.5, 1.0, 1.5, 2.4, 2.9]) == pytest.approx(120.0)  # one beat missed
    assert tapped_tempo([0.0, 0.01, 0.02]) == 300.0


def test_taps_are_told_from_the_third_and_a_pause_starts_over(qtbot: QtBot) -> None:
    button = TapButton()
    qtbot.addWidget(button)
    told: list[float] = []
    button.tapped.connect(told.append)
    for now in (10.0, 10.6, 11.2, 11.8):
        button.tap(now)
    assert told == pytest.approx([100.0, 100.0])
    for now in (20.0, 20.5):
        button.tap(now)
    assert len(told) == 2
    button.tap(21.0)
    assert told[-1] == pytest.approx(120.0)
