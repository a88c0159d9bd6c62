"""Mixes the vocal and the candidates' stems, block by block, inside the audio callback.

Choices: arithmetic only, no device, so every promise (same-sample switching, loop length, no clicks) is tested
without one. The callback works on buffers made beforehand and shares state with the main thread through single
attribute assignments of immutable values, so neither side ever waits for the other. Every jump (seek, loop, pause)
is one short crossfade: a fading tail goes on from the old place while the new place fades in. A count-in is mixed
before the first frame of the timeline, so that both belong to one clock.

Long sources are read ahead (studio.audio.readahead). An order to go where nothing was read yet waits while what is
heard goes on, though not for ever; a source whose next samples are not there fades out, is counted, and fades in again
where the others are by then. The clock and the position never wait.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.audio.window import PAGE_FRAMES, Memory, Sound
from studio.core.audio import Samples

#: Every gain change and jump takes this long: inaudible as a fade, long enough not to click.
RAMP_S = 0.008
#: So long an order waits for what has to be read first.
_PATIENCE_S = 1.0


class _Track:
    """One source, and what of it the callback owns.

    Attributes:
        start, target: the two ends of its running gain ramp.
        in_band: whether it belongs to the band.
        here, there: frames, up to a whole ramp, by which it has faded in where it is heard, and where the tail is.
    """

    __slots__ = ("here", "in_band", "key", "sound", "start", "target", "there")

    def __init__(self, key: Hashable, sound: Sound, in_band: bool) -> None:
        self.key, self.sound, self.in_band = key, sound, in_band
        self.start = self.target = 0.0
        self.here = self.there = 0


@dataclass(frozen=True)
class _Plan:
    """Which tracks sound and how loud; replaced as a whole so that all gains change on one sample."""

    tracks: tuple[_Track, ...] = ()
    goals: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Order:
    """What the transport shall do next.

    Attributes:
        seek: frame to go to first.
        count_in: sounds before the timeline starts.
        restart: it shall stop and start anew, both within one block.
        exact: loops are jumped to the sample, whether they were read or not.
    """

    playing: bool
    seek: int | None = None
    count_in: Samples | None = None
    restart: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Outlook:
    """What will be heard: `place` where the transport is about to go, or None; `audible` and `silent` sources."""

    position: int
    place: int | None
    loop: tuple[int, int] | None
    audible: tuple[Sound, ...]
    silent: tuple[Sound, ...]


class Mixer:
    """A bank of equally long stereo sources behind one transport.

    Args:
        sample_rate: of every source and of the output, Hz.
        frames: length of the timeline; playing stops there.
        max_block: largest stretch mixed at once, up to a page; longer requests are cut.
        beside: keys of the sources that do not belong to the band, which can be heard by itself.

    Attributes:
        clock: frames ever mixed.
        started, stopped: what the clock showed when the timeline last did so.
        starved: how often a source was to be heard whose next samples were not there.
        turn: odd while a block is mixed, another number each time.
    """

    def __init__(
        self,
        sample_rate: int,
        frames: int,
        *,
        ramp_s: float = RAMP_S,
        max_block: int = 4096,
        beside: frozenset[Hashable] = frozenset(),
    ) -> None:
        self.sample_rate = sample_rate
        self.frames = frames
        self.ramp_frames = max(1, round(ramp_s * sample_rate))
        self._max_block = max_block
        self._rise: NDArray[np.float32] = (np.arange(1, self.ramp_frames + 1) / self.ramp_frames).astype(
            np.float32
        )
        self._fall: NDArray[np.float32] = (1.0 - self._rise).astype(np.float32)
        self._beside = beside
        self._bus = np.zeros((2, max_block), np.float32)
        self._band = np.zeros((2, max_block), np.float32)
        self._scratch = np.zeros((2, max_block), np.float32)
        self._envelope = np.zeros(max_block, np.float32)
        self._patience = round(_PATIENCE_S * sample_rate)
        # Written by the main thread, read by the callback.
        self._plan = _Plan()
        self._order = _Order(playing=False)
        self._loop: tuple[int, int] | None = None
        # Owned by the callback.
        self._taken_plan = self._plan
        self._taken_order = self._order
        self._playing = False
        self._position = 0
        self._ramp = self._fade = self._tail = self.ramp_frames
        self._tail_position = 0
        self._count_in: Samples | None = None
        self._counted = 0
        self._exact = False
        #: The loop whose end was passed while its start was not there yet.
        self._due: tuple[int, int] | None = None
        self._plan_waits = self._order_waits = self._due_waits = 0
        self.clock = 0
        self.started = self.stopped = -1
        self.starved = 0
        self.turn = 0

    # Main thread

    @property
    def playing(self) -> bool:
        order = self._order
        return order.playing if order is not self._taken_order else self._playing

    @property
    def position(self) -> int:
        """The next frame to be mixed."""
        order = self._order
        if order is not self._taken_order and order.seek is not None:
            return order.seek
        return self._position

    @property
    def loop(self) -> tuple[int, int] | None:
        return self._loop

    @property
    def counting_in(self) -> bool:
        order = self._order
        count_in = order.count_in if order is not self._taken_order else self._count_in
        return count_in is not None

    def play(self, count_in: Samples | None = None, *, start: int | None = None, exact: bool = False) -> None:
        """Starts the timeline where it stands or from frame `start`, after `count_in` [2, T] where it is given.

        With `exact` every loop has its length to the sample, even where its start would have to be silent.
        """
        seek = None if start is None else min(max(0, start), self.frames)
        self._give(playing=True, seek=seek, count_in=count_in, exact=exact)

    def pause(self) -> None:
        self._give(playing=False, seek=None)

    def seek(self, frame: int) -> None:
        self._give(playing=self.playing, seek=min(max(0, frame), self.frames))

    def set_loop(self, loop: tuple[int, int] | None) -> None:
        """Frames [start, end) to repeat, or None. A loop shorter than one crossfade is ignored."""
        if loop is not None:
            start, end = max(0, loop[0]), min(loop[1], self.frames)
            loop = (start, end) if end - start >= self.ramp_frames else None
        self._loop = loop

    def add(self, key: Hashable, sound: Samples | Sound) -> None:
        """Adds or replaces a source, float32 [2, T] or a Sound, silent until `set_gains` names it."""
        if isinstance(sound, np.ndarray):
            if sound.ndim != 2 or sound.shape[0] != 2 or sound.dtype != np.float32:
                raise ValueError(f"a source is float32 [2, T], not {sound.dtype} {sound.shape}")
            sound = Memory(sound)
        self.remove(key)
        plan = self._plan
        self._plan = _Plan((*plan.tracks, _Track(key, sound, key not in self._beside)), (*plan.goals, 0.0))

    def remove(self, key: Hashable) -> None:
        """Takes a source out; nothing happens when there is none of that key."""
        plan = self._plan
        kept = [(t, g) for t, g in zip(plan.tracks, plan.goals, strict=True) if t.key != key]
        if len(kept) < len(plan.tracks):
            self._plan = _Plan(tuple(t for t, _ in kept), tuple(g for _, g in kept))

    def set_gains(self, gains: Mapping[Hashable, float]) -> None:
        """Linear gain of each source by key; sources not named fall silent. All change on the same sample."""
        tracks = self._plan.tracks
        self._plan = _Plan(tracks, tuple(float(gains.get(t.key, 0.0)) for t in tracks))

    @property
    def sounds(self) -> tuple[Sound, ...]:
        return tuple(t.sound for t in self._plan.tracks)

    def outlook(self) -> Outlook:
        """For whoever reads ahead; from any thread."""
        order, plan, taken = self._order, self._plan, self._taken_plan
        place = order.seek if order is not self._taken_order else None
        audible: list[Sound] = []
        silent: list[Sound] = []
        for track, goal in zip(plan.tracks, plan.goals, strict=True):
            (audible if goal or track.target else silent).append(track.sound)
        if taken is not plan:  # the callback goes on with it
            silent += [t.sound for t in taken.tracks if t not in plan.tracks]
        return Outlook(self._position, place, self._loop, tuple(audible), tuple(silent))

    def _give(
        self, *, playing: bool, seek: int | None, count_in: Samples | None = None, exact: bool = False
    ) -> None:
        pending, restart = self._order, False
        if pending is not self._taken_order:
            seek = pending.seek if seek is None else seek
            # A stop that was not obeyed yet must not be lost: whoever records waits for a new start.
            restart = playing and (pending.restart or not pending.playing)
            exact = exact or (playing and pending.exact)
        self._order = _Order(playing, seek, count_in, restart, exact)

    # Audio callback

    def render(self, out: NDArray[np.float32], band: NDArray[np.float32] | None = None) -> None:
        """Fills float32 [N, C] with the next N frames; C is 1 (the mean of both sides), 2 or more.

        Args:
            band: [N, 2], filled with what of these frames is the band's.
        """
        self.turn += 1
        self._take_orders(len(out))
        done = 0
        while done < len(out):
            n = min(len(out) - done, self._max_block)
            self._render_block(n)
            block = out[done : done + n]
            if out.shape[1] == 1:
                np.add(self._bus[0, :n], self._bus[1, :n], out=block[:, 0])
                block *= 0.5
            else:
                block[:, 0] = self._bus[0, :n]
                block[:, 1] = self._bus[1, :n]
                block[:, 2:] = 0.0
            if band is not None:
                band[done : done + n] = self._band[:, :n].T
            done += n
        self.turn += 1

    def _take_orders(self, frames: int) -> None:
        plan = self._plan
        if plan is not self._taken_plan:
            if (
                not self._playing
                or self._plan_waits >= self._patience
                or self._is_read(plan, self._position, self._max_block + self.ramp_frames)
            ):
                self._take(plan)
                self._plan_waits = 0
            else:
                self._plan_waits += frames
        order = self._order
        if order is not self._taken_order:
            if self._order_waits >= self._patience or self._can_obey(order, plan):
                self._obey(order)
                self._order_waits = 0
                self._taken_order = order  # last: until then the main thread sees what was ordered
            else:
                self._order_waits += frames

    def _is_read(self, plan: _Plan, frame: int, frames: int) -> bool:
        """Whether every source that the plan lets sound can do so for so long from a frame on."""
        for track, goal in zip(plan.tracks, plan.goals, strict=True):
            if goal and not track.sound.ready(frame, frame + frames):
                return False
        return True

    def _take(self, plan: _Plan) -> None:
        self._taken_plan = plan
        share = float(self._rise[self._ramp - 1]) if self._ramp > 0 else 0.0
        for track, goal in zip(plan.tracks, plan.goals, strict=True):
            if self._is_silent(track):
                track.here = self._presence(track)
            track.start += (track.target - track.start) * share
            track.target = goal
        self._ramp = 0

    def _is_silent(self, track: _Track) -> bool:
        return track.target == 0.0 and (self._ramp >= self.ramp_frames or track.start == 0.0)

    def _presence(self, track: _Track) -> int:
        """How far a source that begins now has faded in by itself: wholly, or not at all where it is not there."""
        return self.ramp_frames if track.sound.ready(self._position, self._position + self.ramp_frames) else 0

    def _can_obey(self, order: _Order, plan: _Plan) -> bool:
        """Whether what is to be heard next was read."""
        if not order.playing or (order.seek is None and self._playing and not order.restart):
            return True
        frame = self._position if order.seek is None else order.seek
        if frame >= self.frames:
            frame = 0
        loop = self._loop
        if order.exact and loop is not None and not self._is_read(plan, loop[0], PAGE_FRAMES):
            return False
        return self._is_read(plan, frame, PAGE_FRAMES)

    def _obey(self, order: _Order) -> None:
        sounded = self._playing and self._count_in is None
        was_counting = self._count_in is not None
        was_playing = self._playing and not order.restart
        if sounded and (order.seek is not None or not order.playing or not was_playing):
            self._leave()
        if order.seek is not None:
            self._position = order.seek
        if order.playing and self._position >= self.frames:
            self._position = 0
        # From the very start there is nothing to click against: the first attack stays whole.
        starts_clean = not was_playing and self._position == 0
        if order.playing and (order.seek is not None or not was_playing):
            self._fade = self.ramp_frames if starts_clean else 0
        if order.playing and not was_playing and self._tail >= self.ramp_frames:
            self._ramp = self.ramp_frames  # gains set while it stood are there from the first sample
        if order.seek is not None or not was_playing:
            self._arrive(heard=order.playing)
            self._due = None
        if not was_playing:
            self._exact = order.exact
        self._playing = order.playing and self.frames > 0
        self._count_in, self._counted = order.count_in if self._playing else None, 0
        if self._playing and self._count_in is None and (was_counting or not was_playing):
            self.started = self.clock
        if was_playing and not self._playing:
            self.stopped = self.clock

    def _leave(self) -> None:
        """A tail goes on from here."""
        self._tail_position, self._tail = self._position, 0
        for track in self._taken_plan.tracks:
            track.there = track.here

    def _arrive(self, *, heard: bool) -> None:
        """At a place that nothing of before leads to."""
        for track in self._taken_plan.tracks:
            track.here = self._presence(track)
            if heard and track.target and not track.here:
                self.starved += 1

    def _jump_if_due(self, frames: int) -> None:
        """Back to the start of a loop whose end was passed."""
        due = self._due
        if due is None:
            return
        if due != self._loop:
            self._due = None
        elif (
            self._exact
            or self._due_waits >= self._patience
            or self._position >= self.frames
            or self._is_read(self._taken_plan, due[0], PAGE_FRAMES)
        ):
            self._leave()
            self._due, self._due_waits, self._fade, self._position = None, 0, 0, due[0]
            self._arrive(heard=True)
        else:
            self._due_waits += frames

    def _render_block(self, frames: int) -> None:
        self._bus[:, :frames] = 0.0
        self._band[:, :frames] = 0.0
        at = 0
        while at < frames:
            n = frames - at
            if self._playing and self._count_in is None:
                self._jump_if_due(n)
                n = min(n, PAGE_FRAMES - self._position % PAGE_FRAMES)
            if self._tail < self.ramp_frames:
                n = min(n, PAGE_FRAMES - self._tail_position % PAGE_FRAMES)
            for done in (self._ramp, self._fade, self._tail):
                if done < self.ramp_frames:
                    n = min(n, self.ramp_frames - done)
            loop = self._loop
            end = loop[1] if loop is not None and self._position < loop[1] else self.frames
            count_in = self._count_in
            if count_in is not None:
                n = min(n, count_in.shape[1] - self._counted)
                self._bus[:, at : at + n] += count_in[:, self._counted : self._counted + n]
                self._counted += n
            elif self._playing:
                n = min(n, end - self._position)
                fade = self._rise[self._fade : self._fade + n] if self._fade < self.ramp_frames else None
                self._mix(self._position, at, n, fade)
                self._position += n
            if self._tail < self.ramp_frames:
                self._mix_tail(at, n)
                self._tail_position += n
            self._ramp = min(self._ramp + n, self.ramp_frames)
            if count_in is None:
                self._fade = min(self._fade + n, self.ramp_frames)
            self._tail = min(self._tail + n, self.ramp_frames)
            at += n
            self.clock += n
            if count_in is not None:
                if self._counted >= count_in.shape[1]:
                    self._count_in, self.started = None, self.clock
            elif self._playing and self._position >= end:
                if loop is not None and (end == loop[1] or self._due == loop):
                    self._due, self._due_waits = loop, 0
                    self._jump_if_due(0)
                else:
                    self._playing = False
                    self.stopped = self.clock

    def _mix(self, position: int, at: int, n: int, fade: NDArray[np.float32] | None) -> None:
        """Adds n frames, all of one page, of every audible source from `position` to the bus at `at`."""
        ramp = self.ramp_frames
        for track in self._taken_plan.tracks:
            if self._is_silent(track):
                continue
            m = min(n, track.sound.frames - position)
            if m <= 0:
                continue
            here = track.here
            # A ramp more than is mixed now, so that there is always something left to fade out with.
            going = track.sound.ready(position, position + m + ramp)
            if not going and here == 0:
                continue
            if not going and here == ramp:
                self.starved += 1
            scratch = self._scaled(track, position, m)
            if scratch is None:
                track.here = 0
                continue
            if not going:
                k = min(m, here)
                scratch[:, :k] *= self._fall[ramp - here : ramp - here + k]
                scratch[:, k:] = 0.0
                track.here = here - k
            elif here < ramp:
                k = min(m, ramp - here)
                scratch[:, :k] *= self._rise[here : here + k]
                track.here = here + k
            if fade is not None:
                scratch *= fade[:m]
            self._add(track, at, scratch)

    def _mix_tail(self, at: int, n: int) -> None:
        """Adds n frames of what is heard no more, all of one page."""
        ramp, position = self.ramp_frames, self._tail_position
        for track in self._taken_plan.tracks:
            if track.there == 0 or self._is_silent(track):
                continue
            m = min(n, track.sound.frames - position)
            if m <= 0:
                continue
            scratch = self._scaled(track, position, m)
            if scratch is None:
                continue
            if track.there < ramp:
                scratch *= self._rise[track.there - 1]
            scratch *= self._fall[self._tail : self._tail + m]
            self._add(track, at, scratch)

    def _add(self, track: _Track, at: int, scratch: NDArray[np.float32]) -> None:
        self._bus[:, at : at + scratch.shape[1]] += scratch
        if track.in_band:
            self._band[:, at : at + scratch.shape[1]] += scratch

    def _scaled(self, track: _Track, position: int, m: int) -> NDArray[np.float32] | None:
        """m frames at the track's gain, in the scratch buffer; None where they are not there."""
        source = track.sound.part(position, m)
        if source is None:
            return None
        scratch = self._scratch[:, :m]
        if self._ramp < self.ramp_frames and track.start != track.target:
            gain = self._envelope[:m]
            np.multiply(self._rise[self._ramp : self._ramp + m], track.target - track.start, out=gain)
            gain += track.start
            np.multiply(source, gain, out=scratch)
        else:
            np.multiply(source, track.target, out=scratch)
        return scratch
