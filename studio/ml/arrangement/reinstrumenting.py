"""A stem of a finished candidate written for another of its instruments: nothing is drawn.

The score keeps its tokens, noise and seed and gets another player, so that variations and children of the new candidate
have the instrument that is heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from studio.core.arrangement import Arrangement
from studio.core.candidate import Recipe, recipe_of
from studio.core.controls import Controls
from studio.core.instruments import Instrument
from studio.core.other_instrument import played_on
from studio.core.request import Reinstrument
from studio.core.score import GLOBALS
from studio.ml.arrangement.sound_choice import player_of


def reinstrumented(
    change: Reinstrument, controls: Controls, known: Sequence[tuple[str, Instrument]]
) -> tuple[Arrangement, Recipe]:
    """The parent's arrangement with the stem on its new instrument, and what it came from, without gains.

    Args:
        controls: what the new candidate passes for having been asked for, see Reinstrument.wishes.
        known: entries of core.instruments.SOUNDS that the mel model can play.

    Raises:
        StudioError: for what cannot be.
    """
    change.check()
    recipe, arrangement, stem = recipe_of(change.parent), change.parent.arrangement, change.stem
    globals_ = recipe.score.globals.copy()
    globals_[GLOBALS.index(stem)] = player_of(stem, change.instrument, known)
    parts = {**arrangement.parts, stem: played_on(stem, arrangement.parts[stem], change.instrument)}
    score = replace(recipe.score, globals=globals_)
    return replace(arrangement, parts=parts), replace(recipe, score=score, controls=controls, gains={})
