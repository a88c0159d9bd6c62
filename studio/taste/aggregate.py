"""Ratings of several people made into one list of training clips, as arXiv 2506.04852 does.

The paper's statistics: each rater's ratings are brought to a scale of their own (mean 0, deviation 1), a clip's
rating is the mean over raters, and the top quartile is trained on, weighted by the rating. Beyond the paper every
mean comes with an interval, and raters and ratings can carry a weight (attention, repeats, the anchor).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

#: Share of the clips that is kept for training.
TOP_SHARE = 0.25
#: Two-sided 95 % of the normal distribution.
_Z95 = 1.959964


@dataclass(frozen=True)
class Rating:
    """`value` in stars, `weight` 0 (not to be trusted) to 1."""

    rater: str
    clip: str
    value: float
    weight: float = 1.0


@dataclass(frozen=True)
class Rated:
    """A clip's rating over raters: weighted mean, its standard error, and how many raters it rests on."""

    clip: str
    mean: float
    error: float
    raters: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 %; of a single rater it is as wide as the scatter of all."""
        return self.mean - _Z95 * self.error, self.mean + _Z95 * self.error


def scaled(ratings: Sequence[Rating]) -> list[Rating]:
    """Each rater's values with mean 0 and standard deviation 1 (of the population, by weight).

    Ratings of weight 0 are dropped. A rater who gave the same stars throughout says nothing: all 0.
    """
    out: list[Rating] = []
    for rater in dict.fromkeys(r.rater for r in ratings):
        own = [r for r in ratings if r.rater == rater and r.weight > 0]
        if not own:
            continue
        weights = [r.weight for r in own]
        mean = float(np.average([r.value for r in own], weights=weights))
        sd = float(np.sqrt(np.average([(r.value - mean) ** 2 for r in own], weights=weights)))
        out += [Rating(r.rater, r.clip, (r.value - mean) / sd if sd > 1e-9 else 0.0, r.weight) for r in own]
    return out


def aggregated(ratings: Sequence[Rating]) -> list[Rated]:
    """One entry a clip, the best first; equal ones in the order they were first rated in.

    The standard error of a clip takes the scatter of its raters, pooled over all clips with two or more.
    """
    by_clip: dict[str, list[Rating]] = {}
    for rating in ratings:
        if rating.weight > 0:
            by_clip.setdefault(rating.clip, []).append(rating)
    squares, freedom = 0.0, 0
    for own in by_clip.values():
        mean = float(np.mean([r.value for r in own]))
        squares += sum((r.value - mean) ** 2 for r in own)
        freedom += len(own) - 1
    scatter = float(np.sqrt(squares / freedom)) if freedom else _scatter_of(ratings)
    rated = []
    for clip, own in by_clip.items():
        weights = np.array([r.weight for r in own])
        mean = float(np.average([r.value for r in own], weights=weights))
        effective = float(weights.sum() ** 2 / (weights**2).sum())
        rated.append(Rated(clip, mean, scatter / effective**0.5, len({r.rater for r in own})))
    return sorted(rated, key=lambda r: -r.mean)


def _scatter_of(ratings: Sequence[Rating]) -> float:
    return float(np.std([r.value for r in ratings if r.weight > 0])) if ratings else 0.0


def top_quartile(rated: Sequence[Rated]) -> list[Rated]:
    """The best quarter, at least one clip."""
    ordered = sorted(rated, key=lambda r: -r.mean)
    return ordered[: max(1, round(TOP_SHARE * len(ordered)))] if ordered else []


def loss_weights(chosen: Sequence[Rated], rated: Sequence[Rated]) -> Mapping[str, float]:
    """By clip, its share in the loss: how far its mean lies above the mean of all that were rated, mean 1.

    Where none lies above, all count alike.
    """
    middle = float(np.mean([r.mean for r in rated])) if rated else 0.0
    above = np.array([max(r.mean - middle, 0.0) for r in chosen])
    if not len(above) or above.mean() <= 1e-9:
        return {r.clip: 1.0 for r in chosen}
    return {r.clip: float(a / above.mean()) for r, a in zip(chosen, above, strict=True)}
