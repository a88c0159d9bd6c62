"""The drummer: patterns, crashes, turnarounds, fills, hits and builds on the bars of a song."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.training.players.band_plan import CLOSED_HAT, CYMBAL, KICK, OPEN_HAT, PERCUSSION, SNARE, Plan
from studio.training.players.grooves import Groove
from studio.training.songs.bars import Bar
from studio.training.songs.cues import Cue


def write_drums(
    bars: Sequence[Bar], plans: Sequence[Plan], cues: Sequence[Cue], groove: Groove, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Levels 0 to 2, int64 [7, sixteenths], with one plan and one cue a bar."""
    drums = np.zeros((7, bars[-1].first + bars[-1].steps), np.int64)
    for i, (bar, plan, cue) in enumerate(zip(bars, plans, cues, strict=True)):
        here = drums[:, bar.first : bar.first + bar.steps]
        pattern = plan.parts(bar).drums
        playing = plan.has_drums and pattern.shape[1] > 0 and not cue.drums_out
        if playing:
            offset = bar.place * bar.steps
            here[:] = pattern[:, (offset + np.arange(bar.steps)) % pattern.shape[1]]
            if plan.turnaround and (bar.resting or bar.place % 4 == 3) and cue.fill is None:
                _turn_around(here)
            rising = i > 0 and bar.energy > bars[i - 1].energy
            if bar.place == 0 and (bar.energy >= 2 or (rising and bar.energy == 1)):
                _crash(here, groove.crash, rng)
            elif i and cues[i - 1].fill is not None and bar.energy == 3:
                _crash(here, 0.4 * groove.crash, rng)
        if cue.build:
            _build(here, cue.build)
        if cue.fill is not None and (playing or cue.pickup):
            steps = min(cue.fill.steps, bar.steps)
            kick = here[KICK, -steps:].copy()
            here[:, -steps:] = cue.fill.levels[:, -steps:]
            if "kick" not in cue.fill.rows:
                kick[1::2] = 0
                here[KICK, -steps:] = kick
        if cue.hits:
            _hit(here, cue.hits, groove.crash > 0, playing)
        if cue.stop is not None:
            here[:, cue.stop :] = 0
        if cue.final:
            played = here.any() or (i > 0 and drums[:, bars[i - 1].first : bar.first].any())
            here[:] = 0
            if played and not cue.drums_out:
                here[KICK, 0] = 2 if bar.energy else 1
                here[CYMBAL, 0] = 2 if groove.crash > 0.2 and bar.energy else 1
    return drums


def _turn_around(here: NDArray[np.int64]) -> None:
    """A kick on the last eighth, the hat opened over it."""
    if here[KICK].any() and not here[SNARE, -2]:
        here[KICK, -2] = max(here[KICK].max(), 1)
    if here[CLOSED_HAT, -2]:
        here[OPEN_HAT, -2], here[CLOSED_HAT, -2] = 1, 0
        here[CLOSED_HAT, -1] = 0


def _crash(here: NDArray[np.int64], chance: float, rng: np.random.Generator) -> None:
    """A crash with the kick on the first beat."""
    if rng.random() < chance:
        here[CYMBAL, 0] = 2
        here[[CLOSED_HAT, OPEN_HAT], 0] = 0
        here[KICK, 0] = max(here[KICK].max(), 1)


def _build(here: NDArray[np.int64], bars_left: int) -> None:
    """A snare roll that doubles its speed towards the lift; the kick drops out in the last bar."""
    every = 4 if bars_left > 2 else 2 if bars_left == 2 else 1
    here[SNARE] = 0
    here[SNARE, ::every] = 1
    here[SNARE, ::4] = 2
    if bars_left == 1:
        here[[KICK, PERCUSSION, OPEN_HAT]] = 0


def _hit(here: NDArray[np.int64], hits: Sequence[int], crash: bool, playing: bool) -> None:
    """The whole kit on the hits and nothing between them."""
    here[:] = 0
    if playing:
        for step in hits:
            here[KICK, step] = 2
            here[CYMBAL if crash else SNARE, step] = 2
