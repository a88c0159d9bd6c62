"""What beat candidates were made to, told only where not all of them, and the song as it is counted now, have one."""

from __future__ import annotations

from collections.abc import Mapping

from studio.core.counting import counts_alike, told_downbeat
from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.core.tempos import said_bpm


def told_beats(grids: Mapping[int, BeatGrid], now: BeatGrid | None) -> dict[int, str]:
    """A few words for each candidate; empty ones where all count alike.

    Args:
        grids: by the number of the candidate.
        now: how the song is counted now; None while nobody knows.
    """
    first = now or next(iter(grids.values()), None)
    if first is None or all(counts_alike(grid, first) for grid in grids.values()):
        return dict.fromkeys(grids, "")
    told = {number: tr("{tempo} bpm", tempo=said_bpm(grid.tempo_bpm)) for number, grid in grids.items()}
    seen = [*grids.values(), *([now] if now is not None else [])]
    return {
        number: tr("{bpm}, {bar}", bpm=told[number], bar=told_downbeat(grid))
        # The tempo alone does not tell it from one whose bars begin elsewhere.
        if any(
            said_bpm(other.tempo_bpm) == said_bpm(grid.tempo_bpm) and not counts_alike(other, grid)
            for other in seen
        )
        else told[number]
        for number, grid in grids.items()
    }
