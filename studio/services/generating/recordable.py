"""Which instruments can be played from recordings here."""

from __future__ import annotations

from studio.audio.sample_sets import SUFFIX
from studio.dsp.sampler.recipes import RECIPES
from studio.storage.paths import resources_dir


def recordable(stem: str) -> frozenset[str]:
    """The instruments of a stem whose recordings are installed, or that are computed; see docs/sound.md."""
    sets = {path.stem for path in (resources_dir() / "instruments").glob(f"*{SUFFIX}")}
    return frozenset(
        name
        for (owner, name), recipe in RECIPES.items()
        if owner == stem and (recipe.made or recipe.set in sets)
    )
