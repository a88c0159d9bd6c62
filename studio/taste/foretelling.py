"""Whether a taste that was learnt from some songs foretells the answers given for others.

A posterior always prefers something, also where the answers were chance: before more is built on it than the choice of
the next screen, it has to tell better and worse apart on screens it has not seen. Songs are left out in turn, or blocks
of screens where there is one song; the chance is that of a sign-flip test over screens. A sitting or two cannot make
surer than BELIEVED, and what is built on a taste has to win a blind test yet (docs/adapters.md says how many pass).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.taste.judgement import Judgement
from studio.taste.likelihood import without_anchor
from studio.taste.model import Taste, learn
from studio.taste.prior import Prior

#: Chance below which a taste is believed; groups that are left out in turn, at most.
BELIEVED = 0.1
_GROUPS = 6
_FLIPS = 4000


@dataclass(frozen=True)
class Foretelling:
    """What was found.

    Attributes:
        right: share of the pairs (better, worse) told apart rightly, every screen counting alike; .5 is chance.
        screens: how many were foretold.
        chance: probability of being right as often, if nothing were known.
    """

    right: float
    screens: int
    chance: float

    @property
    def holds(self) -> bool:
        return self.chance < BELIEVED


def is_believed(taste: Taste, found: Foretelling) -> bool:
    """Whether a taste may be built on: its features tell something of the answers it was learnt from, the
    `foretelling` of these holds, and the hidden anchors, which it does not see, say that somebody listened."""
    return taste.evidence > 0.0 and found.holds and not taste.exclusion.is_doubtful


def foretelling(judgements: Sequence[Judgement], prior: Prior | None = None) -> Foretelling:
    """Of one listener's answers, the oldest first. Repeats are not foretold, and teach with their first showing."""
    if not judgements:
        return Foretelling(0.5, 0, 1.0)
    told = [without_anchor(judgement) for judgement in judgements]
    groups = _groups(judgements)
    shares: list[float] = []
    for group in sorted(set(groups)):
        taste = learn([j for j, g in zip(judgements, groups, strict=True) if g != group], prior)
        if not taste.pairs:
            continue
        for judgement, g in zip(told, groups, strict=True):
            if g != group or judgement.repeat_of or not judgement.blind or not judgement.preferred:
                continue
            means, _ = taste.scores([clip.features for clip in judgement.clips])
            value = dict(zip(judgement.keys, means, strict=True))
            pairs = [np.sign(value[a] - value[b]) for a, b in judgement.preferred]
            shares.append(float(np.mean(pairs)) / 2)
    if not shares:
        return Foretelling(0.5, 0, 1.0)
    found = np.array(shares)
    signs = np.random.default_rng(11).choice([-1.0, 1.0], size=(_FLIPS, len(found)))
    chance = (1 + int(((signs @ found) >= found.sum() - 1e-12).sum())) / (1 + _FLIPS)
    return Foretelling(0.5 + float(found.mean()), len(found), chance)


def _groups(judgements: Sequence[Judgement]) -> list[int]:
    """A number for each judgement; those with one number are left out together, repeats with what they repeat."""
    songs = list(dict.fromkeys(judgement.song for judgement in judgements))
    if len(songs) > 1:
        return [songs.index(judgement.song) % _GROUPS for judgement in judgements]
    screens = list(dict.fromkeys(judgement.repeat_of or judgement.screen for judgement in judgements))
    blocks = np.array_split(np.arange(len(screens)), min(_GROUPS, len(screens)))
    block_of = {screens[int(i)]: number for number, block in enumerate(blocks) for i in block}
    return [block_of[judgement.repeat_of or judgement.screen] for judgement in judgements]
