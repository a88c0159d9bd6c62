"""recipe.json beside a candidate's stems: what a later start needs to vary the candidate or make a part of it anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.candidate import NoiseStep, Recipe
from studio.core.controls import Controls
from studio.core.music import Chord, Key
from studio.core.score import Score
from studio.storage.atomic import json_text, write_text

FILE_NAME = "recipe.json"
SCHEMA_VERSION = 1


def write_recipe(folder: Path, recipe: Recipe) -> None:
    """Writes FOLDER/recipe.json."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "sound_seed": recipe.sound_seed,
        "noise": [asdict(step) for step in recipe.noise],
        "gains": {stem: float(gain) for stem, gain in recipe.gains.items()},
        "controls": controls_json(recipe.controls),
        "globals": recipe.score.globals.tolist(),
        "tokens": recipe.score.tokens.tolist(),
    }
    write_text(folder / FILE_NAME, json_text(content))


def read_recipe(folder: Path) -> Recipe | None:
    """The recipe of an exported candidate; None where none was written.

    Raises:
        OSError, ValueError, KeyError, TypeError: for a file that is not one of ours, or damaged.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    tokens = np.array(content["tokens"], dtype=np.int64)
    noise = tuple(_noise_step(step) for step in content["noise"])
    return Recipe(
        score=Score(tokens, np.array(content["globals"], dtype=np.int64)),
        noise=noise,
        sound_seed=int(content["sound_seed"]),
        controls=_controls(content["controls"]),
        gains={str(stem): float(gain) for stem, gain in content["gains"].items()},
    )


def controls_json(controls: Controls, key: Key | None = None) -> dict[str, object]:
    """Wishes as JSON values; chords by name, as a key spells them where one is given."""
    chords = None if controls.chords is None else [chord.name(key) for chord in controls.chords]
    return {**asdict(controls), "chords": chords}


def _controls(content: dict[str, Any]) -> Controls:
    chords, energy = content["chords"], content["energy"]
    return Controls(
        style=content["style"],
        density=content["density"],
        chords=None if chords is None else tuple(Chord.parse(name) for name in chords),
        energy=None if energy is None else tuple(energy),
        instruments=dict(content["instruments"]),
        follow=content["follow"],
    )


def _noise_step(content: dict[str, Any]) -> NoiseStep:
    beats = content["beats"]
    return NoiseStep(
        seed=int(content["seed"]),
        candidate=int(content["candidate"]),
        amount=float(content["amount"]),
        beats=None if beats is None else (int(beats[0]), int(beats[1])),
        columns=tuple(content["columns"]),
    )
