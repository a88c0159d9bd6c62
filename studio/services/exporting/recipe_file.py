"""recipe.json beside a candidate's stems: what a later start needs to vary the candidate or make a part of it anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from studio.core.arrangement import STEMS
from studio.core.candidate import NoiseStep, Recipe
from studio.core.controls import DENSITIES, ENERGIES, FOLLOWS, RENDERERS, Controls
from studio.core.errors import StudioError
from studio.core.instruments import choices
from studio.core.language import tr
from studio.core.music import Chord, Key
from studio.core.noise_layers import NOISE_COLUMNS
from studio.core.score import STYLES, Score
from studio.storage.atomic import json_text, write_text
from studio.storage.json_file import BadFile, read_json

FILE_NAME = "recipe.json"
SCHEMA_VERSION = 1


def write_recipe(folder: Path, recipe: Recipe) -> None:
    """Writes FOLDER/recipe.json."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "sound_seed": recipe.sound_seed,
        "noise": [_noise_json(step) for step in recipe.noise],
        "gains": {stem: float(gain) for stem, gain in recipe.gains.items()},
        "renderers": dict(recipe.renderers),
        "controls": controls_json(recipe.controls),
        "globals": recipe.score.globals.tolist(),
        "tokens": recipe.score.tokens.tolist(),
    }
    write_text(folder / FILE_NAME, json_text(content))


def _noise_json(step: NoiseStep) -> dict[str, object]:
    """As earlier versions wrote it; of layers that are another candidate's, with those."""
    content = asdict(step)
    del content["of"]
    return {**content, "of": [_noise_json(inner) for inner in step.of]} if step.of else content


Seed = Annotated[int, Meta(ge=0, le=2**62)]
Beat = Annotated[int, Meta(ge=0, le=100_000)]
Token = Annotated[int, Meta(ge=0, le=10_000)]


class _NoiseFile(Struct):
    seed: Seed
    candidate: Annotated[int, Meta(ge=0, le=10_000)]
    amount: Annotated[float, Meta(ge=0.0, le=1.0)]
    beats: tuple[Beat, Beat] | None
    columns: tuple[str, ...]
    of: tuple[_NoiseFile, ...] = ()


class _ControlsFile(Struct):
    style: str | None
    density: str | None
    chords: tuple[str, ...] | None
    energy: tuple[str, ...] | None
    instruments: dict[str, str]
    follow: str | None
    sound: str | None = None


class _RecipeFile(Struct):
    sound_seed: Seed
    noise: tuple[_NoiseFile, ...]
    gains: dict[str, Annotated[float, Meta(ge=0.0, le=1e6)]]
    controls: _ControlsFile
    globals: list[Token]
    tokens: list[list[Token]]
    renderers: dict[str, str] = {}  # msgspec copies it
    schema_version: int = SCHEMA_VERSION


def read_recipe(folder: Path) -> Recipe | None:
    """The recipe of an exported candidate; None where none was written.

    Raises:
        BadFile: a ValueError that says in words what is wrong, for a file that is not one of ours, or damaged.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    read = read_json(path, _RecipeFile)
    if read.schema_version > SCHEMA_VERSION:
        raise BadFile(
            tr(
                "{name}: of a newer Backline (schema {schema_version})",
                name=path.name,
                schema_version=read.schema_version,
            )
        )
    try:
        score = Score(np.array(read.tokens, dtype=np.int64), np.array(read.globals, dtype=np.int64))
        noise = tuple(_noise_step(step) for step in read.noise)
        _check("a stem", read.renderers, STEMS)
        _check("a sound", read.renderers.values(), RENDERERS)
        controls, gains = _controls(read.controls), _gains(read.gains)
        return Recipe(score, noise, read.sound_seed, controls, gains, read.renderers)
    except (ValueError, StudioError) as error:
        raise BadFile(f"{path.name}: {error}") from error


def _gains(gains: dict[str, float]) -> dict[str, float]:
    _check("a stem", gains, STEMS)
    return gains


def controls_json(controls: Controls, key: Key | None = None) -> dict[str, object]:
    """Wishes as JSON values; chords by name, as a key spells them where one is given."""
    chords = None if controls.chords is None else [chord.name(key) for chord in controls.chords]
    return {**asdict(controls), "chords": chords}


def _controls(read: _ControlsFile) -> Controls:
    _check("a style", [read.style], (None, *STYLES))
    _check("a density", [read.density], (None, *DENSITIES))
    _check("an energy", read.energy or (), ENERGIES)
    _check("a follow", [read.follow], (None, *FOLLOWS))
    _check("a sound", [read.sound], (None, *RENDERERS))
    _check("a stem", read.instruments, STEMS)
    for stem, name in read.instruments.items():
        _check(f"a {stem} instrument", [name], [entry.name for entry in choices(stem)])
    chords = read.chords
    return Controls(
        style=read.style,
        density=read.density,
        chords=None if chords is None else tuple(Chord.parse(name) for name in chords),
        energy=read.energy,
        instruments=dict(read.instruments),
        follow=read.follow,
        sound=read.sound,
    )


def _noise_step(read: _NoiseFile) -> NoiseStep:
    _check("a column", read.columns, NOISE_COLUMNS)
    if read.beats is not None and read.beats[0] > read.beats[1]:
        raise ValueError(f"beats from {read.beats[0]} to {read.beats[1]}")
    of = tuple(_noise_step(step) for step in read.of)
    return NoiseStep(read.seed, read.candidate, read.amount, read.beats, read.columns, of)


def _check(what: str, found: Iterable[object], known: Collection[object]) -> None:
    for value in found:
        if value not in known:
            raise ValueError(f"{what} named {str(value)[:40]!r}")
