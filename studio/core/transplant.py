"""A candidate carried over to other bars, so that what was liked in one phrase or song can be bred from in another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.core.candidate import Candidate, NoiseStep, recipe_of
from studio.core.counting import counts_alike
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.core.music import Key


def fits(candidate: Candidate, grid: BeatGrid, key: Key) -> bool:
    """Whether a candidate was made for that grid and key."""
    own = candidate.arrangement
    return own.grid.beats == grid.beats and own.key == key and counts_alike(own.grid, grid)


def fitted(candidate: Candidate, grid: BeatGrid, key: Key) -> Candidate:
    """A candidate whose score is repeated, or cut, in whole bars to another grid. It can be bred from, not heard: its
    notes are still the old ones, and its chords were chosen for another melody.

    Raises:
        StudioError: for a candidate in another meter, or without a recipe.
    """
    recipe, own = recipe_of(candidate), candidate.arrangement.grid
    size = grid.meter.quarters_per_bar
    whole = min(own.beats, len(recipe.score.tokens)) // size * size
    if own.meter != grid.meter or not whole:
        raise StudioError(
            tr("Cannot carry candidate {number} over", number=candidate.number),
            seen=str(own.meter),
            expected=str(grid.meter),
        )
    rows = np.arange(grid.beats) % whole
    chords = candidate.arrangement.chords
    arrangement = replace(
        candidate.arrangement,
        grid=grid,
        key=key,
        chords=tuple(chords[row] for row in rows) if chords else (),
    )
    first = recipe.noise[0] if recipe.noise else NoiseStep(0, 0)
    return replace(
        candidate,
        arrangement=arrangement,
        stems={},
        recipe=replace(
            recipe,
            score=replace(recipe.score, tokens=recipe.score.tokens[rows]),
            # Layers name quarters of the old grid.
            noise=(NoiseStep(first.seed, first.candidate),),
        ),
    )
