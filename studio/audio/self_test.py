"""One sound device opened for a moment; meant for a child process, since a driver may crash or hang."""

from __future__ import annotations

import time

import numpy as np

from studio.audio.devices import Device, default_input, default_output, devices, portaudio
from studio.core.errors import StudioError

_MOMENT_S, _PATIENCE_S = 0.1, 3.0


def sound_devices() -> tuple[tuple[Device, ...], Device | None, Device | None]:
    """All, the default output and the default input. Raises StudioError without PortAudio."""
    portaudio()
    return devices(), default_output(), default_input()


def listen_or_play(name: str, host_api: str, direction: str) -> str:
    """Takes a tenth of a second from an input, or plays so much silence.

    Args:
        direction: 'input' or 'output'.

    Returns:
        What went well, in words.

    Raises:
        StudioError: a device that is gone, or that gives or takes nothing.
    """
    library = portaudio()
    known = [d for d in devices() if (d.name, d.host_api) == (name, host_api)]
    if not known:
        raise StudioError(f"{name} is gone", seen="a device that was unplugged")
    device, passed = known[0], 0

    def callback(data: object, frames: int, *_: object) -> None:
        nonlocal passed
        if direction == "output":
            np.asarray(data)[:] = 0
        passed += frames

    make = library.InputStream if direction == "input" else library.OutputStream
    channels = min(2, device.inputs if direction == "input" else device.outputs)
    stream = make(samplerate=device.sample_rate, device=device.index, channels=channels, callback=callback)
    try:
        stream.start()
        until = time.monotonic() + _PATIENCE_S
        while passed < _MOMENT_S * device.sample_rate:
            if time.monotonic() > until:
                raise StudioError(f"{name} does not run", seen=f"no sound moved in {_PATIENCE_S:g} seconds")
            time.sleep(0.01)
    finally:
        stream.close()
    return f"runs at {device.sample_rate / 1000:g} kHz"
