"""A guide: beats, bars and sometimes chords that something beside the vocal tells, so that nobody has to guess them.

Times are the vocal's. A guide covers what it covers; before and after, its first and last tempo go on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter

#: Suffixes of guides that are written, not sounded: a tempo map, or the session of a DAW.
MIDI, SESSIONS = (".mid", ".midi"), (".dawproject", ".rpp")
WRITTEN = (*MIDI, *SESSIONS)


@dataclass(frozen=True)
class Guide:
    """What a guide tells.

    Attributes:
        times_s: strictly increasing times of beats (quarters, in 7/8 eighths), two or more, in seconds of the
            vocal; they may be negative.
        downbeat: index of a beat on which a bar begins.
        meter: one for the whole song.
        source: what it was read from, for people: 'click.wav', 'song.mid'.
        chords: of each beat between `times_s`; empty where the guide has none.
        key: None where the guide does not say.
        steady: whether all of it is one exact tempo.
    """

    times_s: tuple[float, ...]
    downbeat: int
    meter: Meter
    source: str
    chords: tuple[Chord, ...] = ()
    key: Key | None = None
    steady: bool = False

    def __post_init__(self) -> None:
        if len(self.times_s) < 2 or bool((np.diff(self.times_s) <= 0).any()):
            raise ValueError("a guide needs two or more strictly increasing times")
        if self.chords and len(self.chords) != len(self.times_s) - 1:
            raise ValueError(f"{len(self.chords)} chords for {len(self.times_s) - 1} quarters")

    @property
    def tempo_bpm(self) -> float:
        """Median tempo in quarters a minute."""
        return float(60.0 / np.median(np.diff(self.times_s)) * self.meter.beat_quarters)

    def later(self, by_s: float) -> Guide:
        """The same guide on a timeline that began `by_s` seconds earlier."""
        times = tuple(t + by_s for t in self.times_s)
        return Guide(times, self.downbeat, self.meter, self.source, self.chords, self.key, self.steady)

    def grid(self, duration_s: float) -> BeatGrid:
        """The guide's beats in whole bars that cover 0 to `duration_s`."""
        size = self.meter.quarters_per_bar
        known = BeatGrid(self.times_s, self.meter)
        return known.shifted(self.downbeat % size, duration_s)

    def bar_chords(self, grid: BeatGrid) -> tuple[Chord, ...]:
        """The chord that sounds longest in each bar of a grid; empty where the guide has none.

        Bars beyond the guide's ends have the chord nearest to them.
        """
        if not self.chords:
            return ()
        known, size = BeatGrid(self.times_s, self.meter), self.meter.quarters_per_bar
        chords = []
        for bar in range(grid.bars):
            inside = grid.time_of(np.arange(bar * size, (bar + 1) * size) + 0.5)
            where = np.clip(np.floor(known.beat_of(inside)).astype(int), 0, len(self.chords) - 1)
            heard = [self.chords[i] for i in where]
            chords.append(max(heard, key=heard.count))  # of equals the first
        return tuple(chords)


def guide_of_tempos(
    changes: list[tuple[float, float]], end_quarter: float, *, meter: Meter, source: str, downbeat: int = 0
) -> Guide:
    """A guide from a tempo map.

    Args:
        changes: (quarter, quarters a minute) of each tempo, in order, the first at quarter 0 = time 0; each holds
            until the next.
        end_quarter: where the song ends.
        downbeat: quarter on which a bar begins.
    """
    unit = meter.beat_quarters
    count = max(2, int(np.ceil(end_quarter / unit)) + 1)
    at = np.array([quarter for quarter, _ in changes])
    beat_s = np.array([60.0 / bpm for _, bpm in changes])
    began = np.concatenate([[0.0], np.cumsum(np.diff(at) * beat_s[:-1])])
    quarters = np.arange(count) * unit
    which = np.clip(np.searchsorted(at, quarters, side="right") - 1, 0, None)
    times = began[which] + (quarters - at[which]) * beat_s[which]
    steady = len({round(bpm, 4) for _, bpm in changes}) == 1
    return Guide(tuple(float(t) for t in times), round(downbeat / unit), meter, source, steady=steady)
