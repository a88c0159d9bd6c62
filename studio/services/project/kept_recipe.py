"""A candidate's recipe as a project keeps it, in JSON, and checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.core.arrangement import STEMS
from studio.core.candidate import NoiseStep, Recipe
from studio.core.controls import RENDERERS, Controls
from studio.core.noise_layers import NOISE_COLUMNS
from studio.core.score import GLOBAL_VOCABULARY, N_COLUMNS, VOCABULARY, Score
from studio.storage.codec import damaged


@dataclass(frozen=True)
class KeptRecipe:
    """The same as `Recipe`, in lists."""

    globals: tuple[int, ...]
    tokens: tuple[tuple[int, ...], ...]
    noise: tuple[NoiseStep, ...]
    sound_seed: int
    controls: Controls
    gains: Mapping[str, float]
    renderers: Mapping[str, str] = field(default_factory=dict)


def kept_recipe(recipe: Recipe) -> KeptRecipe:
    """For the file."""
    return KeptRecipe(
        tuple(int(n) for n in recipe.score.globals),
        tuple(tuple(int(n) for n in row) for row in recipe.score.tokens),
        recipe.noise,
        recipe.sound_seed,
        recipe.controls,
        {stem: float(gain) for stem, gain in recipe.gains.items()},
        dict(recipe.renderers),
    )


def recipe_of_kept(content: KeptRecipe, what: str) -> Recipe:
    """Out of the file. Raises StudioError for tokens that no score can have, and layers that no noise has."""
    rows, first = content.tokens, content.globals
    if any(len(row) != N_COLUMNS for row in rows) or len(first) != len(GLOBAL_VOCABULARY) or not rows:
        raise damaged(what, ValueError("a score of another shape"))
    for row, sizes in (*((row, VOCABULARY) for row in rows), (first, GLOBAL_VOCABULARY)):
        if any(not 0 <= token < size for token, size in zip(row, sizes, strict=True)):
            raise damaged(what, ValueError("a token that no score has"))
    _check_layers(content.noise, what)
    if not (set(content.renderers) <= set(STEMS) and set(content.renderers.values()) <= set(RENDERERS)):
        raise damaged(what, ValueError("a stem played by nobody we know"))
    score = Score(np.array(rows, dtype=np.int64), np.array(first, dtype=np.int64))
    return Recipe(
        score, content.noise, content.sound_seed, content.controls, content.gains, content.renderers
    )


def _check_layers(steps: Sequence[NoiseStep], what: str) -> None:
    """Raises StudioError for layers that no noise has."""
    for step in steps:
        if any(column not in NOISE_COLUMNS for column in step.columns):
            raise damaged(what, ValueError("a column that no score has"))
        if not 0.0 <= step.amount <= 1.0 or min(step.seed, step.candidate) < 0:
            raise damaged(what, ValueError("a layer of noise that there cannot be"))
        if step.beats is not None and not 0 <= step.beats[0] <= step.beats[1]:
            raise damaged(what, ValueError("a layer of noise that ends before it begins"))
        _check_layers(step.of, what)
