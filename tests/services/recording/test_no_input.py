"""Who has nothing to record with is told what is missing, and no one to connect what is there."""

from __future__ import annotations

import pytest

from studio.audio.connection import NO_OUTPUT
from studio.audio.devices import Device
from studio.services.recording.no_input import why_no_input

MICROPHONE = Device(0, "microphone", "ALSA", 1, 0, 44100)
SPEAKERS = Device(1, "speakers", "ALSA", 0, 2, 44100)
BROKEN = "No sound output: Invalid sample rate"


@pytest.mark.parametrize(
    ("problem", "devices", "seen", "asks_to_connect"),
    [
        (NO_OUTPUT, (), "no sound input, and no sound output either", True),
        ("", (SPEAKERS,), "no sound input", True),
        (NO_OUTPUT, (MICROPHONE,), "a sound input that is not open", False),
        ("", (MICROPHONE, SPEAKERS), "a sound input that is not open", False),
        (BROKEN, (MICROPHONE, SPEAKERS), BROKEN, False),
        (BROKEN, (), BROKEN, False),
    ],
)
def test_what_is_missing_is_said(
    problem: str, devices: tuple[Device, ...], seen: str, asks_to_connect: bool
) -> None:
    error = why_no_input(problem, devices)
    assert (error.what, error.seen) == ("Cannot record", seen)
    assert ("onnect" in error.todo) == asks_to_connect
    assert "Record > Sound devices" in error.todo
