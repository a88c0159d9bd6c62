"""The metronome's sound: clicks on a beat grid, made where they are about to be heard, and the bars counted before a
take."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from studio.core.audio import Samples
from studio.core.grid import BeatGrid

_CLICK_S, _DECAY_S = 0.05, 0.008
_ACCENT_HZ, _BEAT_HZ = 1760.0, 1320.0
_LEVEL = 0.4


@functools.lru_cache(maxsize=8)
def _click(frequency_hz: float, sample_rate: int) -> Samples:
    """A decaying tone, float32 [T], whose first sample is the moment of the beat."""
    t = np.arange(round(_CLICK_S * sample_rate)) / sample_rate
    return np.asarray(_LEVEL * np.exp(-t / _DECAY_S) * np.cos(2 * np.pi * frequency_hz * t), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class ClickSource:
    """A click on every quarter of a grid, higher on downbeats; see studio.audio.source.Source."""

    grid: BeatGrid
    duration_s: float
    sample_rate: int

    @property
    def frames(self) -> int:
        return round(self.duration_s * self.sample_rate)

    def fetch(self, start: int, frames: int) -> None:
        """Nothing has to be fetched."""

    def read(self, start: int, out: Samples) -> None:
        rate, size, stop = self.sample_rate, self.grid.meter.quarters_per_bar, start + out.shape[1]
        out[:] = 0.0
        times_s = np.asarray(self.grid.times_s)
        # A frame more on either side: which one a beat is rounded to is decided below.
        first = int(np.searchsorted(times_s, (start - 1) / rate - _CLICK_S))
        last = int(np.searchsorted(times_s, (stop + 1) / rate))
        for beat in range(first, last):
            at = round(float(times_s[beat]) * rate)
            if not 0 <= at < self.frames:
                continue
            click = _click(_ACCENT_HZ if beat % size == 0 else _BEAT_HZ, rate)
            low, high = max(at, start), min(at + len(click), stop)
            if low < high:
                out[:, low - start : high - start] += click[low - at : high - at]

    def at_rate(self, sample_rate: int) -> ClickSource:
        return ClickSource(self.grid, self.duration_s, sample_rate)


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
