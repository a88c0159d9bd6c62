"""The beat grid: where every quarter note of a song lies in time.

Beats are stored as times rather than a tempo, so that a singer who drifts carries the band along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.core.music import Meter

#: A step is a sixteenth note.
STEPS_PER_BEAT = 4

T = TypeVar("T")


@dataclass(frozen=True)
class BeatGrid:
    """Quarter-note times from before the first sound to past the last.

    Attributes:
        times_s: strictly increasing times of the quarters; the first may be negative (a pickup).
            Bar lines fall on every `meter.quarters_per_bar`-th entry from the first on: index 0 is a
            downbeat.
        meter: time signature.
    """

    times_s: tuple[float, ...]
    meter: Meter

    def __post_init__(self) -> None:
        if len(self.times_s) < 2 or any(b <= a for a, b in zip(self.times_s, self.times_s[1:], strict=False)):
            raise ValueError("a grid needs two or more strictly increasing beat times")

    @property
    def beats(self) -> int:
        """Whole quarters between the first and the last time."""
        return len(self.times_s) - 1

    @property
    def bars(self) -> int:
        """Bars begun."""
        return -(-self.beats // self.meter.quarters_per_bar)

    @property
    def tempo_bpm(self) -> float:
        """Median tempo in quarters a minute."""
        return float(60.0 / np.median(np.diff(self.times_s)) * self.meter.beat_quarters)

    @property
    def beat_s(self) -> float:
        """Median seconds a beat of the grid."""
        return float(np.median(np.diff(self.times_s)))

    @property
    def steady_beat_s(self) -> float:
        """Seconds a beat of a grid that does not drift, as exact as its ends tell."""
        return (self.times_s[-1] - self.times_s[0]) / self.beats

    @property
    def drifts(self) -> bool:
        """Whether its beats are not at one exact tempo."""
        steps = np.diff(self.times_s)
        return bool(steps.max() - steps.min() > 1e-3)

    @property
    def downbeats_s(self) -> tuple[float, ...]:
        return self.times_s[:: self.meter.quarters_per_bar]

    @property
    def first_bar(self) -> int:
        """Index of the first full bar: the first typed chord is its chord, and everywhere it is called bar 1.

        A quarter of a beat may be missing at its start. A grid covers the song from its first sample: bar 0 may be a
        pickup, or a mere sliver before the first downbeat.
        """
        early_s = -0.25 * self.beat_s
        return next((bar for bar, start_s in enumerate(self.downbeats_s) if start_s >= early_s), 0)

    @property
    def pickup_bars(self) -> range:
        """Indices of the bars before the first full one of which a beat or more is in the song."""
        ends = enumerate(self.downbeats_s[1:])
        first = next((bar for bar, end_s in ends if end_s >= 0.99 * self.beat_s), 0)
        return range(min(first, self.first_bar), self.first_bar)

    @property
    def first_downbeat_s(self) -> float | None:
        """The first moment inside the song on which a bar begins, in seconds; None where there is none.

        Bar 1 may begin a hair before the song, at a moment that nobody can point at or type.
        """
        return next((max(0.0, start_s) for start_s in self.downbeats_s if start_s >= -1e-6), None)

    def bars_of(self, region_s: tuple[float, float]) -> tuple[int, int]:
        """First and last bar that a stretch of seconds covers by a quarter note or more; at least one bar."""
        size = self.meter.quarters_per_bar
        start, end = (float(beat) for beat in self.beat_of(region_s))
        first = min(max(0, int(np.floor((start + 1.0) / size))), self.bars - 1)
        last = min(max(first, int(np.ceil((end - 1.0) / size)) - 1), self.bars - 1)
        return first, last

    def in_bars(self, cycle: Sequence[T], pickup: Sequence[T] = ()) -> tuple[T, ...]:
        """One entry for each bar: `cycle` starts on `first_bar` and is repeated to both ends.

        Args:
            pickup: entries for the last bars before `first_bar`, where something else was asked for there.
        """
        entries = [cycle[(bar - self.first_bar) % len(cycle)] for bar in range(self.bars)]
        for bar, entry in zip(range(self.first_bar - 1, -1, -1), reversed(pickup), strict=False):
            entries[bar] = entry
        return tuple(entries)

    def shifted(self, beats: float, duration_s: float) -> BeatGrid:
        """The grid with every bar line `beats` quarters later, in whole bars that cover 0 to `duration_s`.

        Between the old beats the new ones follow the same drift; beyond the ends the tempo found there goes on.
        """
        size = self.meter.quarters_per_bar
        first = beats + size * np.floor((float(self.beat_of(0.0)) - beats) / size + 1e-9)
        bars = max(1, int(np.ceil((float(self.beat_of(duration_s)) - first) / size - 1e-9)))
        times = self.time_of(first + np.arange(bars * size + 1))
        return BeatGrid(tuple(float(t) for t in times), self.meter)

    def time_of(self, beat: ArrayLike) -> NDArray[np.float64]:
        """Seconds of fractional beat positions; extrapolates with the first and last tempo."""
        beat = np.asarray(beat, dtype=np.float64)
        times = np.asarray(self.times_s)
        index = np.clip(np.floor(beat).astype(int), 0, self.beats - 1)
        return times[index] + (beat - index) * (times[index + 1] - times[index])

    def beat_of(self, time_s: ArrayLike) -> NDArray[np.float64]:
        """Fractional beat positions of times in seconds; the inverse of `time_of`."""
        time_s = np.asarray(time_s, dtype=np.float64)
        times = np.asarray(self.times_s)
        index = np.clip(np.searchsorted(times, time_s, side="right") - 1, 0, self.beats - 1)
        return index + (time_s - times[index]) / (times[index + 1] - times[index])

    @classmethod
    def regular(cls, tempo_bpm: float, meter: Meter, duration_s: float, downbeat_s: float = 0.0) -> BeatGrid:
        """A constant tempo whose bars pass through `downbeat_s` and cover 0 to `duration_s`."""
        beat_s = 60.0 / tempo_bpm * meter.beat_quarters
        bar_s = beat_s * meter.quarters_per_bar
        first = downbeat_s - np.ceil(downbeat_s / bar_s - 1e-9) * bar_s
        bars = max(1, int(np.ceil((duration_s - first) / bar_s - 1e-9)))
        count = bars * meter.quarters_per_bar + 1
        return cls(tuple(float(first + i * beat_s) for i in range(count)), meter)
