"""Recording as the window sees it: R starts and stops, options are remembered, and each tick looks how far it is.

The controller decides when the input is open, what the metronome follows and what is muted meanwhile; what becomes of
a finished recording is for its listeners.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.audio.devices import AudioSetup
from studio.audio.files import VOCAL_MAX_S
from studio.audio.levels import Meter
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter as TimeSignature
from studio.services.recording.audio_setup import remember_setup, resolve_setup
from studio.services.recording.latency import known_latency, remember_latency
from studio.services.recording.recording import Ending, Recorded, RecordingPlan, RecordingService
from studio.storage.audio_settings import read_audio_settings, write_audio_settings
from studio.storage.machine import read_machine_notes
from studio.storage.paths import user_data_dir
from studio.ui.listening.playback import Playback

#: What a state of the recording is called in the window; 'off' has no words.
STATE_WORDS = {
    "opening": "Opening the input …",
    "counting": "Counting in …",
    "recording": "Recording",
    "ending": "Ending the take …",
}
_FOUR_FOUR = TimeSignature(4, 4)
#: A recording no sample of which is above this (-80 dBFS) is of a wrong or dead input.
_SILENT = 1e-4


class Recording(QObject):
    """Main thread only.

    Args:
        settings_path: where the options are remembered.
    """

    state_changed = Signal(str)  # 'off', 'opening', 'counting', 'recording' or 'ending'
    settings_changed = Signal(object)
    punch_changed = Signal(object)
    recorded = Signal(object)
    metered = Signal(object)
    failed = Signal(object)
    told = Signal(str)

    def __init__(
        self,
        service: RecordingService,
        playback: Playback,
        settings_path: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.service, self._playback, self._path = service, playback, settings_path
        self.settings = read_audio_settings(settings_path)
        self.meter = Meter()
        self.punch_s: tuple[float, float] | None = None
        self.state = "off"
        self.song = ""
        #: The highest peak of the recording, linear.
        self._loudest = 0.0
        self._wanted = False
        self._endings: list[Ending] = []
        playback.ticked.connect(self._on_tick)
        playback.loading.connect(self._on_loading)
        playback.timeline.changed.connect(self._follow_grid)
        playback.player.monitoring = self.settings.monitoring
        self._follow_grid()

    # Options

    def setup(self, *, with_input: bool) -> AudioSetup:
        """The devices to open, as far as they are there."""
        notes = read_machine_notes(user_data_dir())
        return resolve_setup(self.settings, with_input=with_input, notes=notes)

    def change(self, **options: object) -> None:
        """Sets options of AudioSettings by name, and remembers them."""
        self.settings = dataclasses.replace(self.settings, **options)  # type: ignore[arg-type]
        self._keep()
        self._playback.player.monitoring = self.settings.monitoring
        self._follow_grid()

    def open_input(self) -> None:
        """Opens the input, for its level to be seen; else looks whether devices came or went. Does not wait."""
        if self._playback.player.levels is None:
            self._open(lambda: self.setup(with_input=True))
        else:
            self._playback.player.look_for_devices()

    def use_setup(self, setup: AudioSetup) -> None:
        """Opens the devices a user chose, without waiting, and remembers them."""
        self.settings = remember_setup(self.settings, setup)
        self._open(setup)
        self._keep()

    def keep_latency(self, frames: int) -> None:
        """Remembers a measurement for the devices that are open now."""
        self.settings = remember_latency(self.settings, self._playback.player.setup, frames)
        self._keep()

    def _keep(self) -> None:
        try:
            write_audio_settings(self._path, self.settings)
        except OSError as error:
            self.told.emit(f"The settings could not be kept: {error.strerror}")
        self.settings_changed.emit(self.settings)

    @property
    def latency_frames(self) -> int:
        """Measured, else what the driver says."""
        player = self._playback.player
        measured = known_latency(self.settings, player.setup)
        return player.reported_latency_frames if measured is None else measured

    @property
    def latency_is_measured(self) -> bool:
        return known_latency(self.settings, self._playback.player.setup) is not None

    def punch_in(self) -> None:
        """Recording keeps nothing before the playhead."""
        at = self._playback.timeline.playhead_s
        end = self.punch_s[1] if self.punch_s and self.punch_s[1] > at else self._playback.timeline.duration_s
        self._set_punch((at, end) if at < end else None)

    def punch_out(self) -> None:
        """Recording keeps nothing after the playhead, and ends there."""
        at = self._playback.timeline.playhead_s
        start = self.punch_s[0] if self.punch_s and self.punch_s[0] < at else 0.0
        self._set_punch((start, at) if start < at else None)

    def clear_punch(self) -> None:
        self._set_punch(None)

    def show_punch(self, punch_s: tuple[float, float] | None) -> None:
        """Those of the song that was opened."""
        self.punch_s = punch_s

    def _set_punch(self, punch_s: tuple[float, float] | None) -> None:
        self.punch_s = punch_s
        self.punch_changed.emit(punch_s)

    # Recording

    def toggle(self) -> None:
        """R: starts with a count-in as soon as the input is open, or ends the take."""
        if self.service.active:
            self._playback.pause()
            return
        if self._wanted:
            self._wanted = False
            self._set_state("off")
            return
        self._playback.pause()
        if self._playback.player.levels is None:
            self._open(lambda: self.setup(with_input=True))
        self._wanted = True
        self._start_if_ready()

    def _start_if_ready(self) -> None:
        """Waits for the devices, and for a song that has to be converted to another rate of theirs."""
        player = self._playback.player
        if (player.opening and not player.hung) or player.preparing:
            self._set_state("opening")
            return
        self._wanted = False
        try:
            self._start()
        except StudioError as error:
            self._playback.set_recording(False)
            self._set_state("off")
            self.failed.emit(error)

    def _start(self) -> None:
        playback = self._playback
        if not playback.timeline.duration_s:
            playback.load_empty(VOCAL_MAX_S)
            self._follow_grid()
            self.clear_punch()
        playback.set_recording(True)
        plan = RecordingPlan(
            grid=self.grid,
            latency_frames=self.latency_frames,
            count_in_bars=self.settings.count_in_bars,
            punch_s=self.punch_s,
            given_tempo=playback.timeline.grid is None and self._is_led,
            song=self.song,
        )
        self._loudest = 0.0
        self.service.start(plan)
        self._set_state("counting" if self.settings.count_in_bars else "recording")

    @property
    def grid(self) -> BeatGrid:
        """The song's beats, or on an empty desk a steady tempo."""
        grid = self._playback.timeline.grid
        if grid is not None:
            return grid
        return BeatGrid.regular(self.settings.tempo_bpm, _FOUR_FOUR, VOCAL_MAX_S)

    @property
    def _is_led(self) -> bool:
        return self.settings.metronome or self.settings.count_in_bars > 0

    def _open(self, setup: AudioSetup | Callable[[], AudioSetup]) -> None:
        self._playback.player.configure(setup, patience_s=0)
        self.meter.reset()

    def _follow_grid(self) -> None:
        """The metronome's clicks lie where the beats are now."""
        self._playback.set_metronome(self.grid if self.settings.metronome else None)

    def _on_loading(self) -> None:
        """Another song comes: what was recorded so far stays in its file."""
        self._wanted = False
        if self.service.active:
            ending = self.service.end()
            if ending is not None:
                self._endings.append(ending)
            self._playback.set_recording(False)
        self._set_state("off")

    def _tell_written(self) -> None:
        """Of recordings that another song interrupted."""
        for ending in [e for e in self._endings if e.written]:
            self._endings.remove(ending)
            recorded = ending.result()
            if recorded:
                self.told.emit(f"The recording was kept: {recorded.path}")

    def _on_tick(self) -> None:
        player = self._playback.player
        self.meter.look(player.levels, time.monotonic())
        self.metered.emit(self.meter)
        self._tell_written()
        if self._wanted:
            self._start_if_ready()
        if not self.service.active:
            return
        self._loudest = max(self._loudest, *self.meter.peaks, 0.0)
        if self.service.complete:
            self._finish()
        elif not player.playing:
            self._set_state("ending")
        elif not player.counting_in:
            self._set_state("recording")

    def _finish(self) -> None:
        recorded = self.service.finish()
        self._playback.pause()
        self._playback.set_recording(False)
        self._set_state("off")
        if recorded is None:
            return
        self._tell_problems(recorded)
        if self._loudest > _SILENT:
            self.recorded.emit(recorded)
            return
        source = self._playback.player.setup.input
        self.failed.emit(
            StudioError(
                "Nothing was heard while recording",
                seen=f"silence from {source.name if source else 'the input'}",
                expected="a voice",
                todo="Choose another input under Record > Sound devices, or look at its cable and level. "
                f"The recording was kept: {recorded.path}",
            )
        )

    def _tell_problems(self, recorded: Recorded) -> None:
        if recorded.problem:
            seconds = recorded.frames / recorded.note.sample_rate
            self.failed.emit(
                StudioError(
                    "The recording ended early",
                    seen=recorded.problem,
                    expected="a recording until it is stopped",
                    todo=f"Everything until then was kept ({seconds:.1f} s): {recorded.path}",
                )
            )
        elif recorded.lost_blocks:
            times = "once" if recorded.lost_blocks == 1 else f"{recorded.lost_blocks} times"
            self.told.emit(f"The device lost samples {times}: choose larger blocks")

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def close(self) -> None:
        """Ends a recording that still runs, and waits for it; it is offered no more, since it ended properly."""
        if self.service.active:
            self.service.finish()
        for ending in self._endings:
            ending.result()
