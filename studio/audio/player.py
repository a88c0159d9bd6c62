"""Plays the vocal with one candidate at a time, through the default output or silently without one.

Choices: the stream opens once and runs on, so that play, seek and switch answer within one buffer; the callback does
nothing but Mixer.render. Sources are resampled to the device's rate once, off the callback. Without a device the
same mixer runs on a clock read by `tick`, so the playhead, the loop and the switching behave alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np

from studio.audio.devices import OutputDevice, default_output, portaudio
from studio.audio.mixer import Mixer
from studio.core.audio import Audio, Samples
from studio.dsp.resample import resample

#: Asked of PortAudio: enough to ride out a busy interpreter, short enough to feel immediate.
LATENCY_S = 0.1
_SILENT_RATE = 48000


class Player:
    """The transport. Methods belong to the main thread, except `open` and `prepare`, which any thread may call.

    Args:
        find_device: gives the output to use, or None to run silently.
        clock: monotonic seconds, for the silent transport.
    """

    def __init__(
        self,
        *,
        find_device: Callable[[], OutputDevice | None] = default_output,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find_device, self._clock = find_device, clock
        self._opening = threading.Lock()
        self._stream: Any = None
        self._opened = False
        self.device: OutputDevice | None = None
        self.problem = ""
        self.sample_rate = _SILENT_RATE
        self.underflows = 0
        self._mixer = Mixer(self.sample_rate, 0)
        self._last_tick: float | None = None
        self._silence = np.zeros((_SILENT_RATE // 10, 2), np.float32)

    # Device

    def open(self) -> None:
        """Opens the output once; afterwards `problem` says in words why there is none, if so."""
        with self._opening:
            if self._opened:
                return
            self._opened = True
            try:
                self._open_stream()
            except Exception as error:  # PortAudioError, a StudioError, or whatever a driver raises
                self.device, self._stream = None, None
                self.problem = f"No sound output: {error}"

    def _open_stream(self) -> None:
        device = self._find_device()
        if device is None:
            self.problem = "No sound output found"
            return
        stream = portaudio().OutputStream(
            device=device.index,
            samplerate=device.sample_rate,
            channels=min(2, device.channels),
            dtype="float32",
            latency=LATENCY_S,
            callback=self._callback,
        )
        self.sample_rate = device.sample_rate
        self._mixer = Mixer(self.sample_rate, 0)
        stream.start()
        self._stream, self.device = stream, device

    def _callback(self, out: Any, frames: int, when: Any, status: Any) -> None:
        if status:
            self.underflows += 1
        self._mixer.render(out)

    def close(self) -> None:
        """Stops the stream; the player may not be used afterwards."""
        with self._opening:
            self._opened = True
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    @property
    def silent(self) -> bool:
        """True where nothing can be heard."""
        return self._stream is None

    # Sources

    def prepare(self, audio: Audio) -> Samples:
        """Float32 [2, T] at the output's rate; shares memory where nothing had to change. Opens the device."""
        self.open()
        samples = audio.samples
        if samples.shape[0] != 2:
            # A mono source plays at full level on both sides; further channels are folded down.
            samples = np.ascontiguousarray(np.broadcast_to(audio.mono(), (2, audio.frames)))
        return resample(Audio(samples, audio.sample_rate), self.sample_rate).samples

    def load(self, sources: Mapping[Hashable, Samples]) -> None:
        """Starts a new timeline, as long as the longest source, at its beginning, stopped."""
        frames = max((s.shape[1] for s in sources.values()), default=0)
        mixer = Mixer(self.sample_rate, frames)
        for key, samples in sources.items():
            mixer.add(key, samples)
        self._mixer = mixer

    def add(self, key: Hashable, samples: Samples) -> None:
        """Adds a prepared source to the timeline without touching what plays."""
        self._mixer.add(key, samples)

    def remove(self, key: Hashable) -> None:
        self._mixer.remove(key)

    def set_gains(self, gains: Mapping[Hashable, float]) -> None:
        """Linear gains by source, reached together over one crossfade; sources not named fall silent."""
        self._mixer.set_gains(gains)

    # Transport

    @property
    def playing(self) -> bool:
        return self._mixer.playing

    @property
    def duration_s(self) -> float:
        return self._mixer.frames / self.sample_rate

    @property
    def position_s(self) -> float:
        """What is heard now: the mixing position less the output's delay while playing."""
        mixer = self._mixer
        position = mixer.position / self.sample_rate
        if self._stream is None or not mixer.playing:
            return position
        heard = position - float(self._stream.latency)
        loop = self.loop_s
        if loop is not None and heard < loop[0] <= position < loop[1]:
            heard = max(loop[0], heard + loop[1] - loop[0])
        return max(0.0, heard)

    @property
    def loop_s(self) -> tuple[float, float] | None:
        loop = self._mixer.loop
        return None if loop is None else (loop[0] / self.sample_rate, loop[1] / self.sample_rate)

    def play(self) -> None:
        self.open()
        self._last_tick = self._clock()
        self._mixer.play()

    def pause(self) -> None:
        self.tick()
        self._mixer.pause()

    def seek(self, time_s: float) -> None:
        self._mixer.seek(round(time_s * self.sample_rate))

    def set_loop(self, loop_s: tuple[float, float] | None) -> None:
        """Repeats [start, end) seconds, to the sample; None plays on."""
        if loop_s is None:
            self._mixer.set_loop(None)
        else:
            self._mixer.set_loop((round(loop_s[0] * self.sample_rate), round(loop_s[1] * self.sample_rate)))

    def tick(self) -> None:
        """Call some 30 times a second: runs the silent transport, and notices a device that went away."""
        stream = self._stream
        if stream is not None:
            if stream.active:
                return
            self.problem = f"The sound output {self.device.name if self.device else ''} stopped"
            self._stream = None
            stream.close()
        now = self._clock()
        elapsed = 0.0 if self._last_tick is None else min(now - self._last_tick, 0.5)
        self._last_tick = now
        frames = round(elapsed * self.sample_rate)
        while frames > 0:
            n = min(frames, len(self._silence))
            self._mixer.render(self._silence[:n])
            frames -= n
