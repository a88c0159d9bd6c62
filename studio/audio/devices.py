"""Which sound outputs this machine has. PortAudio missing, or no device at all, is an answer, not an error."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType

from studio.core.errors import StudioError


@dataclass(frozen=True)
class OutputDevice:
    """`sample_rate` is the device's default, Hz; `index` is PortAudio's."""

    index: int
    name: str
    channels: int
    sample_rate: int


def portaudio() -> ModuleType:
    """The sounddevice module. Raises StudioError where the PortAudio library cannot be loaded."""
    try:
        return importlib.import_module("sounddevice")
    except (OSError, ImportError) as error:
        raise StudioError(
            "Sound output is not available",
            seen=str(error),
            expected="the PortAudio library",
            todo="Install libportaudio2 and start again; everything but listening works without it",
        ) from error


def output_devices() -> tuple[OutputDevice, ...]:
    """Every device that can play, in PortAudio's order; empty where there is none."""
    try:
        found = portaudio().query_devices()
    except Exception:  # PortAudio reports a missing host as PortAudioError, whose class needs the library
        return ()
    return tuple(
        OutputDevice(
            int(d["index"]), str(d["name"]), int(d["max_output_channels"]), int(d["default_samplerate"])
        )
        for d in found
        if d["max_output_channels"] > 0
    )


def default_output() -> OutputDevice | None:
    """The system's default output, else the first there is, else None."""
    devices = output_devices()
    if not devices:
        return None
    chosen = portaudio().default.device[1]
    return next((d for d in devices if d.index == chosen), devices[0])
