"""What a taste says of draws that nobody rated, as utilities and weights to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.taste.model import Taste
from studio.taste.weights import advantages, weights_of

#: How many draws a personal adapter learns from beside the rated clips.
DRAWS = 288


def labels(
    features: Sequence[Mapping[str, float]], songs: Sequence[str], taste: Taste
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Utility and weight of each draw, [n] each; a draw is weighed against the others of its song."""
    means = np.zeros(len(songs))
    for song in dict.fromkeys(songs):
        of_song = [i for i, name in enumerate(songs) if name == song]
        means[of_song] = taste.scores([features[i] for i in of_song], song)[0]
    none, one = np.zeros(len(songs)), np.ones(len(songs))
    return means, weights_of(advantages(means, none, one, songs)).weights
