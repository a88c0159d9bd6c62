"""Whether an adapter changes what is played, and what it changes, in words.

Base and adapter draw from the same noise, for the same vocals. The tokens will differ here and there whatever was
learnt; an effect is a shift of a feature's mean that is both surer than chance (sign-flip permutation of the paired
differences, the largest over all features, so that many features give no more false alarms than one) and large enough
to be told from the spread between draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Chance of calling chance an effect; the least shift that counts, in deviations between draws for one vocal.
_CHANCE, LEAST_SHIFT = 0.05, 0.2
_FLIPS = 2000
_MOST_WORDS = 3


@dataclass(frozen=True)
class Effect:
    """What was found.

    Attributes:
        audible: whether there is an effect.
        words: the largest changes, for the user; empty without an effect.
        chance: probability of a shift as sure as the surest, if there were none.
        shifts: mean change of every feature, in deviations between draws.
    """

    audible: bool
    words: tuple[str, ...]
    chance: float
    shifts: Mapping[str, float]


def effect_of(
    before: NDArray[np.float64], after: NDArray[np.float64], words: Mapping[str, Sequence[str]]
) -> Effect:
    """Compares features of paired draws.

    Args:
        before, after: [vocals, draws, features], the same noise at the same place.
        words: by feature in order, the words for less and for more.
    """
    names = list(words)
    spread = np.sqrt(before.var(axis=1, ddof=1).mean(axis=0)) if before.shape[1] > 1 else before.std((0, 1))
    difference = (after - before).reshape(-1, len(names))
    shifts = np.divide(difference.mean(0), spread, out=np.zeros(len(names)), where=spread > 1e-9)
    chance = _chance(difference)
    large = [i for i in np.argsort(-np.abs(shifts)) if abs(shifts[i]) >= LEAST_SHIFT]
    audible = chance < _CHANCE and bool(large)
    told = [words[names[i]][int(shifts[i] > 0)] for i in large[:_MOST_WORDS]] if audible else []
    by_name = {name: round(float(shift), 3) for name, shift in zip(names, shifts, strict=True)}
    return Effect(audible, tuple(told), chance, by_name)


def _chance(difference: NDArray[np.float64]) -> float:
    """P value of the largest |t| over the features, [draws, features]."""
    varying = difference[:, difference.std(0) > 1e-12]
    if not varying.size:
        return 1.0
    rng = np.random.default_rng(5)
    signs = rng.choice([-1.0, 1.0], size=(_FLIPS, len(varying)))

    def largest(means: NDArray[np.float64]) -> NDArray[np.float64]:
        # The sum of squares does not change when signs do: so t is a function of the mean alone.
        squares = (varying**2).mean(0)
        return np.abs(means / np.sqrt(np.maximum(squares - means**2, 1e-15))).max(-1)

    found = largest(varying.mean(0)[None])[0]
    flipped = largest(signs @ varying / len(varying))
    return float((1 + (flipped >= found - 1e-12).sum()) / (1 + _FLIPS))
