"""Joins the player, the timeline and the desk: one 30 Hz timer, and every intent about listening."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from studio.audio.click import ClickSource
from studio.audio.player import Player
from studio.audio.source import Source
from studio.core.grid import BeatGrid
from studio.services.project.session_mix import VOCAL, MixState
from studio.ui.timeline.timeline import Timeline

_INTERVAL_MS = 33
#: The lowest and highest level of a source.
_LEVELS_DB = (-40.0, 6.0)
#: The player's key of the metronome.
_CLICK = "click"


class Playback(QObject):
    """The only caller of the player's transport."""

    playing_changed = Signal(bool)
    mix_changed = Signal(object)
    problem_changed = Signal(str)
    ticked = Signal()
    #: Before another song takes the place of what is there.
    loading = Signal()

    def __init__(self, player: Player, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.player, self.timeline = player, timeline
        self.mix = MixState()
        self._numbers: list[int] = []
        self._previous: int | None = None
        self._was_playing = False
        self._version = 0
        self._recording = False
        self._click: tuple[BeatGrid, float] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start()
        timeline.loop_changed.connect(self._on_loop_changed)

    # Sources

    def load_vocal(self, source: Source, duration_s: float) -> None:
        """A new song, stopped at its start, with no candidates."""
        self.loading.emit()
        self._numbers = []
        self._previous = None
        self.player.load({VOCAL: source})
        self._click = None
        self.timeline.reset(duration_s)
        self.set_mix(selected=None, vocal_only=False)

    def load_empty(self, duration_s: float) -> None:
        """A timeline without a song, to record on."""
        self.player.load({}, frames=round(duration_s * self.player.sample_rate))
        self._click = None

    def replace_vocal(self, source: Source) -> None:
        """Another vocal of the same length in the place of the one there is; everything plays on."""
        self.player.add(VOCAL, source)
        self._apply()

    def add_candidate(self, number: int, stems: Mapping[str, Source]) -> None:
        """Makes a candidate playable; what is heard does not change."""
        for stem, source in stems.items():
            self.player.add((number, stem), source)
        self._numbers.append(number)
        self._numbers.sort()
        self._apply()

    # Desk

    def set_mix(self, **changes: object) -> None:
        """Turns knobs of the MixState by name."""
        self.mix = dataclasses.replace(self.mix, **changes)  # type: ignore[arg-type]
        self._apply()
        self.mix_changed.emit(self.mix)

    def _apply(self) -> None:
        gains = self.mix.gains(self._numbers)
        if self._recording:
            gains[VOCAL] = 0.0  # the old take would lead the new one
        gains[_CLICK] = 1.0
        self.player.set_gains(gains)

    def set_metronome(self, grid: BeatGrid | None) -> None:
        """Clicks on every beat of a grid, or none."""
        player = self.player
        click = None if grid is None else (grid, player.duration_s)
        if click == self._click:
            return
        self._click = click
        if click is None:
            player.remove(_CLICK)
        else:
            player.add(_CLICK, ClickSource(*click, player.sample_rate))
        self._apply()

    def set_recording(self, recording: bool) -> None:
        """While recording the old vocal is silent, and the transport only goes on or stops."""
        self._recording = recording
        self._apply()
        if not recording:
            self._on_loop_changed()

    def select(self, number: int | None) -> None:
        """Hears another candidate from the next sample on; the playhead runs on."""
        if number != self.mix.selected:
            self._previous = self.mix.selected
            self.set_mix(selected=number)

    def swap(self) -> None:
        """Back to the candidate heard before."""
        if self._previous is not None:
            self.select(self._previous)

    def forget_last(self) -> None:
        """There is nothing to swap back to."""
        self._previous = None

    def toggle_mute(self, source: str) -> None:
        self.set_mix(muted=self.mix.muted ^ {source})

    def step_level(self, source: str, step_db: float) -> None:
        """A source louder or softer, within bounds; a step of 0 puts it back."""
        level = self.mix.levels_db.get(source, 0.0) + step_db if step_db else 0.0
        level = min(max(_LEVELS_DB[0], level), _LEVELS_DB[1])
        self.set_mix(levels_db={**self.mix.levels_db, source: level})

    def toggle_solo(self, source: str) -> None:
        self.set_mix(soloed=self.mix.soloed ^ {source})

    # Transport

    def toggle(self) -> None:
        if self.player.playing:
            self.pause()
        elif self.timeline.duration_s:
            region = self.timeline.region
            if self.timeline.looping and region and not region[0] <= self.player.position_s < region[1]:
                self.player.seek(region[0])
            self.player.play()
            self._on_tick()

    def pause(self) -> None:
        self.player.pause()
        self._on_tick()

    def stop(self) -> None:
        """Stops and returns to the start of the loop, or of the song."""
        self.player.pause()
        region = self.timeline.region
        self.seek(region[0] if self.timeline.looping and region else 0.0)

    def seek(self, time_s: float) -> None:
        if self._recording:
            self.pause()
            return
        time_s = min(max(0.0, time_s), self.timeline.duration_s)
        self.player.seek(time_s)
        self.timeline.set_playhead(time_s)
        self._on_tick()

    def toggle_loop(self) -> None:
        """Loop on or off; with no region yet, the part on screen becomes one."""
        timeline = self.timeline
        if timeline.region is None and timeline.duration_s:
            timeline.set_region((timeline.start_s, timeline.end_s), looping=True)
        else:
            timeline.set_region(timeline.region, looping=not timeline.looping)

    def _on_loop_changed(self) -> None:
        if self._recording:
            return  # the takes are cut at the loop there was; a new one counts afterwards
        self.player.set_loop(self.timeline.region if self.timeline.looping else None)

    def _on_tick(self) -> None:
        self.player.tick()
        playing = self.player.playing
        if playing:
            self.timeline.set_playhead(self.player.position_s, follow=True)
        if playing != self._was_playing:
            self._was_playing = playing
            if not playing:
                self.timeline.set_playhead(self.player.position_s)
            self.playing_changed.emit(playing)
        if self.player.version != self._version:
            self._version = self.player.version
            self.problem_changed.emit(self.player.problem)
        self.ticked.emit()

    def close(self) -> None:
        self._timer.stop()
        self.player.close()
