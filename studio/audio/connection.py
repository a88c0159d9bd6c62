"""The connection to the sound system: opens, closes and looks for devices on a thread of its own.

Choices: every call into PortAudio that may wait for a driver or a server is made on one thread, in the order it was
asked for, because PortAudio allows no other and because a sound server that hangs then keeps nobody waiting who does
not want to. A stream runs from its opening on but is given silence to play until it was taken over, so that two never
mix at once. A start that fails is tried again after looking for devices anew. Between requests the thread looks every
second whether the system has other devices than before. Whoever is cautious (`caution.py`) is asked before the library
is called, at the start and whenever devices are looked for anew. Once a JACK server died that the library was a client
of, devices are not looked for anew, and only those of other host APIs are opened.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from studio.audio import devices, jack
from studio.audio.caution import Caution
from studio.audio.devices import AudioSetup, Device
from studio.audio.stream import DeviceStream, Frames
from studio.core.language import later, tr

#: A sound system that did not answer for this long is said to hang.
PATIENCE_S = 3.0
_WATCH_EVERY_S = 1.0
#: How long the program's end waits for a driver.
_CLOSING_S = 2.0
#: PortAudio is one for the whole process and does not bear two threads: looking for devices anew while another
#: connection still closes its stream would end the process.
_ONE_AT_A_TIME = threading.Lock()
#: A server that has just appeared may not answer at once: it is asked again after so long, and each time later.
_RETRY_AFTER_S, _RETRY_LATER, _MOST_RETRY_S = 2.0, 1.5, 30.0
#: What is said where there is nothing to play with.
NO_OUTPUT = later("No sound output found")
_SERVER_ENDED = later(
    "No sound: the sound server ended. Nothing is lost, and everything but listening and recording works; to hear "
    "again, start the server and open Backline anew, or choose a device of another system under Record > Sound devices"
)
#: What was refused for the moment is asked again after so long.
_REFUSED_S = 60.0

OnBlock = Callable[[Frames, Frames], None]


class Gate:
    """Between a stream and what is played on it."""

    def __init__(self, on_block: OnBlock) -> None:
        self._on_block = on_block
        self.open = False

    def __call__(self, out: Frames, heard: Frames) -> None:
        if self.open:
            self._on_block(out, heard)
        else:
            out[:] = 0.0


@dataclass(frozen=True, eq=False)
class Opened:
    """What came of a request: a running stream behind a closed gate, or the problem in words.

    Attributes:
        setup: None where there is no device.
        rates: those that the devices take.
    """

    setup: AudioSetup | None
    stream: DeviceStream | None
    gate: Gate
    problem: str
    devices: tuple[Device, ...] = ()
    rates: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class _Request:
    number: int
    find: Callable[[], AudioSetup]
    closing: DeviceStream | None
    rescan: bool


class Connection:
    """Every method returns at once, but for `wait`; any thread may call them.

    Args:
        on_block: the audio callback.
        patience_s: a request that takes longer is said to hang.
        clock: monotonic seconds.
        caution: says what is not to be called.

    Attributes:
        changed: the system has other devices than at the last request, or it is time to ask it again.
        dead: a driver did not let go of its stream; the library would wait for it again and is left alone.
    """

    def __init__(
        self,
        on_block: OnBlock,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
        caution: Caution | None = None,
    ) -> None:
        self._on_block, self._patience_s, self._clock = on_block, patience_s, clock
        self._caution = caution
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._asked = self._answered = 0
        self._asked_s = 0.0
        self._result: Opened | None = None
        self._ready = threading.Event()
        self._ready.set()
        self._state: object = None
        self._retry_after_s, self._retry_s = 0.0, math.inf
        self._ended = False
        self._closing_s = _CLOSING_S
        self.changed = False
        self.dead = False

    def request(
        self, find: Callable[[], AudioSetup], *, closing: DeviceStream | None = None, rescan: bool = False
    ) -> None:
        """Closes one stream and opens what `find` says; only the latest request is answered."""
        with self._lock:
            if self._ended:
                return
            if not self.opening:
                self._asked_s = self._clock()
            self._asked += 1
            self._ready.clear()
            self.changed = False
            self._requests.put(_Request(self._asked, find, closing, rescan))
            if self._thread is None:
                # A daemon: a sound server that hangs must not keep the program from ending.
                self._thread = threading.Thread(target=self._run, name="sound system", daemon=True)
                self._thread.start()

    @property
    def opening(self) -> bool:
        """Whether the latest request is not answered yet."""
        return self._answered != self._asked

    @property
    def hung(self) -> bool:
        """Whether it should be by now."""
        return self.opening and self._clock() - self._asked_s >= self._patience_s

    def look(self) -> bool:
        """Whether the system has other devices than when they were last looked for."""
        return self.changed or self._state is None or devices.system_state() != self._state

    def wait(self, timeout_s: float) -> bool:
        """Until the latest request is answered; False where that takes longer."""
        return self._ready.wait(timeout_s)

    def take(self) -> Opened | None:
        """The answer, once."""
        with self._lock:
            result, self._result = self._result, None
            return result

    def close(self, closing: DeviceStream | None) -> None:
        """Ends the stream and the thread, or after a moment leaves a thread behind that waits for a driver."""
        with self._lock:
            self._ended = True
            result, self._result = self._result, None
            self._asked += 1
        if self._thread is None:
            return
        for stream in (closing, result.stream if result else None):
            if stream is not None:
                self._requests.put(_Request(0, AudioSetup, stream, False))
        self._requests.put(None)
        self._thread.join(self._closing_s)
        if self._thread.is_alive() and (library := sys.modules.get("sounddevice")):
            # The library would wait for the same driver when the process ends.
            with contextlib.suppress(AttributeError):
                atexit.unregister(library._exit_handler)

    # The thread

    def _run(self) -> None:
        while True:
            try:
                request = self._requests.get(timeout=_WATCH_EVERY_S)
            except queue.Empty:
                self.changed |= self._clock() >= self._retry_s or devices.system_state() != self._state
                continue
            if request is None:
                return
            with _ONE_AT_A_TIME:
                opened = self._obey(request)
            with self._lock:
                latest = request.number == self._asked and not self._ended
                if latest:
                    self._result, self._answered = opened, request.number
                    self._ready.set()
            if opened and not latest and opened.stream:
                with _ONE_AT_A_TIME:
                    opened.stream.close()

    def _obey(self, request: _Request) -> Opened | None:
        """None where a driver did not even let go of its stream, or something newer was asked for."""
        if request.closing is not None and not request.closing.close() and not devices.left_alone():
            self.dead = True
            return None
        if request.number != self._asked:
            return None
        state = devices.system_state()
        gate = Gate(self._on_block)
        left = devices.left_alone()
        if not left and self._caution is not None and (refusal := self._caution.library(state)) is not None:
            self._state = state
            self._retry_s = self._clock() + _REFUSED_S if refusal.passing else math.inf
            return Opened(None, None, gate, refusal.why)
        rescanned = request.rescan or (self._state is not None and state != self._state)
        if rescanned:
            self._rescan()
        opened = self._open(request, gate)
        if opened.stream is None and not rescanned:
            self._rescan()
            opened = self._open(request, gate)
        if opened.stream is not None or self._state is None or left:
            self._retry_s = math.inf
        else:
            later_s = min(_MOST_RETRY_S, self._retry_after_s * _RETRY_LATER)
            self._retry_after_s = _RETRY_AFTER_S if state != self._state else later_s
            self._retry_s = self._clock() + self._retry_after_s
        self._state = state
        return opened

    def _rescan(self) -> None:
        if not self.dead:
            devices.refresh_devices()

    def _open(self, request: _Request, gate: Gate) -> Opened:
        setup, problem = None, ""
        try:
            setup = request.find()
            if setup.output is None and setup.input is None:
                return Opened(None, None, gate, tr(NO_OUTPUT), devices.devices())
            if setup.has_host(jack.HOST_API) and devices.left_alone():
                return Opened(setup, None, gate, tr(_SERVER_ENDED), devices.devices())
            if self._caution is not None and (refusal := self._caution.devices(setup)) is not None:
                return Opened(setup, None, gate, refusal.why, devices.devices())
            rates = devices.supported_rates(setup)
            stream = DeviceStream(setup, gate)
            problem = "" if setup.output else tr(NO_OUTPUT)
            return Opened(setup, stream, gate, problem, devices.devices(), rates)
        except Exception as error:  # PortAudioError, a StudioError, or whatever a driver raises
            problem = (
                tr("No sound output found, and the input does not open: {error}", error=error)
                if setup is not None and setup.output is None
                else tr("No sound output: {error}", error=error)
            )
        return Opened(setup, None, gate, problem, devices.devices())
