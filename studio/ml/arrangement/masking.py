"""What of a score is hidden in a training example.

Most examples copy a moment of sampling: the columns of earlier stages visible, some of the current stage,
nothing of later ones. The rest mask at random or in stretches, which is what fixed chords and regenerated
bars look like.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.score import COLUMNS, GLOBAL_VOCABULARY, N_COLUMNS
from studio.ml.arrangement.sampler import STAGES


def draw_mask(
    rng: np.random.Generator, beats: int, bar: int, whole: float = 0.1
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float32]]:
    """(masked tokens [L, 21], masked globals [7], loss weight [L, 21]) of one example with `bar` quarters a bar.

    `whole` is the share of examples in which nothing is known but some globals: those that teach which band is chosen.
    """
    hidden = np.zeros((beats, N_COLUMNS), dtype=bool)
    globals_ = np.zeros(len(GLOBAL_VOCABULARY), dtype=bool)
    weight = np.ones((beats, N_COLUMNS), dtype=np.float32)
    kind = rng.random()
    # Sampling lays out some bars and then fills the others (sampler._levels): so do half the examples.
    whole_bars = np.repeat(rng.random(-(-beats // bar)) < np.cos(0.5 * np.pi * rng.random()), bar)[:beats]
    by_bars = rng.random() < 0.5
    if kind < whole:
        hidden[:] = True
        globals_ = rng.random(len(globals_)) < rng.uniform(0.2, 1.0)
        weight[:] = 0.2
    elif kind < 0.85:
        stage = int(rng.integers(len(STAGES)))
        for later, names in enumerate(STAGES):
            for name in names:
                if later > stage:
                    hidden[:, COLUMNS[name]] = True
                    weight[:, COLUMNS[name]] = 0.1
                elif later == stage:
                    share = np.cos(0.5 * np.pi * rng.random())
                    width = COLUMNS[name].stop - COLUMNS[name].start
                    hidden[:, COLUMNS[name]] = rng.random((beats, width)) < share
                    if by_bars:
                        hidden[:, COLUMNS[name]] &= whole_bars[:, None]
    else:
        hidden = rng.random((beats, N_COLUMNS)) < rng.random()
        if rng.random() < 0.5:  # a stretch to fill between fixed bars
            start, stop = sorted(rng.integers(0, beats + 1, 2))
            hidden[:] = False
            hidden[start:stop] = True
    if kind >= whole and rng.random() < 0.12:
        # A band without a name: what guidance towards a style, a density and instruments pushes away from.
        globals_[:] = True
    return hidden, globals_, weight
