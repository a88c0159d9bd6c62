"""Drawing scores to look at: for evaluations, guards and the question whether an adapter changes anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from studio.core.score import Score
from studio.ml.arrangement.model import ArrangementModel, Condition
from studio.ml.arrangement.noise import fresh_noise
from studio.ml.arrangement.sampler import Wishes, sample_scores

#: Names the noise of these draws, which no request draws.
_SEED = 77_003


def draw_scores(
    model: nn.Module, conditions: Sequence[Condition], draws: int, check: Callable[[], None], first: int = 0
) -> list[list[Score]]:
    """`draws` scores for each condition (B = 1), always from the same noise; `first` numbers the first of them."""
    assert isinstance(model, ArrangementModel)
    drawn = []
    for number, condition in enumerate(conditions):
        beats = condition.melody.shape[1]
        noise = [fresh_noise(_SEED + number, first + i, beats) for i in range(draws)]
        drawn.append(sample_scores(model, condition, noise, Wishes(), on_step=check))
    return drawn


def token_distance(one: Score, other: Score) -> float:
    """Share of the tokens in which two scores of one vocal differ."""
    return float((one.tokens != other.tokens).mean())


def diversity(drawn: Sequence[Sequence[Score]]) -> float:
    """Mean distance of two draws for the same vocal."""
    distances = [token_distance(a, b) for scores in drawn for a, b in combinations(scores, 2)]
    return float(np.mean(distances)) if distances else 0.0


def condition_of_arrays(
    melody: NDArray[np.float32], place: NDArray[np.int64], song: NDArray[np.float32]
) -> Condition:
    """A condition (B = 1) of plain arrays [L, N_MELODY], [L] and [3]."""
    return Condition(*(torch.from_numpy(np.ascontiguousarray(a))[None] for a in (melody, place, song)))
