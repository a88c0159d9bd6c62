"""How much each rated clip counts in training an adapter (weighting by the exponential of the advantage, as in
Peng et al. 2019, arXiv:1910.00177, over the posterior of the taste model).

    A_i = ((m_i - mean over this vocal) / sd) (1 - s_i^2 / s0^2),    w_i = clip(exp(A_i / tau), 0.2, 4), mean 1

with m_i, s_i the posterior mean and standard deviation of clip i's utility, sd that of all centred means, and s0 the
prior's standard deviation: a clip of which nothing is known weighs 1. tau is raised until enough clips carry weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_WEIGHT, MOST_WEIGHT = 0.2, 4.0
_FIRST_TAU, _TAU_STEP, _TAU_STEPS = 0.5, 1.1, 80


@dataclass(frozen=True, eq=False)
class Weights:
    """`weights` float64 [n] with mean 1, the temperature they were made with and how many clips they amount to."""

    weights: NDArray[np.float64]
    tau: float
    effective: float


def advantages(
    mean: NDArray[np.float64], sd: NDArray[np.float64], prior_sd: NDArray[np.float64], songs: Sequence[str]
) -> NDArray[np.float64]:
    """A_i, float64 [n].

    Args:
        mean, sd, prior_sd: of the utilities, [n].
        songs: the vocal of each clip.
    """
    centred = np.array(mean, dtype=np.float64)
    names = np.array(songs)
    for song in dict.fromkeys(songs):
        centred[names == song] -= centred[names == song].mean()
    scatter = float(centred.std())
    sure = np.clip(1 - (sd / prior_sd) ** 2, 0.0, 1.0)
    return centred / scatter * sure if scatter > 1e-9 else np.zeros_like(centred)


def effective_size(weights: NDArray[np.float64]) -> float:
    """(sum w)^2 / sum w^2 (Kish 1965): how many equally weighted clips say as much."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def weights_of(advantage: NDArray[np.float64]) -> Weights:
    """w_i at the smallest temperature at which the effective size is at least max(12, n / 2), or n where n < 12."""
    wanted = min(max(12.0, len(advantage) / 2), float(len(advantage)))
    tau = _FIRST_TAU
    weights = _at(advantage, tau)
    for _ in range(_TAU_STEPS):
        if effective_size(weights) >= wanted - 1e-9:
            break
        tau *= _TAU_STEP
        weights = _at(advantage, tau)
    return Weights(weights, tau, effective_size(weights))


def _at(advantage: NDArray[np.float64], tau: float) -> NDArray[np.float64]:
    weights = np.clip(np.exp(np.clip(advantage / tau, -50, 50)), LEAST_WEIGHT, MOST_WEIGHT)
    return np.asarray(weights / weights.mean() if len(weights) else weights)
