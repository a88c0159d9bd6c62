"""Candidates on the disk are what they were."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from studio.core.candidate import Recipe
from studio.core.errors import StudioError
from studio.core.origin import Origin
from studio.services.project.candidates import read_candidate, write_candidate
from studio.services.project.kept_recipe import kept_recipe, recipe_of_kept
from studio.storage.project_folder import ProjectFolder
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal


def test_everything_of_a_recipe_is_kept(tmp_path: Path) -> None:
    vocal = make_vocal(1.0)
    made = make_candidate(vocal, make_analysis(1.0))
    made = replace(made, recipe=make_recipe(made))
    folder = ProjectFolder(tmp_path / "Song.backline")
    folder.make()
    record, kept = write_candidate(folder, made, Origin("ab", "cd"))
    _, read = read_candidate(folder, record.folder)
    assert made.recipe is not None
    assert read.recipe is not None
    empty = Recipe(made.recipe.score, (), 0, type(made.recipe.controls)())
    for field in fields(Recipe):
        before, after = getattr(made.recipe, field.name), getattr(read.recipe, field.name)
        if field.name == "score":
            assert np.array_equal(before.tokens, after.tokens)
            assert np.array_equal(before.globals, after.globals)
            continue
        assert after == before
        if field.name != "controls":
            assert before != getattr(empty, field.name), f"{field.name} of the test says nothing"
    for stem, audio in kept.stems.items():
        assert np.array_equal(audio.samples, made.stems[stem].samples)


@pytest.mark.parametrize(
    "change", [{"renderers": {"drums": "nobody"}}, {"renderers": {"choir": "network"}}, {"globals": (0,)}]
)
def test_a_recipe_that_no_band_has_is_refused(change: dict[str, object]) -> None:
    candidate = make_candidate(make_vocal(1.0), make_analysis(1.0))
    content = replace(kept_recipe(make_recipe(candidate)), **change)
    with pytest.raises(StudioError, match="candidate 01"):
        recipe_of_kept(content, "candidate 01")
