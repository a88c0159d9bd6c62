"""Which sound plays a part: the instrument the arrangement model wrote it for, or one of those that are like it.

The arrangement model knows players; which of a player's sounds is heard is drawn afterwards, so that two bands
with a piano need not have the same piano. Sounds that are unusual in the style are heard seldom, and not at all where
the style was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from studio.core.arrangement import STEMS
from studio.core.candidate import NoiseStep
from studio.core.errors import StudioError
from studio.core.instruments import INSTRUMENTS, Instrument
from studio.core.request import GenerationRequest, Regenerate, Vary
from studio.core.score import GLOBALS, STYLES, Score
from studio.core.style_instruments import is_usual

#: How often a part is played by one of the sounds like its instrument.
_ANOTHER_SHARE = 0.4
#: The same for sounds that are unusual in a style that was drawn.
_UNUSUAL_SHARE = 0.1


def choose_sounds(
    request: GenerationRequest,
    score: Score,
    layers: Sequence[NoiseStep],
    known: Sequence[tuple[str, Instrument]],
    kept: Mapping[str, str],
) -> dict[str, str]:
    """The name of a further sound by stem, for `core.perform.perform`; a stem without one keeps its instrument.

    Args:
        layers: of the candidate's noise; the last one decides.
        known: entries of core.instruments.SOUNDS that the mel model can play.
        kept: by stem, the instrument that stays.
    """
    rng = np.random.default_rng([layers[-1].seed, layers[-1].candidate, 23])
    style, asked = STYLES[int(score.globals[GLOBALS.index("style")])], request.controls.style is not None
    chosen = {}
    for stem in STEMS:
        draw, pick = rng.random(2)
        player = INSTRUMENTS[stem][int(score.globals[GLOBALS.index(stem)])].name
        like = [entry.name for owner, entry in known if owner == stem and entry.like == player]
        wished = request.controls.instruments.get(stem)
        if wished is not None:
            if wished in like:
                chosen[stem] = wished
        elif stem in kept:
            if kept[stem] in like:
                chosen[stem] = kept[stem]
        else:
            usual = [name for name in like if is_usual(style, stem, name)]
            unusual = [] if asked else [name for name in like if name not in usual]
            heard, share = (usual, _ANOTHER_SHARE) if usual else (unusual, _UNUSUAL_SHARE)
            if usual and not is_usual(style, stem, player):
                share = 1.0
            if heard and draw < share:
                chosen[stem] = heard[int(pick * len(heard))]
    return chosen


def kept_sounds(request: GenerationRequest) -> dict[str, str]:
    """By stem, the instrument that a variation or a regenerated part keeps; none for what is new."""
    change = request.change
    if isinstance(change, Regenerate) or (isinstance(change, Vary) and change.is_near):
        return {stem: part.instrument for stem, part in change.parent.arrangement.parts.items()}
    return {}


def player_of(stem: str, name: str, known: Sequence[tuple[str, Instrument]]) -> int:
    """The index in INSTRUMENTS of the player that a wished instrument or sound needs.

    Raises:
        StudioError: for an instrument the stem does not have.
    """
    players = [entry.name for entry in INSTRUMENTS[stem]]
    likes = {entry.name: entry.like for owner, entry in known if owner == stem}
    if name not in players and name not in likes:
        raise StudioError(
            f"There is no such instrument for {stem}",
            seen=repr(name),
            expected="one of " + ", ".join([*players, *likes]),
        )
    return players.index(likes.get(name, name))
