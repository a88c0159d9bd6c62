"""A taste in words: what somebody prefers, how sure that is, and the answers it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from studio.core.language import later
from studio.taste.features import NAMES, WORDS, as_row
from studio.taste.judgement import Judgement

#: Chance that the direction is right, from which on a word is used.
_SURENESS = ((0.975, later("sure")), (0.9, later("fairly sure")), (0.75, later("a leaning")))
NOT_SURE = later("not sure yet")
_MOST_EVIDENCE = 3


@dataclass(frozen=True)
class Statement:
    """One thing preferred.

    Attributes:
        feature: of studio.taste.features.NAMES.
        words: 'sparser drums'.
        sureness: 'sure', 'fairly sure', 'a leaning' or 'not sure yet'.
        chance: that the direction is right, .5 to 1.
        mean, sd: of the feature's theta.
        evidence: keys of the screens whose answers speak for it most; empty where none does.
    """

    feature: str
    words: str
    sureness: str
    chance: float
    mean: float
    sd: float
    evidence: tuple[str, ...]

    def __str__(self) -> str:
        # Where nothing is claimed, neither side is named alone.
        words = " – ".join(WORDS[self.feature]) if self.sureness == NOT_SURE else self.words
        return f"{words}: {self.sureness}"


def statements(
    mean: NDArray[np.float64], sd: NDArray[np.float64], judgements: Sequence[Judgement]
) -> tuple[Statement, ...]:
    """A statement for each feature, the surest first."""
    made = []
    for place, name in enumerate(NAMES):
        chance = NormalDist().cdf(abs(float(mean[place])) / max(float(sd[place]), 1e-12))
        word = next((word for least, word in _SURENESS if chance >= least), NOT_SURE)
        side = 1.0 if mean[place] > 0 else -1.0
        speaks = [(side * _told_of(judgement, place), judgement.screen) for judgement in judgements]
        best = sorted((s for s in speaks if s[0] > 0), key=lambda s: -s[0])[:_MOST_EVIDENCE]
        made.append(
            Statement(
                name,
                WORDS[name][int(side > 0)],
                word,
                chance,
                float(mean[place]),
                float(sd[place]),
                tuple(screen for _, screen in best),
            )
        )
    return tuple(sorted(made, key=lambda s: -s.chance))


def _told_of(judgement: Judgement, place: int) -> float:
    """How far the feature of what was preferred lies above that of what was not, over all pairs."""
    values = {clip.key: float(as_row(clip.features)[place]) for clip in judgement.clips}
    pairs = [values[a] - values[b] for a, b in judgement.preferred]
    stars = judgement.verdict.stars
    if len(stars) > 1:
        middle = sum(stars.values()) / len(stars)
        pairs += [(given - middle) * values[key] for key, given in stars.items()]
    return float(np.mean(pairs)) if pairs else 0.0
