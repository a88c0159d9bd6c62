from __future__ import annotations

import pytest

from studio.services.recording.audio_setup import resolve_setup
from studio.storage.audio_settings import AudioSettings
from studio.storage.machine import MachineNotes, sound_key
from tests.audio.fake_portaudio import FakePortAudio


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    made = FakePortAudio("First", "Second")
    monkeypatch.setattr("studio.audio.devices.portaudio", lambda: made)
    return made


def names(settings: AudioSettings, *unusable: tuple[str, str]) -> tuple[str, str]:
    notes = MachineNotes(
        unusable={sound_key(direction, name, "fake"): "crashed" for direction, name in unusable}
    )
    setup = resolve_setup(settings, with_input=True, notes=notes)
    return setup.output.name if setup.output else "", setup.input.name if setup.input else ""


def test_a_device_that_died_when_it_was_tried_gives_way_to_another() -> None:
    assert names(AudioSettings()) == ("First", "First")
    assert names(AudioSettings(), ("output", "First")) == ("Second", "First")
    assert names(AudioSettings(), ("input", "First")) == ("First", "Second")


def test_also_where_it_was_chosen() -> None:
    chosen = AudioSettings(output="Second", input="Second")
    assert names(chosen) == ("Second", "Second")
    assert names(chosen, ("output", "Second"), ("input", "Second")) == ("First", "First")


def test_where_all_died_there_is_none() -> None:
    every = [(direction, name) for direction in ("input", "output") for name in ("First", "Second")]
    assert names(AudioSettings(), *every) == ("", "")
