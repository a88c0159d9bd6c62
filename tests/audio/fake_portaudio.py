"""A sound library whose devices come, go, refuse and hang as a test says; stands in for sounddevice."""

from __future__ import annotations

import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np

HANG_S = 30.0


class PortAudioError(Exception):
    pass


class Stream:
    """Asks for blocks of 480 frames, faster than a device would, and keeps what it was given to play."""

    latency = 0.0

    def __init__(
        self,
        library: FakePortAudio,
        device: int,
        outputs: int,
        inputs: int,
        ask: Callable[..., Any],
        rate: int,
    ):
        self.library, self.rate = library, rate
        self.name = library.listed[device]["name"]
        self._ask, self._outputs, self._inputs = ask, outputs, inputs
        self.played: list[np.ndarray] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.active = False

    def start(self) -> None:
        self.active = True
        self.library.open_streams += 1
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.002):
            if not self.active:
                continue  # the device is gone: its driver calls no more
            out, heard = np.zeros((480, self._outputs), np.float32), self.sung(480, self._inputs)
            if self._outputs and self._inputs:
                self._ask(heard, out, 480, None, None)
            elif self._outputs:
                self._ask(out, 480, None, None)
            else:
                self._ask(heard, 480, None, None)
            self.played.append(out)

    def sung(self, frames: int, channels: int) -> np.ndarray:
        """[frames, channels], what comes in; silence here."""
        return np.zeros((frames, channels), np.float32)

    @property
    def heard(self) -> np.ndarray:
        """[2, T], everything that was played."""
        return np.concatenate(list(self.played) or [np.zeros((0, 2), np.float32)]).T

    def close(self) -> None:
        self.library.wait(self.library.closes)
        self.active = False
        self._stop.set()
        self._thread.join(5)
        self.library.open_streams -= 1


class FakePortAudio(types.SimpleNamespace):
    """`plugged` is what there is, `listed` what was there when the library last looked."""

    PortAudioError = PortAudioError
    stream_class = Stream

    def __init__(self, *names: str, rate: int = 48000) -> None:
        super().__init__()
        self.rate = rate
        self.answers, self.closes = threading.Event(), threading.Event()
        self.answers.set()
        self.closes.set()
        self.waiting = 0
        self.open_streams = self.scans = 0
        self.refuses: set[str] = set()
        self.streams: list[Stream] = []
        self.plugged = list(names)
        self.default = types.SimpleNamespace(device=(-1, -1))
        self._initialize()

    @property
    def state(self) -> object:
        """For `studio.audio.devices.system_state`."""
        return tuple(self.plugged)

    def wait(self, event: threading.Event) -> None:
        self.waiting += 1
        event.wait(HANG_S)
        self.waiting -= 1

    def _terminate(self) -> None:
        assert not self.open_streams, "PortAudio would close them under their owners"

    def _initialize(self) -> None:
        self.wait(self.answers)
        self.scans += 1
        self.listed = [
            {"index": i, "name": n, "hostapi": 0, "max_input_channels": 2, "max_output_channels": 2,
             "default_samplerate": self.rate}
            for i, n in enumerate(self.plugged)
        ]  # fmt: skip

    def _exit_handler(self) -> None: ...

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "fake"}]

    def query_devices(self) -> list[dict[str, Any]]:
        self.wait(self.answers)
        return self.listed

    def check_output_settings(self, *_: object, **__: object) -> None: ...

    def check_input_settings(self, *_: object, **__: object) -> None: ...

    def _open(
        self, device: int, outputs: int, inputs: int, callback: Callable[..., Any], samplerate: int
    ) -> Stream:
        self.wait(self.answers)
        if device >= len(self.listed) or self.listed[device]["name"] not in self.plugged:
            raise PortAudioError("Device unavailable")
        if self.listed[device]["name"] in self.refuses:
            raise PortAudioError("Invalid sample rate")
        stream = self.stream_class(self, device, outputs, inputs, callback, samplerate)
        self.streams.append(stream)
        return stream

    def OutputStream(self, *, device: int, channels: int, callback: Any, samplerate: int, **_: Any) -> Stream:
        return self._open(device, channels, 0, callback, samplerate)

    def InputStream(self, *, device: int, channels: int, callback: Any, samplerate: int, **_: Any) -> Stream:
        return self._open(device, 0, channels, callback, samplerate)

    def Stream(
        self, *, device: tuple[int, int], channels: tuple[int, int], callback: Any, samplerate: int, **_: Any
    ) -> Stream:
        return self._open(device[1], channels[1], channels[0], callback, samplerate)
