"""One open PortAudio stream, output or both directions, and what went wrong in it.

Choices: one stream for both directions, so that input and output share a clock and a take's place is exact; latency
is asked for as a time where the block is the driver's, and follows the block where a user chose one.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.audio import devices, jack
from studio.audio.devices import AudioSetup
from studio.core.errors import StudioError
from studio.core.language import tr

#: Asked of PortAudio: enough to ride out a busy interpreter, short enough to feel immediate.
LATENCY_S = 0.1
#: A stream whose callback is not called for this long has lost its device, whatever the driver says.
_DEAD_AFTER_S = 3.0
#: How long a driver may take to close the stream of a device that is gone.
_PATIENCE_S = 1.0
#: Blocks in flight where the user chose their size.
_BLOCKS_AHEAD = 3

#: Streams of a JACK server that died: the library still knows their callbacks.
_abandoned: list[DeviceStream] = []

Frames = NDArray[np.float32]


class DeviceStream:
    """Opened and running from its making on.

    Args:
        setup: with an output, an input, or both.
        on_block: called on the audio thread with the frames to play [N, C] and those heard [N, C], the chosen input
            channels only; either has no columns where there is no such device.

    Raises:
        StudioError: the devices do not open together.
    """

    def __init__(self, setup: AudioSetup, on_block: Callable[[Frames, Frames], None]) -> None:
        self.setup = setup
        self.sample_rate = setup.rate
        self.underflows = self.overflows = 0
        self._on_block = on_block
        self._blocks = self._blocks_seen = 0
        self._seen_s = time.monotonic()
        self._nothing = np.zeros((1 << 16, 0), np.float32)
        first = setup.input_first
        self._chosen = slice(first, first + setup.input_count)
        self._stream = self._open()

    def _open(self) -> Any:
        setup, library = self.setup, devices.portaudio()
        output, source = setup.output, setup.input
        latency = _BLOCKS_AHEAD * setup.block_frames / setup.rate if setup.block_frames else LATENCY_S
        common = {
            "samplerate": setup.rate,
            "blocksize": setup.block_frames,
            "dtype": "float32",
            "latency": latency,
        }
        outputs = min(2, output.outputs) if output else 0
        inputs = min(source.inputs, setup.input_first + setup.input_count) if source else 0
        try:
            if output and source:
                stream = library.Stream(
                    device=(source.index, output.index),
                    channels=(inputs, outputs),
                    callback=self._both,
                    **common,
                )
            elif output:
                stream = library.OutputStream(
                    device=output.index, channels=outputs, callback=self._play, **common
                )
            elif source:
                stream = library.InputStream(
                    device=source.index, channels=inputs, callback=self._hear, **common
                )
            else:
                raise StudioError(
                    tr("Cannot open a sound device"), seen=tr("none chosen"), expected=tr("an output")
                )
            stream.start()
        except library.PortAudioError as error:
            names = tr(" and ").join(dict.fromkeys(d.name for d in (source, output) if d))
            raise StudioError(
                tr("Cannot open {names} at {rate} Hz", names=names, rate=setup.rate),
                seen=str(error),
                expected=tr("a rate that both take, and devices of one sound system"),
                todo=tr("Choose another device or rate under Record > Sound devices"),
            ) from error
        return stream

    # Audio callback

    def _both(self, heard: Any, out: Any, frames: int, when: Any, status: Any) -> None:
        self._blocks += 1
        if status:
            self._count(status)
        self._on_block(out, heard[:, self._chosen])

    def _play(self, out: Any, frames: int, when: Any, status: Any) -> None:
        self._blocks += 1
        if status:
            self._count(status)
        self._on_block(out, self._nothing[:frames])

    def _hear(self, heard: Any, frames: int, when: Any, status: Any) -> None:
        self._blocks += 1
        if status:
            self._count(status)
        self._on_block(self._nothing[:frames], heard[:, self._chosen])

    def _count(self, status: Any) -> None:
        self.underflows += bool(status.output_underflow or status.output_overflow)
        self.overflows += bool(status.input_overflow or status.input_underflow)

    # Main thread

    @property
    def alive(self) -> bool:
        """False once the device has gone. To be asked every now and then."""
        now = time.monotonic()
        if self._blocks != self._blocks_seen:
            self._blocks_seen, self._seen_s = self._blocks, now
        return self._runs() and now - self._seen_s < _DEAD_AFTER_S

    def _runs(self) -> bool:
        try:
            return bool(self._stream.active)
        except Exception:  # PortAudioError: the host no longer knows the stream
            return False

    @property
    def output_latency_s(self) -> float:
        latency = self._stream.latency
        return float(latency[1] if isinstance(latency, tuple) else latency)

    @property
    def round_trip_s(self) -> float:
        """What the driver says that output and input delay together; measure it where it matters."""
        latency = self._stream.latency
        return float(sum(latency) if isinstance(latency, tuple) else latency)

    def close(self) -> bool:
        """Ends the stream. False where the device is gone and its driver does not answer, or its server has died."""
        if self.setup.has_host(jack.HOST_API) and devices.left_alone():
            _abandoned.append(self)
            return False
        if self._runs():
            self._stream.close()
            return True
        closing = threading.Thread(target=self._close_dead, name="closing a lost device", daemon=True)
        closing.start()
        closing.join(_PATIENCE_S)
        if closing.is_alive():
            # PortAudio would wait for the same driver when the process ends.
            atexit.unregister(devices.portaudio()._exit_handler)
            return False
        return True

    def _close_dead(self) -> None:
        with contextlib.suppress(Exception):  # a device that went away may refuse; it is gone in any case
            self._stream.close()
