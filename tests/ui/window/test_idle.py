"""A window in which nothing happens lets the machine rest, and is there at once when something does."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.audio.devices import AudioSetup
from studio.audio.player import Player
from studio.core.audio import Audio
from studio.dsp.loudness import SILENCE_DB
from studio.ui.listening import playback as module
from studio.ui.listening.playback import Playback
from studio.ui.metering.metering import Metering
from studio.ui.timeline.timeline import Timeline


def test_the_clock_of_the_window_goes_slowly_while_nothing_happens(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    playback = Playback(Player(find_setup=AudioSetup), Timeline())
    player = playback.player
    playback._on_tick()
    busy_ms = playback._timer.interval()
    now[0] += 60.0
    playback._on_tick()
    assert playback._timer.interval() > 5 * busy_ms
    source = player.prepare(Audio(np.full((1, player.sample_rate * 2), 0.1, np.float32), player.sample_rate))
    playback.load_vocal(source, 2.0)
    playback.toggle()
    assert player.playing
    assert playback._timer.interval() == busy_ms
    playback.toggle()
    now[0] += 2.0  # the bars of the meters are still falling
    playback._on_tick()
    assert playback._timer.interval() == busy_ms
    playback.close()


def test_meters_fall_before_they_rest_and_wake_at_a_sound(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    playback = Playback(Player(find_setup=AudioSetup), Timeline())
    playback._timer.stop()
    rate, told = playback.player.sample_rate, []
    heard = [0.0]
    tone = np.sin(2 * np.pi * 997 * np.arange(rate // 2) / rate)
    block = np.stack([tone, tone], axis=1).astype(np.float32)
    monkeypatch.setattr(playback.player, "read_output", lambda: (heard[0] * block, heard[0] * block))
    metering = Metering(playback)
    metering.measured.connect(lambda mix, _: told.append(mix))
    heard[0] = 0.25
    playback.ticked.emit()
    heard[0] = 0.0
    for _ in range(100):
        playback.ticked.emit()
    assert told[0].momentary_lufs > -60.0
    assert 10 < len(told) < 30
    assert told[-1].short_term_lufs == SILENCE_DB
    before = len(told)
    heard[0] = 0.25
    playback.ticked.emit()
    assert len(told) == before + 1
    metering.reset()
    heard[0] = 0.0
    playback.ticked.emit()
    assert told[-1].integrated_lufs == SILENCE_DB
    playback.close()
