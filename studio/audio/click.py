"""The metronome's sound: a click track on a beat grid, and the bars counted before a take."""

from __future__ import annotations

import numpy as np

from studio.core.audio import Samples
from studio.core.grid import BeatGrid

_CLICK_S, _DECAY_S = 0.05, 0.008
_ACCENT_HZ, _BEAT_HZ = 1760.0, 1320.0
_LEVEL = 0.4


def _click(frequency_hz: float, sample_rate: int) -> Samples:
    """A decaying tone, float32 [T], whose first sample is the moment of the beat."""
    t = np.arange(round(_CLICK_S * sample_rate)) / sample_rate
    return np.asarray(_LEVEL * np.exp(-t / _DECAY_S) * np.cos(2 * np.pi * frequency_hz * t), dtype=np.float32)


def click_track(grid: BeatGrid, frames: int, sample_rate: int) -> Samples:
    """A click on every quarter of a grid, higher on downbeats; float32 [2, frames], both sides one memory."""
    track = np.zeros(frames, np.float32)
    clicks = {True: _click(_ACCENT_HZ, sample_rate), False: _click(_BEAT_HZ, sample_rate)}
    for beat, time_s in enumerate(grid.times_s):
        at = round(time_s * sample_rate)
        if 0 <= at < frames:
            click = clicks[beat % grid.meter.quarters_per_bar == 0][: frames - at]
            track[at : at + len(click)] += click
    return np.broadcast_to(track, (2, frames))


def count_in(grid: BeatGrid, start_s: float, bars: int, sample_rate: int) -> Samples:
    """The beats of the `bars` bars before `start_s`, at the tempo found there; float32 [2, T], T 0 without bars.

    A take that starts in the middle of a bar is counted in with the beats that lead up to it.
    """
    size = grid.meter.quarters_per_bar
    at = float(grid.beat_of(start_s))
    beat_s = float(grid.time_of(at + 0.5) - grid.time_of(at - 0.5))
    length_s = bars * size * beat_s
    first = int(np.ceil(at - bars * size - 1e-6))
    counted = [(beat - at) * beat_s + length_s for beat in range(first, int(np.ceil(at - 1e-6)))]
    frames = round(length_s * sample_rate)
    track = np.zeros(frames, np.float32)
    for beat, time_s in zip(range(first, first + len(counted)), counted, strict=True):
        start = max(0, round(time_s * sample_rate))
        click = _click(_ACCENT_HZ if beat % size == 0 else _BEAT_HZ, sample_rate)[: frames - start]
        track[start : start + len(click)] += click
    return np.broadcast_to(track, (2, frames))
