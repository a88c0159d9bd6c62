"""The loopback device for every test of the player and the recorder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio.audio.devices import Device
from tests.audio.loop import jack_loop


@pytest.fixture(scope="module")
def loopback() -> Iterator[Device]:
    with jack_loop() as device:
        yield device
