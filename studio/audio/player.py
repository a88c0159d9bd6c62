"""The transport: plays the vocal with one candidate at a time, records over it, or runs silently without a device.

Choices: the stream runs on between plays, so that play, seek and switch answer within one buffer; the callback mixes,
copies and measures in memory made beforehand. The input is open only while it is wanted. Sources are prepared for the
device's rate off the main thread, read ahead while they play, and prepared again by the player itself when the rate
changes. Devices are opened elsewhere (studio.audio.connection) and taken over when they are there: until then, and
without any, the same mixer runs on a clock read by `tick`, so the playhead, the loop and the switching behave alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path

import numpy as np

from studio.audio.caution import Caution
from studio.audio.connection import PATIENCE_S, Connection, Opened
from studio.audio.devices import AudioSetup, Device, default_output, present, tells_of_devices
from studio.audio.levels import Levels
from studio.audio.mixer import Mixer
from studio.audio.recorder import Recorder
from studio.audio.ring import Ring
from studio.audio.song import Song
from studio.audio.source import AudioSource, Source, prepare
from studio.audio.stream import DeviceStream, Frames
from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError
from studio.core.language import later, tr
from studio.core.mix import VOCAL

_SILENT_RATE = 48000
#: So much of what was played is kept for whoever measures it.
_TAP_S = 2.0
#: The key of a metronome, which like the vocal is no part of the band.
CLICK = "click"
_HUNG = later("The sound system does not answer. The song is open without sound, which joins in once it does")


def default_setup() -> AudioSetup:
    """The system's output at its own rate, no input."""
    return AudioSetup(default_output())


class Player:
    """The transport. Methods belong to the main thread, except `open` and `prepare`, which any thread may call.

    Args:
        find_setup: says what to open; an output of None runs silently. Called on a thread of its own.
        clock: monotonic seconds, for the silent transport.
        patience_s: so long a sound system is waited for before the song opens without it.
        caution: says what is not to be called in the sound system; None calls everything.

    Attributes:
        setup: what is open, or would be.
        devices: every device there was when one was last looked for.
        rates: those that the open devices take, Hz.
        problem: why there is no sound output, in words; empty where there is one.
        losses: how often a device went away while it was open.
        version: another number whenever a device came, went, or failed to.
        monitoring: whether what is heard is played at once.
        levels: of the input; None while it is closed.
    """

    def __init__(
        self,
        *,
        find_setup: Callable[[], AudioSetup] = default_setup,
        clock: Callable[[], float] = time.monotonic,
        patience_s: float = PATIENCE_S,
        caution: Caution | None = None,
    ) -> None:
        self._find_setup, self._clock, self._patience_s = find_setup, clock, patience_s
        # Held for moments only: while a device is taken over, or the timeline is another one.
        self._lock = threading.RLock()
        self._connection = Connection(self._on_block, patience_s, caution=caution)
        self._stream: DeviceStream | None = None
        self._gate: Opened | None = None
        self._asked = self._closed = False
        self.setup = AudioSetup()
        self.devices: tuple[Device, ...] = ()
        self.rates: tuple[int, ...] = ()
        self.problem = ""
        self.losses = self.version = 0
        self.sample_rate = _SILENT_RATE
        self.monitoring = False
        self.levels: Levels | None = None
        self._timeline = Song(self.sample_rate, self._lock, frozenset({VOCAL, CLICK}))
        #: What the callback mixes: the song, or what was put in its place for a while.
        self._mixer = self._timeline.mixer
        self._recorder: Recorder | None = None
        self._tap, self._band_tap = (Ring(round(_TAP_S * _SILENT_RATE), 2) for _ in range(2))
        self._last_tick: float | None = None
        self._silence = np.zeros((1 << 16, 2), np.float32)
        self._band = np.zeros((1 << 16, 2), np.float32)

    # Device

    def open(self, *, patience_s: float | None = None) -> None:
        """Opens the output once; afterwards `problem` says in words why there is none, if so.

        A sound system that hangs is waited for no longer than the player's patience, or this one; `tick` takes over
        what it gives later.
        """
        with self._lock:
            if self._closed:
                return
            if not self._asked:
                self._asked = True
                self._connection.request(self._find_setup)
        self._await(patience_s)

    def configure(
        self, setup: AudioSetup | Callable[[], AudioSetup], *, patience_s: float | None = None
    ) -> None:
        """Opens other devices instead; what played stops. With another rate every source is prepared again.

        A device that does not open leaves the silent transport and its reason in `problem`. With a patience of 0 this
        returns at once: `opening` tells when it is over.

        Args:
            setup: or what says it, on the connection's thread, where devices may be looked for.
        """
        with self._lock:
            if self._closed:
                return
            self._asked = True
            stream = self._let_go(tr("The sound device was closed"))
            self._song.pause()
            if isinstance(setup, AudioSetup):
                self._connection.request(lambda: present(setup) or setup, closing=stream)
            else:
                self._connection.request(setup, closing=stream)
        self._await(patience_s)

    def look_for_devices(self, *, patience_s: float = 0.0) -> None:
        """Looks for devices anew, if the system has others than before, and opens again what was open.

        What plays stands for that moment; a take is never interrupted for it.
        """
        with self._lock:
            busy = self._recorder is not None or self._mixer is not self._song or self.opening
            if self._closed or busy or self._connection.dead or not self._connection.look():
                return
            self._asked = True
            before = self.setup if self._stream is not None else None
            stream = self._let_go(tr("The sound device was closed"))
            self._connection.request(lambda: self._find_again(before), closing=stream, rescan=True)
        self._await(patience_s)

    def _find_again(self, before: AudioSetup | None) -> AudioSetup:
        """On the connection's thread: an open input stays open; a preferred output that came back is taken."""
        again = present(before) if before is not None else None
        if again is not None and again.input is not None:
            return again
        return self._find_setup()

    @property
    def opening(self) -> bool:
        """Whether devices that were asked for are neither there nor given up."""
        return self._connection.opening

    @property
    def hung(self) -> bool:
        """Whether the sound system should have answered by now."""
        return self._connection.hung

    def _await(self, patience_s: float | None) -> None:
        patience_s = self._patience_s if patience_s is None else patience_s
        if patience_s > 0 and not self._connection.hung:
            self._connection.wait(patience_s)
        with self._lock:
            self._take_over()

    def _take_over(self) -> None:
        """What the connection opened meanwhile becomes what is heard."""
        if self._closed:
            return
        if self._connection.hung and self.problem != tr(_HUNG):
            self.problem, self.version = tr(_HUNG), self.version + 1
        opened = self._connection.take()
        if opened is None:
            return
        self.version += 1
        self.problem, self.devices, self.rates = opened.problem, opened.devices, opened.rates
        setup = opened.setup
        if setup is not None:
            self.setup = setup
        if opened.stream is None or setup is None:
            return
        if setup.rate != self.sample_rate:
            self._change_rate(setup.rate)
        self.levels = Levels(setup.input_count, setup.rate) if setup.input else None
        self._gate, self._stream = opened, opened.stream
        opened.gate.open = True

    def _let_go(self, why: str) -> DeviceStream | None:
        """Ends the take; the stream plays no more and is the caller's to close. The transport stands or runs on."""
        stream, self._stream = self._stream, None
        if self._gate is not None:
            self._gate.gate.open = False
            self._gate = None
        if self._recorder is not None:
            self._recorder.end(why)
        self.levels = None
        return stream

    def _change_rate(self, rate: int) -> None:
        self.sample_rate = rate
        self._timeline.change_rate(rate)
        self._mixer = self._song

    @property
    def _song(self) -> Mixer:
        return self._timeline.mixer

    def _on_block(self, out: Frames, heard: Frames) -> None:
        """The audio callback."""
        mixer = self._mixer
        band = self._band[: len(out)]
        if out.shape[1]:
            mixer.render(out, band)
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
            self._band_tap.write(band)

    def close(self) -> None:
        """Stops the stream; the player may not be used afterwards."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            stream = self._let_go(tr("The sound device was closed"))
        self._connection.close(stream)
        self._timeline.close()

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
    def starved(self) -> int:
        """How often a source of the song fell silent because the disk was too slow."""
        return self._song.starved

    @property
    def read_problem(self) -> str:
        """What of the song could not be read from the disk, in words; empty while all is well."""
        return self._timeline.problem

    @property
    def reported_latency_frames(self) -> int:
        """From output to input and back as the driver says; 0 while the input is closed."""
        stream = self._stream
        return round(stream.round_trip_s * self.sample_rate) if stream and stream.setup.input else 0

    def read_output(self) -> tuple[Frames, Frames]:
        """What was played since the last call, [N, 2], at most the last two seconds; and what of it the band was.

        Without a device it is what would have been played.
        """
        heard, band = (np.empty((tap.waiting, 2), np.float32) for tap in (self._tap, self._band_tap))
        self._tap.read(heard)
        self._band_tap.read(band)
        return heard, band

    # Sources

    def prepare(self, audio: Audio) -> AudioSource:
        """A source at the output's rate; shares memory, or the file, where nothing had to change. Opens the device."""
        self.open()
        return prepare(audio, self.sample_rate)

    def load(self, sources: Mapping[Hashable, Source | Samples], *, frames: int | None = None) -> None:
        """Starts a new timeline, as long as the longest source unless told, at its beginning, stopped.

        Samples [2, T] are taken to be at the output's rate.
        """
        with self._lock:
            lent = self._mixer is not self._song
            self._timeline.load(sources, frames)
            if not lent:
                self._mixer = self._song

    def add(self, key: Hashable, source: Source | Samples) -> None:
        """Adds or replaces a source, silent until `set_gains` names it; what else plays is not touched.

        One that was prepared for another rate than the output has now is heard once it was prepared again.
        """
        with self._lock:
            self._timeline.add(key, source)

    def remove(self, key: Hashable) -> None:
        with self._lock:
            self._timeline.remove(key)

    def set_gains(self, gains: Mapping[Hashable, float]) -> None:
        """Linear gains by source, reached together over one crossfade; sources not named fall silent."""
        with self._lock:
            self._timeline.set_gains(gains)

    @property
    def preparing(self) -> bool:
        """Whether a source is still to be converted to the output's rate."""
        return self._timeline.preparing

    def borrow(self, timeline: Mixer) -> None:
        """Puts a timeline in the place of the song's until `give_back`. The song stands, and is changed all the same:
        every other method but `start_take` is about the song. A change of the rate ends the loan."""
        with self._lock:
            self._song.pause()
            self._mixer = timeline

    def give_back(self) -> None:
        with self._lock:
            self._mixer = self._song

    # Recording

    @property
    def recorder(self) -> Recorder | None:
        """The take in progress, or the last one until `end_take`."""
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
        if levels is None or self._mixer.playing or self._recorder is not None:
            raise StudioError(tr("Cannot record"), seen=tr("no open input, or a transport that runs"))
        self._recorder = Recorder(
            path, self._mixer, sample_rate=self.sample_rate, channels=len(levels.peaks),
            latency_frames=latency_frames, max_frames=max_frames,
        )  # fmt: skip
        self._mixer.play(count_in, start=start, exact=True)
        self._timeline.wake()

    def end_take(self) -> Recorder | None:
        """Ends the take with what was heard so far; its file is whole once it is `written`. None without a take."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.end()
        return recorder

    def finish_take(self) -> Recorder | None:
        """The same, and waits for the disk unless the take is already written."""
        recorder = self.end_take()
        if recorder is not None:
            recorder.finish()
        return recorder

    # Transport

    @property
    def playing(self) -> bool:
        return self._song.playing

    @property
    def counting_in(self) -> bool:
        return self._song.counting_in

    @property
    def frames(self) -> int:
        """Length of the timeline."""
        return self._song.frames

    @property
    def duration_s(self) -> float:
        return self._song.frames / self.sample_rate

    @property
    def position_frames(self) -> int:
        """The next frame to be mixed."""
        return self._song.position

    @property
    def position_s(self) -> float:
        """What is heard now: the mixing position less the output's delay while playing."""
        mixer, stream = self._song, self._stream
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
        loop = self._song.loop
        return None if loop is None else (loop[0] / self.sample_rate, loop[1] / self.sample_rate)

    @property
    def loop_frames(self) -> tuple[int, int] | None:
        return self._song.loop

    def play(self) -> None:
        """Does nothing while the song's place is lent."""
        self.open(patience_s=0)
        self._last_tick = self._clock()
        if self._mixer is self._song:
            self._song.play()
            self._timeline.wake()

    def pause(self) -> None:
        self.tick()
        self._song.pause()

    def seek(self, time_s: float) -> None:
        self._song.seek(round(time_s * self.sample_rate))
        self._timeline.wake()

    def set_loop(self, loop_s: tuple[float, float] | None) -> None:
        """Repeats [start, end) seconds, to the sample; None plays on."""
        if loop_s is None:
            self._song.set_loop(None)
        else:
            self._song.set_loop((round(loop_s[0] * self.sample_rate), round(loop_s[1] * self.sample_rate)))
        self._timeline.wake()

    def tick(self) -> None:
        """Call some 30 times a second: runs the silent transport, takes over devices that came, notices those that
        went. Never waits."""
        if not self._lock.acquire(blocking=False):
            return  # a device is being taken over right now
        try:
            self._tick()
        finally:
            self._lock.release()

    def _tick(self) -> None:
        self._take_over()
        stream = self._stream
        if stream is not None and not stream.alive:
            self._lose(stream)
            return
        if self._connection.changed and (stream is None or (tells_of_devices() and not self._mixer.playing)):
            self.look_for_devices()
        if self._stream is not None:
            return
        now = self._clock()
        elapsed = 0.0 if self._last_tick is None else min(now - self._last_tick, 0.5)
        self._last_tick = now
        # While a device is on its way the transport stands, so that its first sound is the first of the song; and
        # a stream that is being closed may still be in the middle of a block.
        if (self.opening and not self._connection.hung) or self._mixer.turn % 2:
            return
        frames = round(elapsed * self.sample_rate)
        while frames > 0:
            n = min(frames, len(self._silence))
            self._mixer.render(self._silence[:n], self._band[:n])
            self._tap.write(self._silence[:n])
            self._band_tap.write(self._band[:n])
            frames -= n

    def _lose(self, stream: DeviceStream) -> None:
        """Keeps the take, stands still, and has what is left to play on opened."""
        names = tr(" and ").join(
            dict.fromkeys(d.name for d in (stream.setup.output, stream.setup.input) if d)
        )
        why = tr("The sound device {names} stopped", names=names)
        self._let_go(why)
        self._mixer.pause()
        self.problem, self.losses, self.version = why, self.losses + 1, self.version + 1
        self._connection.request(self._find_setup, closing=stream, rescan=True)
