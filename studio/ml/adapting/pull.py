"""Which way rated clips pull what is played: a direction among the counted features, told by their weights alone.

An adapter spreads what it learnt over many features, each of which moves by less than chance may; along the direction
that was asked for they move together. Asking along it too is one question more and not nineteen, and no draw that is
tested has a part in choosing it.

Weighted draws have the mean of the plain ones plus the covariance of weight and feature, which is what a training aims
at (see arrangement_task); divided by the scatter of the draws (Fisher 1936, "The use of multiple measurements in
taxonomic problems") that is the direction in which the shift stands out most from the differences between draws.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.score import Score
from studio.ml.adapting.clips import RatedClip
from studio.ml.adapting.score_features import score_features

#: Added to the correlations of the features, as share of a feature's variance: some sixty clips do not tell them well.
_RIDGE = 1.0
#: Fewer clips tell no direction.
_FEWEST = 8


def pull_of(clips: Sequence[RatedClip]) -> NDArray[np.float64] | None:
    """Weights of the features, [features]; None where the clips pull nowhere, as when all weigh the same.

    Clips are compared within their song only: songs differ in more than in how they are liked.
    """
    if len(clips) < _FEWEST:
        return None
    rows = np.array([score_features(Score(clip.tokens, clip.globals)) for clip in clips])
    weights = np.array([clip.weight for clip in clips])
    songs = np.array([clip.song for clip in clips])
    for song in np.unique(songs):
        members = songs == song
        rows[members] -= rows[members].mean(0)
        weights[members] -= weights[members].mean()
    scatter = rows.std(0)
    varying = scatter > 1e-9
    units = np.divide(rows, scatter, out=np.zeros_like(rows), where=varying)
    shift = weights @ units / len(clips)
    if not np.abs(shift).max() > 1e-6:
        return None
    spread = units.T @ units / len(clips) + _RIDGE * np.eye(len(shift))
    return np.divide(np.linalg.solve(spread, shift), scatter, out=np.zeros(len(shift)), where=varying)
