"""The sound library tried in a process of its own before the window calls it: one that aborts or hangs costs the sound.

Choices: the library is tried at every start, beside the window's own, and again when devices or servers came or went. A
device is tried before it is opened for the first time, unless the doctor found it well. Only a crash, a hang or lost
memory forbid anything: what merely refuses tells the reason itself when the window asks.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from studio import __version__
from studio.audio.caution import Refusal
from studio.audio.devices import AudioSetup, system_state, tells_of_devices
from studio.audio.self_test import listen_or_play, sound_devices
from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.core.language import tr
from studio.services.machine.doctor import Attempt, failed
from studio.services.machine.trial import Trial, try_in_child
from studio.storage.machine import read_machine_notes, sound_key

TIMEOUT_S = 15.0
#: What hung is not asked again for so long; shorter than the connection's own pause.
_HOLDS_S = 20.0
#: A child is noticed to be unwanted, and killed.
_CLOSING_S = 1.0


class SoundTrial:
    """A `Caution` for the player; any thread may call it.

    Args:
        data_dir: of the user, where the doctor's findings are.
        attempt: what tries a function in a child process.
    """

    def __init__(self, data_dir: Path, attempt: Attempt = try_in_child) -> None:
        self._data_dir, self._attempt = data_dir, attempt
        self._cancel = CancelToken()
        self._lock = threading.Lock()
        self._tried = False
        self._state: object = None
        self._refusal: Refusal | None = None
        self._until_s = 0.0
        #: By `sound_key`; None for a device that may be opened.
        self._known: dict[str, Refusal | None] = {}

    def begin(self) -> None:
        """Tries the library in the background, so that the answer is there when it is wanted."""
        threading.Thread(
            target=self.library, args=(system_state(),), name="trying the sound system", daemon=True
        ).start()

    def close(self) -> None:
        """Ends what is being tried; nothing may be opened afterwards."""
        self._cancel.cancel()
        if self._lock.acquire(timeout=_CLOSING_S):
            self._lock.release()

    def library(self, state: object) -> Refusal | None:
        with self._lock:
            # Where the system does not tell, its state is but the time.
            state = state if tells_of_devices() else None
            passed = self._refusal is not None and self._refusal.passing and time.monotonic() > self._until_s
            if not self._tried or state != self._state or passed:
                trial = self._try(sound_devices)
                self._refusal = _library_refused(trial) if trial.crashed else None
                self._tried, self._state, self._until_s = True, state, time.monotonic() + _HOLDS_S
                self._known.clear()
            return self._refusal

    def devices(self, setup: AudioSetup) -> Refusal | None:
        with self._lock:
            for direction, device in (("output", setup.output), ("input", setup.input)):
                if device is None:
                    continue
                key = sound_key(direction, device.name, device.host_api)
                if key not in self._known:
                    self._known[key] = None
                    if not self._is_well(key):
                        trial = self._try(listen_or_play, device.name, device.host_api, direction)
                        self._known[key] = _device_refused(device.name, trial) if trial.crashed else None
                if refusal := self._known[key]:
                    return refusal
            return None

    def _is_well(self, key: str) -> bool:
        """Whether the doctor of this version had it run."""
        notes = read_machine_notes(self._data_dir)
        return notes.version == __version__ and any(n.device == key and n.status == "OK" for n in notes.notes)

    def _try(self, function: object, *args: str) -> Trial:
        try:
            return self._attempt(function, *args, timeout_s=TIMEOUT_S, cancel=self._cancel)
        except JobCancelled:
            return Trial("hung")
        except OSError as error:  # no process can be started: what cannot be tried is not risked
            return Trial("died", told=str(error))


def _library_refused(trial: Trial) -> Refusal:
    why = tr(
        "No sound: the sound system was tried and {failed}. Everything but listening and recording works. Install or "
        "start a sound system (on Linux PipeWire, PulseAudio or ALSA) and open Backline again; Help > This machine "
        "tells more",
        failed=failed(trial),
    )
    return Refusal(why, passing=trial.outcome != "died")


def _device_refused(name: str, trial: Trial) -> Refusal:
    why = tr(
        "No sound: {name} was tried and {failed}. Choose another device under Record > Sound devices, or look at "
        "Help > This machine",
        name=name,
        failed=failed(trial),
    )
    return Refusal(why)
