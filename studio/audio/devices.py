"""Which sound inputs and outputs this machine has. No PortAudio, or no device at all, is an answer, not an error.

Any of these may take as long as the sound server likes to take: the window has them called by a Connection's thread.
Where the JACK server died that the library is a client of, the library is neither terminated nor initialised again,
nor at the program's end: see studio.audio.jack.
"""

from __future__ import annotations

import atexit
import dataclasses
import importlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from studio.audio import jack
from studio.core.errors import StudioError
from studio.core.language import tr

#: Offered where the device takes them; the project's rate first.
SAMPLE_RATES = (48000, 44100, 88200, 96000, 192000)
#: Where the system does not tell that devices came or went, they are looked for so often while there is no output.
_BLIND_EVERY_S = 10.0


@dataclass(frozen=True)
class Device:
    """`index` is PortAudio's, valid until devices come or go; `inputs` and `outputs` count channels."""

    index: int
    name: str
    host_api: str
    inputs: int
    outputs: int
    sample_rate: int
    """The device's default, Hz."""


@dataclass(frozen=True)
class AudioSetup:
    """What to open. Both devices belong to one host API.

    Attributes:
        input: None leaves the microphone closed.
        input_first, input_count: which of the input's channels to record, counted from 0: one, or two in a row.
        sample_rate: Hz; 0 takes the output's own.
        block_frames: 0 leaves the block to the driver.
    """

    output: Device | None = None
    input: Device | None = None
    input_first: int = 0
    input_count: int = 1
    sample_rate: int = 0
    block_frames: int = 0

    @property
    def rate(self) -> int:
        """The rate the stream will have; 0 without any device."""
        device = self.output or self.input
        return self.sample_rate or (device.sample_rate if device else 0)

    def has_host(self, host_api: str) -> bool:
        """Whether one of the devices is of this host API."""
        return any(device.host_api == host_api for device in (self.output, self.input) if device)


class _Client:
    """What this process's PortAudio is a client of.

    Attributes:
        servers: that it found when it was initialised; None before.
        left: whether the library is left alone for good.
    """

    servers: tuple[jack.Server, ...] | None = None
    left = False


def portaudio() -> ModuleType:
    """The sounddevice module. Raises StudioError where the PortAudio library cannot be loaded."""
    try:
        library = importlib.import_module("sounddevice")
    except (OSError, ImportError) as error:
        raise StudioError(
            tr("Sound is not available"),
            seen=str(error),
            expected=tr("the PortAudio library"),
            todo=tr("Install libportaudio2 and start again; everything but listening works without it"),
        ) from error
    if _Client.servers is None:
        _note_servers(library)
        # The last that was registered runs first, so before the library terminates itself.
        atexit.register(left_alone)
    return library


def _note_servers(library: ModuleType) -> None:
    plays_jack = any(host["name"] == jack.HOST_API for host in library.query_hostapis())
    _Client.servers = jack.running_servers() if plays_jack else ()


def left_alone() -> bool:
    """Whether the library may only be asked what it knows, and for devices that are not JACK's: its server died.

    It is not even terminated when the process ends.
    """
    if not _Client.left and not all(server.lives for server in _Client.servers or ()):
        _Client.left = True
        atexit.unregister(portaudio()._exit_handler)
    return _Client.left


def refresh_devices() -> None:
    """Looks for devices anew. PortAudio only does so at its start, so no stream may be open."""
    try:
        library = portaudio()
        if left_alone():
            return
        library._terminate()
        library._initialize()
        _note_servers(library)
    except Exception:  # no library, or no host: then there are no devices, which `devices` says
        return


def tells_of_devices() -> bool:
    """Whether `system_state` changes only when something did."""
    return sys.platform.startswith("linux")


def system_state() -> object:
    """Something that is another thing once a device or a sound server came or went; costs microseconds.

    On Linux: the kernel's sound cards, and the sockets of PipeWire, PulseAudio and JACK, each with its inode: a server
    that was killed leaves its socket behind, and the next one puts another of the same name there. Elsewhere it changes
    by itself every ten seconds.
    """
    if not tells_of_devices():
        return int(time.monotonic() / _BLIND_EVERY_S)
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    servers = [
        path
        for path in _entries("/dev/shm")
        if path.name.startswith("jack_") and not path.name.startswith(("jack_sem", "jack_db"))
    ]
    sockets = [
        s for path in (*servers, runtime / "pulse" / "native", runtime / "pipewire-0") if (s := _socket(path))
    ]
    try:
        cards = Path("/proc/asound/cards").read_bytes()
    except OSError:
        cards = b""
    return [path.name for path in _entries("/dev/snd")], cards, sockets


def _entries(folder: str) -> list[Path]:
    try:
        return sorted(Path(folder).iterdir())
    except OSError:
        return []


def _socket(path: Path) -> tuple[str, int] | None:
    try:
        return str(path), path.stat().st_ino
    except OSError:
        return None


def present(setup: AudioSetup) -> AudioSetup | None:
    """The same devices by name, with the indices they have now; None where one of them is gone."""
    known = devices()

    def found(device: Device) -> Device | None:
        if device in known:
            return device
        return next((d for d in known if (d.name, d.host_api) == (device.name, device.host_api)), None)

    output = found(setup.output) if setup.output else None
    source = found(setup.input) if setup.input else None
    if (setup.output and output is None) or (setup.input and source is None):
        return None
    return dataclasses.replace(setup, output=output, input=source)


def devices() -> tuple[Device, ...]:
    """Every device, in PortAudio's order; empty where there is none."""
    try:
        library = portaudio()
        hosts = [str(h["name"]) for h in library.query_hostapis()]
        found = library.query_devices()
    except Exception:  # PortAudio reports a missing host as PortAudioError, whose class needs the library
        return ()
    return tuple(_device(d, hosts) for d in found)


def _device(entry: Any, hosts: list[str]) -> Device:
    return Device(
        index=int(entry["index"]),
        name=str(entry["name"]),
        host_api=hosts[int(entry["hostapi"])],
        inputs=int(entry["max_input_channels"]),
        outputs=int(entry["max_output_channels"]),
        sample_rate=int(entry["default_samplerate"]),
    )


def output_devices() -> tuple[Device, ...]:
    return tuple(d for d in devices() if d.outputs)


def input_devices() -> tuple[Device, ...]:
    return tuple(d for d in devices() if d.inputs)


def default_output() -> Device | None:
    """The system's default output, else the first there is, else None."""
    return _default(output_devices(), 1)


def default_input(host_api: str = "") -> Device | None:
    """The system's default input, else the first there is, else None; of one host API where one is named."""
    return _default(tuple(d for d in input_devices() if host_api in ("", d.host_api)), 0)


def _default(choices: tuple[Device, ...], side: int) -> Device | None:
    if not choices:
        return None
    chosen = portaudio().default.device[side]
    return next((d for d in choices if d.index == chosen), choices[0])


def supported_rates(setup: AudioSetup) -> tuple[int, ...]:
    """Those of SAMPLE_RATES that both devices of a setup take, and the output's own."""
    library = portaudio()
    own = (setup.output or setup.input).sample_rate if setup.output or setup.input else 0  # type: ignore[union-attr]
    rates = []
    for rate in dict.fromkeys((*SAMPLE_RATES, own)):
        try:
            if setup.output is not None:
                library.check_output_settings(setup.output.index, samplerate=rate)
            if setup.input is not None:
                library.check_input_settings(setup.input.index, samplerate=rate)
        except Exception:  # PortAudioError: the device refuses this rate
            continue
        rates.append(rate)
    return tuple(sorted(r for r in rates if r))
