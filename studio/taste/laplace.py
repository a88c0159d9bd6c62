"""Laplace's approximation for a Gaussian prior and concave log-likelihoods (Rasmussen and Williams 2006, 3.4).

With P the prior covariance, W the negative Hessian and g the gradient at the mode, P^-1 (z - m) = g there; so neither
P nor W, which is singular, is ever inverted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.taste.likelihood import Answers

Array = NDArray[np.float64]
_STEPS, _TOLERANCE = 50, 1e-9


@dataclass(frozen=True, eq=False)
class Mode:
    """The approximation at the mode.

    Attributes:
        z: the mode, [size].
        slope: P^-1 (z - m), [size]: the mean of anything else with covariance c to z is its own plus c . slope.
        told: W (I + P W)^-1, [size, size]: its variance is its own less c . told . c.
        evidence: logarithm of the probability of all answers.
    """

    z: Array
    slope: Array
    told: Array
    evidence: float


def find_mode(answers: Answers, mean: Array, covariance: Array) -> Mode:
    """Newton's method with halved steps; the objective is concave, so it has one maximum.

    Args:
        mean, covariance: of the prior, [size] and [size, size].
    """
    slope = np.zeros_like(mean)
    z = mean.copy()
    value, gradient, bend = answers.at(z)
    reached = value
    identity = np.eye(len(mean))
    for _ in range(_STEPS):
        target = np.linalg.solve(identity + bend @ covariance, bend @ (z - mean) + gradient)
        share = 1.0
        while True:
            tried = slope + share * (target - slope)
            there = mean + covariance @ tried
            value, tried_gradient, tried_bend = answers.at(there)
            objective = value - 0.5 * float(tried @ (there - mean))
            if objective >= reached - 1e-12 or share < 1e-4:
                break
            share /= 2
        gained = objective - reached
        slope, z, gradient, bend, reached = tried, there, tried_gradient, tried_bend, objective
        if gained < _TOLERANCE:
            break
    inner = identity + covariance @ bend
    told = bend @ np.linalg.inv(inner)
    _, volume = np.linalg.slogdet(inner)
    return Mode(z, slope, (told + told.T) / 2, reached - 0.5 * float(volume))
