"""What a candidate was made from: enough to vary it, or to make a part of it anew and leave the rest alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.core.errors import StudioError
from studio.core.request import Candidate, Controls
from studio.core.score import Score


@dataclass(frozen=True)
class NoiseStep:
    """One layer of a candidate's noise: how far fresh noise has replaced what was there.

    Attributes:
        seed, candidate: name the fresh noise, see studio.ml.genome.
        amount: 0 leaves what was there, 1 replaces it.
        beats: first quarter and the one past the last; None for the whole song and the choice of the band.
        columns: names of core.score.COLUMNS within `beats`.
    """

    seed: int
    candidate: int
    amount: float = 1.0
    beats: tuple[int, int] | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Recipe:
    """A candidate's origin.

    Attributes:
        score: what is played, one row a quarter of the candidate's grid.
        noise: layers from the first on.
        sound_seed: of the humanising and of all noise in the sound.
        controls: what was asked for.
        gains: linear, from each dry stem to its place in the mix; a silent stem has none.
    """

    score: Score
    noise: tuple[NoiseStep, ...]
    sound_seed: int
    controls: Controls
    gains: Mapping[str, float] = field(default_factory=dict)


def recipe_of(candidate: Candidate) -> Recipe:
    """The candidate's recipe. Raises StudioError where the engine kept none."""
    if candidate.recipe is None:
        raise StudioError(
            f"Cannot change candidate {candidate.number}",
            seen="a candidate of which only the sound and the notes were kept",
            expected="one made by the band model, with its recipe",
            todo="Generate again, and change one of the new candidates",
        )
    return candidate.recipe
