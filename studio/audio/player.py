"""The transport: plays the vocal with one candidate at a time, records over it, or runs silently without a device.

Choices: the stream runs on between plays, so that play, seek and switch answer within one buffer; the callback mixes,
copies and measures in memory made beforehand. The input is open only while it is wanted. Sources are resampled to the
device's rate once, off the callback. Without a device the same mixer runs on a clock read by `tick`, so the playhead,
the loop and the switching behave alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path

import numpy as np

from studio.audio.devices import AudioSetup, Device, default_output, refresh_devices
from studio.audio.levels import Levels
from studio.audio.mixer import Mixer
from studio.audio.recorder import Recorder
from studio.audio.ring import Ring
from studio.audio.stream import DeviceStream, Frames
from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError
from studio.dsp.resample import resample

_SILENT_RATE = 48000
_TAP_S = 1.0


def default_setup() -> AudioSetup:
    """The system's output at its own rate, no input."""
    return AudioSetup(default_output())


class Player:
    """The transport. Methods belong to the main thread, except `open` and `prepare`, which any thread may call.

    Args:
        find_setup: says what to open; an output of None runs silently.
        clock: monotonic seconds, for the silent transport.

    Attributes:
        setup: what is open, or would be.
        problem: why there is no sound output, in words; empty where there is one.
        losses: how often a device went away while it was open.
        monitoring: whether what is heard is played at once.
        levels: of the input; None while it is closed.
    """

    def __init__(
        self,
        *,
        find_setup: Callable[[], AudioSetup] = default_setup,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find_setup, self._clock = find_setup, clock
        self._opening = threading.Lock()
        self._stream: DeviceStream | None = None
        self._opened = False
        self.setup = AudioSetup()
        self.problem = ""
        self.losses = 0
        self.sample_rate = _SILENT_RATE
        self.monitoring = False
        self.levels: Levels | None = None
        self._mixer = Mixer(self.sample_rate, 0)
        self._recorder: Recorder | None = None
        self._tap = Ring(round(_TAP_S * _SILENT_RATE), 2)
        self._last_tick: float | None = None
        self._silence = np.zeros((1 << 16, 2), np.float32)

    # Device

    def open(self) -> None:
        """Opens the output once; afterwards `problem` says in words why there is none, if so."""
        with self._opening:
            if not self._opened:
                self._open(self._find_setup)

    def configure(self, setup: AudioSetup) -> None:
        """Opens other devices instead; what played stops. With another rate the timeline is emptied: load it again.

        A device that does not open leaves the silent transport and its reason in `problem`.
        """
        with self._opening:
            self._close_stream()
            self._open(lambda: setup)

    def _open(self, find_setup: Callable[[], AudioSetup]) -> None:
        self._opened = True
        self.problem = ""
        try:
            setup = find_setup()
            if setup.output is None and setup.input is None:
                self.problem = "No sound output found"
                return
            self.setup = setup
            if setup.rate != self.sample_rate:
                self.sample_rate = setup.rate
                self._mixer = Mixer(self.sample_rate, 0)
            self.levels = Levels(setup.input_count, self.sample_rate) if setup.input else None
            self._stream = DeviceStream(setup, self._on_block)
            if setup.output is None:
                self.problem = "No sound output found"
        except Exception as error:  # PortAudioError, a StudioError, or whatever a driver raises
            self._stream = self.levels = None
            self.problem = f"No sound output: {error}"

    def _close_stream(self, why: str = "The sound device was closed") -> bool:
        """Ends the take and the stream; the transport stands. False where the driver does not answer."""
        stream, self._stream = self._stream, None
        if self._recorder is not None:
            self._recorder.end(why)
        self._mixer.pause()
        self.levels = None
        return stream is None or stream.close()

    def _on_block(self, out: Frames, heard: Frames) -> None:
        """The audio callback."""
        mixer = self._mixer
        if out.shape[1]:
            mixer.render(out)
        else:
            mixer.render(self._silence[: len(heard)])
        recorder, levels = self._recorder, self.levels
        if heard.shape[1]:
            if levels is not None and len(levels.peaks) == heard.shape[1]:
                levels.feed(heard)
            if recorder is not None:
                recorder.feed(heard)
            if self.monitoring:
                for side in range(min(2, out.shape[1])):
                    out[:, side] += heard[:, min(side, heard.shape[1] - 1)]
        if out.shape[1] >= 2:
            self._tap.write(out[:, :2])

    def close(self) -> None:
        """Stops the stream; the player may not be used afterwards."""
        with self._opening:
            self._opened = True
            self._close_stream()

    @property
    def device(self) -> Device | None:
        """The output that is heard; None where nothing can be."""
        return self.setup.output if self._stream is not None else None

    @property
    def silent(self) -> bool:
        """True where nothing can be heard."""
        return self.device is None

    @property
    def xruns(self) -> tuple[int, int]:
        """Blocks that came too late for the output, and before which the input lost samples."""
        stream = self._stream
        return (stream.underflows, stream.overflows) if stream else (0, 0)

    @property
    def reported_latency_frames(self) -> int:
        """From output to input and back as the driver says; 0 while the input is closed."""
        stream = self._stream
        return round(stream.round_trip_s * self.sample_rate) if stream and stream.setup.input else 0

    def read_output(self) -> Frames:
        """What was played since the last call, [N, 2], at most the last second."""
        heard = np.empty((self._tap.waiting, 2), np.float32)
        self._tap.read(heard)
        return heard

    # Sources

    def prepare(self, audio: Audio) -> Samples:
        """Float32 [2, T] at the output's rate; shares memory where nothing had to change. Opens the device."""
        self.open()
        samples = audio.samples
        if samples.shape[0] != 2:
            # A mono source plays at full level on both sides; further channels are folded down.
            samples = np.ascontiguousarray(np.broadcast_to(audio.mono(), (2, audio.frames)))
        return resample(Audio(samples, audio.sample_rate), self.sample_rate).samples

    def load(self, sources: Mapping[Hashable, Samples], *, frames: int | None = None) -> None:
        """Starts a new timeline, as long as the longest source unless told, at its beginning, stopped."""
        longest = max((s.shape[1] for s in sources.values()), default=0)
        mixer = Mixer(self.sample_rate, longest if frames is None else frames)
        for key, samples in sources.items():
            mixer.add(key, samples)
        self._mixer = mixer

    def exchange(self, timeline: Mixer) -> Mixer:
        """Puts another timeline in, and returns the one there was, to be put back later."""
        before, self._mixer = self._mixer, timeline
        return before

    def add(self, key: Hashable, samples: Samples) -> None:
        """Adds a prepared source to the timeline without touching what plays."""
        self._mixer.add(key, samples)

    def remove(self, key: Hashable) -> None:
        self._mixer.remove(key)

    def set_gains(self, gains: Mapping[Hashable, float]) -> None:
        """Linear gains by source, reached together over one crossfade; sources not named fall silent."""
        self._mixer.set_gains(gains)

    # Recording

    @property
    def recorder(self) -> Recorder | None:
        """The take in progress, or the last one until `finish_take`."""
        return self._recorder

    def start_take(
        self,
        path: Path,
        *,
        start: int,
        latency_frames: int,
        max_frames: int,
        count_in: Samples | None = None,
    ) -> None:
        """Starts the transport from frame `start`, after the count-in, with a take that begins there.

        Raises:
            StudioError: no input is open, or the transport runs.
            OSError: the file cannot be made.
        """
        levels = self.levels
        if levels is None or self.playing or self._recorder is not None:
            raise StudioError("Cannot record", seen="no open input, or a transport that runs")
        self._recorder = Recorder(
            path, self._mixer, sample_rate=self.sample_rate, channels=len(levels.peaks),
            latency_frames=latency_frames, max_frames=max_frames,
        )  # fmt: skip
        self._mixer.play(count_in, start=start)

    def finish_take(self) -> Recorder | None:
        """Ends the take with what was heard so far; its file is whole afterwards. None without a take."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.finish()
        return recorder

    # Transport

    @property
    def playing(self) -> bool:
        return self._mixer.playing

    @property
    def counting_in(self) -> bool:
        return self._mixer.counting_in

    @property
    def frames(self) -> int:
        """Length of the timeline."""
        return self._mixer.frames

    @property
    def duration_s(self) -> float:
        return self._mixer.frames / self.sample_rate

    @property
    def position_frames(self) -> int:
        """The next frame to be mixed."""
        return self._mixer.position

    @property
    def position_s(self) -> float:
        """What is heard now: the mixing position less the output's delay while playing."""
        mixer, stream = self._mixer, self._stream
        position = mixer.position / self.sample_rate
        if stream is None or not mixer.playing or mixer.counting_in:
            return position
        heard = position - stream.output_latency_s
        loop = self.loop_s
        if loop is not None and heard < loop[0] <= position < loop[1]:
            heard = max(loop[0], heard + loop[1] - loop[0])
        return max(0.0, heard)

    @property
    def loop_s(self) -> tuple[float, float] | None:
        loop = self._mixer.loop
        return None if loop is None else (loop[0] / self.sample_rate, loop[1] / self.sample_rate)

    @property
    def loop_frames(self) -> tuple[int, int] | None:
        return self._mixer.loop

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
            if not stream.alive:
                self._on_lost(stream)
            return
        now = self._clock()
        elapsed = 0.0 if self._last_tick is None else min(now - self._last_tick, 0.5)
        self._last_tick = now
        frames = round(elapsed * self.sample_rate)
        while frames > 0:
            n = min(frames, len(self._silence))
            self._mixer.render(self._silence[:n])
            frames -= n

    def _on_lost(self, stream: DeviceStream) -> None:
        """Keeps the take, stands still, and opens what is left to play on."""
        names = " and ".join(dict.fromkeys(d.name for d in (stream.setup.output, stream.setup.input) if d))
        why = f"The sound device {names} stopped"
        with self._opening:
            answered = self._close_stream(why)
            self.problem, self.losses = why, self.losses + 1
            if answered:
                refresh_devices()
                self._open(self._find_setup)
