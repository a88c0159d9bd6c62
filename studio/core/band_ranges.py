"""Which candidate plays in which bars of a comp."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.grid import BeatGrid
from studio.core.takes import Comp


@dataclass(frozen=True)
class BandComp:
    """Bars of a grid, from 0: (first bar, number of the candidate) of each range, the first at bar 0."""

    bars: int
    parts: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        starts = [start for start, _ in self.parts]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] >= self.bars:
            raise ValueError("a comp whose ranges do not follow each other from the first bar on")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The candidates in it, as they come first."""
        return tuple(dict.fromkeys(number for _, number in self.parts))

    def ranges(self) -> tuple[tuple[int, int, int], ...]:
        """(first bar, bar past the last, candidate)."""
        ends = [start for start, _ in self.parts[1:]] + [self.bars]
        return tuple((start, end, number) for (start, number), end in zip(self.parts, ends, strict=True))

    def choose(self, start: int, end: int, number: int) -> BandComp:
        """With another candidate in the bars [start, end)."""
        return BandComp(self.bars, Comp(self.bars, self.parts).choose(start, end, number).parts)

    def text(self, grid: BeatGrid) -> str:
        """'bars 1-4 of 2, 5-8 of 3': bars as the ruler counts them."""
        first = grid.first_bar
        said = []
        for start, end, number in self.ranges():
            low, high = start - first + 1, end - first
            bars = f"bars {low}-{high}" if high > low else f"bar {low}"
            said.append(f"{bars} of {number}")
        return ", ".join(said)


def bars_between(grid: BeatGrid, region_s: tuple[float, float]) -> tuple[int, int]:
    """The bars, from 0, first and past the last, that a stretch of seconds means."""
    first, last = grid.bars_of(region_s)
    return first, last + 1
