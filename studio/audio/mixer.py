"""Mixes the vocal and the candidates' stems, block by block, inside the audio callback.

Choices: arithmetic only, no device, so every promise (same-sample switching, loop length, no clicks) is tested
without one. The callback works on buffers made beforehand and shares state with the main thread through single
attribute assignments of immutable values, so neither side ever waits for the other. Every jump (seek, loop, pause)
is one short crossfade: a fading tail goes on from the old place while the new place fades in. A count-in is mixed
before the first frame of the timeline, so that both belong to one clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.audio import Samples

#: Every gain change and jump takes this long: inaudible as a fade, long enough not to click.
RAMP_S = 0.008


class _Track:
    """One source and the two ends of its running gain ramp, which the callback owns."""

    __slots__ = ("key", "samples", "start", "target")

    def __init__(self, key: Hashable, samples: Samples) -> None:
        self.key, self.samples = key, samples
        self.start = self.target = 0.0


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
    """

    playing: bool
    seek: int | None = None
    count_in: Samples | None = None
    restart: bool = False


class Mixer:
    """A bank of equally long stereo sources behind one transport.

    Args:
        sample_rate: of every source and of the output, Hz.
        frames: length of the timeline; playing stops there.
        max_block: largest stretch mixed at once; longer requests are cut.
    """

    def __init__(
        self, sample_rate: int, frames: int, *, ramp_s: float = RAMP_S, max_block: int = 4096
    ) -> None:
        self.sample_rate = sample_rate
        self.frames = frames
        self.ramp_frames = max(1, round(ramp_s * sample_rate))
        self._max_block = max_block
        self._rise: NDArray[np.float32] = (np.arange(1, self.ramp_frames + 1) / self.ramp_frames).astype(
            np.float32
        )
        self._fall: NDArray[np.float32] = (1.0 - self._rise).astype(np.float32)
        self._bus = np.zeros((2, max_block), np.float32)
        self._scratch = np.zeros((2, max_block), np.float32)
        self._envelope = np.zeros(max_block, np.float32)
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
        #: Frames ever mixed; and what this clock showed when the timeline last started and last stopped.
        self.clock = 0
        self.started = self.stopped = -1

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

    def play(self, count_in: Samples | None = None, *, start: int | None = None) -> None:
        """Starts the timeline where it stands or from frame `start`, after `count_in` [2, T] where it is given."""
        seek = None if start is None else min(max(0, start), self.frames)
        self._give(playing=True, seek=seek, count_in=count_in)

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

    def add(self, key: Hashable, samples: Samples) -> None:
        """Adds or replaces a source, float32 [2, T], silent until `set_gains` names it."""
        if samples.ndim != 2 or samples.shape[0] != 2 or samples.dtype != np.float32:
            raise ValueError(f"a source is float32 [2, T], not {samples.dtype} {samples.shape}")
        self.remove(key)
        plan = self._plan
        self._plan = _Plan((*plan.tracks, _Track(key, samples)), (*plan.goals, 0.0))

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

    def _give(self, *, playing: bool, seek: int | None, count_in: Samples | None = None) -> None:
        pending, restart = self._order, False
        if pending is not self._taken_order:
            seek = pending.seek if seek is None else seek
            # A stop that was not obeyed yet must not be lost: whoever records waits for a new start.
            restart = playing and (pending.restart or not pending.playing)
        self._order = _Order(playing, seek, count_in, restart)

    # Audio callback

    def render(self, out: NDArray[np.float32]) -> None:
        """Fills float32 [N, C] with the next N frames; C is 1 (the mean of both sides), 2 or more."""
        self._take_orders()
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
            done += n

    def _take_orders(self) -> None:
        plan = self._plan
        if plan is not self._taken_plan:
            self._taken_plan = plan
            share = float(self._rise[self._ramp - 1]) if self._ramp > 0 else 0.0
            for track, goal in zip(plan.tracks, plan.goals, strict=True):
                track.start += (track.target - track.start) * share
                track.target = goal
            self._ramp = 0
        order = self._order
        if order is not self._taken_order:
            self._obey(order)
            self._taken_order = order  # last: until then the main thread sees what was ordered

    def _obey(self, order: _Order) -> None:
        sounded = self._playing and self._count_in is None
        was_counting = self._count_in is not None
        was_playing = self._playing and not order.restart
        if sounded and (order.seek is not None or not order.playing or not was_playing):
            self._tail_position, self._tail = self._position, 0
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
        self._playing = order.playing and self.frames > 0
        self._count_in, self._counted = order.count_in if self._playing else None, 0
        if self._playing and self._count_in is None and (was_counting or not was_playing):
            self.started = self.clock
        if was_playing and not self._playing:
            self.stopped = self.clock

    def _render_block(self, frames: int) -> None:
        self._bus[:, :frames] = 0.0
        at = 0
        while at < frames:
            n = frames - at
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
                self._mix(self._tail_position, at, n, self._fall[self._tail : self._tail + n])
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
                if loop is not None and end == loop[1]:
                    self._tail_position, self._tail, self._fade = end, 0, 0
                    self._position = loop[0]
                else:
                    self._playing = False
                    self.stopped = self.clock

    def _mix(self, position: int, at: int, n: int, fade: NDArray[np.float32] | None) -> None:
        """Adds n frames of every audible source from `position` to the bus at `at`."""
        ramping = self._ramp < self.ramp_frames
        for track in self._taken_plan.tracks:
            if track.target == 0.0 and (not ramping or track.start == 0.0):
                continue
            m = min(n, track.samples.shape[1] - position)
            if m <= 0:
                continue
            scratch = self._scratch[:, :m]
            source = track.samples[:, position : position + m]
            if ramping and track.start != track.target:
                gain = self._envelope[:m]
                np.multiply(self._rise[self._ramp : self._ramp + m], track.target - track.start, out=gain)
                gain += track.start
                np.multiply(source, gain, out=scratch)
            else:
                np.multiply(source, track.target, out=scratch)
            if fade is not None:
                scratch *= fade[:m]
            self._bus[:, at : at + m] += scratch
