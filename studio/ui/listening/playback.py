"""Joins the player, the timeline and the desk: one 30 Hz timer (5 Hz at rest), and every intent about listening."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from studio.audio.click import ClickSource
from studio.audio.player import CLICK, Player
from studio.audio.source import Source
from studio.core.arrangement import BAND, STEMS
from studio.core.grid import BeatGrid
from studio.core.mix import VOCAL, Mix
from studio.ui.timeline.timeline import Timeline

_INTERVAL_MS = 33
#: The same while nothing happens, which begins so long after the last sound, when all meters have fallen. The player's
#: transport without a device takes steps of up to half a second.
_RESTING_MS, _REST_S = 200, 11.0
#: The lowest and highest level of a source.
_LEVELS_DB = (-40.0, 6.0)


class Playback(QObject):
    """The only caller of the player's transport."""

    playing_changed = Signal(bool)
    #: The user turned a knob: the Mix that is wanted. `show_mix` follows when it was taken.
    mix_wanted = Signal(object)
    mix_changed = Signal(object)
    problem_changed = Signal(str)
    ticked = Signal()
    #: Before another song takes the place of what is there.
    loading = Signal()

    def __init__(self, player: Player, timeline: Timeline, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.player, self.timeline = player, timeline
        self.mix = Mix()
        self._match: dict[int, float] = {}
        self._vocal_only = False
        self._numbers: list[int] = []
        self._previous: int | None = None
        self._was_playing = False
        self._version = 0
        self._recording = False
        self._click: tuple[BeatGrid, float] | None = None
        self._metronome: BeatGrid | None = None
        self._auditioned: BeatGrid | None = None
        self._busy_at = time.monotonic()
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
        self._match, self._vocal_only = {}, False
        self.player.load({VOCAL: source})
        self._click = None
        self.timeline.reset(duration_s)

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

    def remove_candidate(self, number: int) -> None:
        """Forgets a candidate that was taken back."""
        if number not in self._numbers:
            return
        self._numbers.remove(number)
        if self._previous == number:
            self._previous = None
        self._match.pop(number, None)
        for stem in (*STEMS, BAND):
            self.player.remove((number, stem))
        self._apply()

    # Desk

    def set_mix(self, **changes: object) -> None:
        """Asks for knobs of the Mix to be turned, by name."""
        mix = dataclasses.replace(self.mix, **changes)  # type: ignore[arg-type]
        if mix != self.mix:
            self.mix_wanted.emit(mix)

    def show_mix(self, mix: Mix) -> None:
        """What is heard from now on."""
        self.mix = mix
        self._apply()
        self.mix_changed.emit(mix)

    def set_match(self, number: int, gain: float) -> None:
        """The linear gain that makes a candidate as loud as the others."""
        self._match[number] = gain
        self._apply()

    def hear_vocal_only(self, held: bool) -> None:
        """While a key is held."""
        self._vocal_only = held
        self._apply()

    def _apply(self) -> None:
        gains = self.mix.gains(self._numbers, self._match, vocal_only=self._vocal_only)
        if self._recording:
            gains[VOCAL] = 0.0  # the old take would lead the new one
        gains[CLICK] = 1.0
        self.player.set_gains(gains)

    def set_metronome(self, grid: BeatGrid | None) -> None:
        """Clicks on every beat of a grid, or none."""
        self._metronome = grid
        self._show_click()

    def audition(self, grid: BeatGrid | None) -> None:
        """Clicks on the beats of another grid meanwhile; None goes back to the metronome."""
        self._auditioned = grid
        self._show_click()

    def _show_click(self) -> None:
        player, grid = self.player, self._auditioned or self._metronome
        click = None if grid is None else (grid, player.duration_s)
        if click == self._click:
            return
        self._click = click
        if click is None:
            player.remove(CLICK)
        else:
            player.add(CLICK, ClickSource(*click, player.sample_rate))
        self._apply()

    def set_recording(self, recording: bool) -> None:
        """While recording the old vocal is silent, and the transport only goes on or stops."""
        self._recording = recording
        self._apply()
        if not recording:
            self._on_loop_changed()

    def select(self, number: int | None) -> None:
        """Hears another candidate from the next sample on; the playhead runs on."""
        before = self.mix.selected
        if number != before:
            self.set_mix(selected=number)
            if self.mix.selected == number:
                self._previous = before

    @property
    def previous(self) -> int | None:
        """The candidate heard before the one that is heard."""
        return self._previous

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
        self._pace(busy=playing or self._recording or self.player.opening)

    def _pace(self, *, busy: bool) -> None:
        """Seldom once everything stands still and the meters have come to rest: nobody sees it, and it costs."""
        now = time.monotonic()
        if busy:
            self._busy_at = now
        wanted = _INTERVAL_MS if now - self._busy_at < _REST_S else _RESTING_MS
        if self._timer.interval() != wanted:
            self._timer.setInterval(wanted)

    def close(self) -> None:
        self._timer.stop()
        self.player.close()
