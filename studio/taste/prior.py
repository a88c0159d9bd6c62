"""What is believed of a taste before any answer: nothing, or what a user's favourite music says (the cold start).

If somebody prefers by exp(theta . phi), the music they like is drawn from exp(theta . phi) times the usual music.
Where the usual features are standard normal, as those of studio.taste.features are, liked music is normal about
theta, and n liked tracks give theta the posterior mean n s^2 zbar / (1 + n s^2) and variance s^2 / (1 + n s^2) under
the prior sd s. A track counts half: records of other people differ from our bands for more reasons than taste.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.taste.features import NAMES

_TRACK_COUNTS = 0.5
#: Prior sd of a straight taste that the formula above takes: of theta and the slope of f in studio.taste.model.
_USUAL_SD = 0.15


@dataclass(frozen=True, eq=False)
class Prior:
    """Of theta, by feature of NAMES: `mean` float64 [16], and `spread` float64 [16], a factor of the prior sd."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def nothing(cls) -> Prior:
        return cls(np.zeros(len(NAMES)), np.ones(len(NAMES)))


def prior_of_music(tracks: Sequence[Mapping[str, float]]) -> Prior:
    """The prior that liked music sets.

    Args:
        tracks: features of each; most know those of the sound only, and the others stay open.
    """
    mean, spread = np.zeros(len(NAMES)), np.ones(len(NAMES))
    for place, name in enumerate(NAMES):
        known = [np.clip(track[name], -2.0, 2.0) for track in tracks if name in track]
        if known:
            told = _TRACK_COUNTS * len(known) * _USUAL_SD**2
            mean[place] = told / (1 + told) * float(np.mean(known))
            spread[place] = (1 + told) ** -0.5
    return Prior(mean, spread)
