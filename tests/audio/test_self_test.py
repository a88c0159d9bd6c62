from __future__ import annotations

import pytest

from studio.audio import self_test
from studio.audio.self_test import listen_or_play, sound_devices
from studio.core.errors import StudioError
from tests.audio.fake_portaudio import FakePortAudio


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    made = FakePortAudio("Card", rate=44100)
    monkeypatch.setattr("studio.audio.devices.portaudio", lambda: made)
    monkeypatch.setattr("studio.audio.self_test.portaudio", lambda: made)
    return made


@pytest.mark.parametrize("direction", ["input", "output"])
def test_a_device_runs_for_a_moment_and_is_closed(library: FakePortAudio, direction: str) -> None:
    (device,), output, source = sound_devices()
    assert (device, device) == (output, source)
    assert listen_or_play(device.name, device.host_api, direction) == "runs at 44.1 kHz"
    assert library.open_streams == 0
    assert not library.streams[0].heard.any()  # silence


def test_a_device_that_takes_nothing_is_told(library: FakePortAudio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "_PATIENCE_S", 0.05)
    monkeypatch.setattr("tests.audio.fake_portaudio.Stream._run", lambda self: None)
    with pytest.raises(StudioError, match="no sound moved"):
        listen_or_play("Card", "fake", "output")
    assert library.open_streams == 0


def test_a_device_that_is_gone_is_told(library: FakePortAudio) -> None:
    with pytest.raises(StudioError, match="unplugged"):
        listen_or_play("Other", "fake", "output")
