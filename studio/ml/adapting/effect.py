"""Whether an adapter changes what is played, and what it changes, in words.

Base and adapter draw from the same noise, for the same vocals. The tokens differ nearly everywhere whatever was learnt;
an effect is a shift of the mean that is both surer than chance and large enough to be told from the spread between
draws. Two questions are asked, each at half the chance of a false alarm:

- of every feature: a sign-flip permutation of the paired differences, the largest |t| over all features, so that many
  features give no more false alarms than one (Westfall & Young 1993, "Resampling-based multiple testing");
- along the direction that was asked for (studio.ml.adapting.pull), towards it alone. What is learnt is spread over many
  features; here it adds up, which finds what the first question is too cautious for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.language import later

#: Chance of calling chance an effect: an effect that is none costs a blind test of up to 24 comparisons, one that is
#: not told costs nothing but its training. And the least shift that counts, in deviations between draws for one vocal.
_CHANCE, LEAST_SHIFT = 0.02, 0.2
_FLIPS = 4000
_MOST_WORDS = 3
#: Said where the shift along the asked direction is sure.
NEARER = later("nearer to what you rated well")


@dataclass(frozen=True)
class Effect:
    """What was found.

    Attributes:
        audible: whether there is an effect.
        words: the surest changes, for the user; empty without an effect.
        chance: probability of finding as much, if there were nothing.
        shifts: mean change of every feature, in deviations between draws.
        asked: mean change along the direction that was asked for, likewise; None where none was.
    """

    audible: bool
    words: tuple[str, ...]
    chance: float
    shifts: Mapping[str, float]
    asked: float | None = None


def effect_of(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    words: Mapping[str, Sequence[str]],
    pull: NDArray[np.float64] | None = None,
) -> Effect:
    """Compares features of paired draws.

    Args:
        before, after: [vocals, draws, features], the same noise at the same place.
        words: by feature in order, the words for less and for more.
        pull: [features], the direction that was asked for.
    """
    names = list(words)
    difference = (after - before).reshape(-1, len(names))
    shifts = _shifts(before, difference)
    chances = _chances(difference)
    asked, towards = _asked(before, difference, pull)
    parts = 1 if asked is None else 2
    sure = [
        i
        for i in np.argsort(chances - 1e-9 * np.abs(shifts))
        if parts * chances[i] < _CHANCE and abs(shifts[i]) >= LEAST_SHIFT
    ]
    told = [words[names[i]][int(shifts[i] > 0)] for i in sure[:_MOST_WORDS]]
    if asked is not None and parts * towards < _CHANCE and asked >= LEAST_SHIFT:
        told.append(NEARER)
    chance = min(1.0, parts * min(float(chances.min(initial=1.0)), towards))
    by_name = {name: round(float(shift), 3) for name, shift in zip(names, shifts, strict=True)}
    return Effect(bool(told), tuple(told), chance, by_name, asked)


def _shifts(before: NDArray[np.float64], difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the differences [n, F] in deviations between the draws `before` [vocals, draws, F] for one vocal."""
    spread = np.sqrt(before.var(axis=1, ddof=1).mean(axis=0)) if before.shape[1] > 1 else before.std((0, 1))
    mean = difference.mean(0)
    return np.divide(mean, spread, out=np.zeros_like(mean), where=spread > 1e-9)


def _asked(
    before: NDArray[np.float64], difference: NDArray[np.float64], pull: NDArray[np.float64] | None
) -> tuple[float | None, float]:
    """The shift along the pull, and the chance of one as sure towards it, if there were none."""
    if pull is None:
        return None, 1.0
    along = difference @ pull
    if not along.std() > 1e-12:
        return None, 1.0
    shift = float(_shifts(before @ pull[:, None], along[:, None])[0])
    found, flipped = _flipped_t(along[:, None])
    return round(shift, 3), _share(flipped[:, 0], float(found[0]))


def _chances(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each feature [F], the P value of its |t| among the largest over the features; 1 for what does not vary."""
    chances = np.ones(difference.shape[1])
    varying = difference.std(0) > 1e-12
    if varying.any():
        found, flipped = _flipped_t(difference[:, varying])
        largest = np.abs(flipped).max(1)
        chances[varying] = [_share(largest, abs(float(t))) for t in found]
    return chances


def _flipped_t(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """t [F] of values [n, F], but for a factor, and [flips, F] with signs turned by chance, a row all features alike.

    The sum of squares does not change when signs do: so t is a function of the mean alone.
    """
    signs = 2.0 * np.random.default_rng(5).integers(2, size=(_FLIPS, len(values))) - 1.0
    squares = (values**2).mean(0)

    def t(means: NDArray[np.float64]) -> NDArray[np.float64]:
        return means / np.sqrt(np.maximum(squares - means**2, 1e-15))

    return t(values.mean(0)), t(signs @ values / len(values))


def _share(by_chance: NDArray[np.float64], found: float) -> float:
    return float((1 + (by_chance >= found - 1e-12).sum()) / (1 + len(by_chance)))
