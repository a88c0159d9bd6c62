"""The loopback wizard: plays a known sound, hears it come back, and keeps how long that took.

The way of the sound is that of a take, through the same stream and recorder, so what is measured is what a take
needs; nothing is added or taken away.
"""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from studio.audio.devices import AudioSetup
from studio.audio.files import read_audio
from studio.audio.mixer import Mixer
from studio.audio.player import Player
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.dsp.delay import Delay, find_delay, probe
from studio.storage.audio_settings import AudioSettings, latency_key

_CLEAR = 1.6
_SPREAD_S = 0.001
_SILENT_PEAK = 10 ** (-70 / 20)


class LatencyTest:
    """One measurement. The player's input must be open; its timeline is lent for the time and given back.

    Make it, call `done` until it says so, then `finish`.
    """

    def __init__(self, player: Player) -> None:
        seen = tr("no open input") if player.levels is None else tr("a take that is not finished")
        if player.levels is None or player.recorder is not None:
            todo = tr("Choose an input device first") if player.levels is None else tr("Stop recording first")
            raise StudioError(tr("Cannot measure the latency"), seen=seen, todo=todo)
        self._player = player
        sound = probe(player.sample_rate)
        mixer = Mixer(player.sample_rate, len(sound))
        mixer.add("probe", np.broadcast_to(sound, (2, len(sound))))
        mixer.set_gains({"probe": 1.0})
        self._folder = tempfile.TemporaryDirectory(prefix="backline-latency-")
        self._path = Path(self._folder.name) / "heard.wav"
        player.borrow(mixer)
        try:
            player.start_take(self._path, start=0, latency_frames=0, max_frames=len(sound))
        except BaseException:
            player.give_back()
            self._folder.cleanup()
            raise

    @property
    def done(self) -> bool:
        """Everything was heard and written, or nothing more will be."""
        recorder = self._player.recorder
        return recorder is None or recorder.written

    def finish(self) -> Delay:
        """Ends the measurement, complete or not.

        Raises:
            StudioError: nothing was heard, or nothing like the sound that was played.
        """
        try:
            recorder = self._player.finish_take()
            frames = recorder.frames if recorder else 0
            heard = read_audio(self._path) if frames else None
        finally:
            self._player.give_back()
            self._folder.cleanup()
        what = tr("Cannot measure the latency")
        if heard is None or float(np.abs(heard.samples).max()) < _SILENT_PEAK:
            raise StudioError(
                what,
                seen=tr("silence at the input"),
                expected=tr("the test sound"),
                todo=tr(
                    "Connect an output to the chosen input with a cable, or hold the microphone to the speaker"
                ),
            )
        delays = [find_delay(channel, heard.sample_rate) for channel in heard.samples]
        best = max(delays, key=lambda d: d.clarity)
        if best.clarity < _CLEAR or best.spread_frames > _SPREAD_S * heard.sample_rate:
            raise StudioError(
                what,
                seen=tr("a test sound too weak or too blurred to place"),
                expected=tr("three bursts that agree"),
                todo=tr("Turn the output or the input up, and measure again in a quiet moment"),
            )
        return best


def _key(setup: AudioSetup) -> str:
    output = setup.output.name if setup.output else ""
    source = setup.input.name if setup.input else ""
    return latency_key(output, source, setup.rate, setup.block_frames)


def remember_latency(settings: AudioSettings, setup: AudioSetup, frames: int) -> AudioSettings:
    return dataclasses.replace(settings, latencies={**settings.latencies, _key(setup): frames})


def known_latency(settings: AudioSettings, setup: AudioSetup) -> int | None:
    """The measured latency of these devices at this rate and block; None where none was measured."""
    return settings.latencies.get(_key(setup))
