"""The noise a score is drawn from. The same noise gives the same song, so a candidate keeps its noise, and
noise part of the way to other noise gives a relative (arXiv:2506.04852 crosses candidates so)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from studio.core.candidate import NoiseStep
from studio.core.score import COLUMNS, GLOBALS, N_COLUMNS

#: Noise of one score, standard normal: [L, 21, 2] (choice, moment) and, for the globals, [7].
Noise = tuple[Tensor, Tensor]


def fresh_noise(seed: int, candidate: int, beats: int) -> Noise:
    """Noise of a seed; its rows do not depend on the length."""
    rng = np.random.default_rng([seed, candidate])
    globals_ = rng.standard_normal(len(GLOBALS))
    tokens = rng.standard_normal((beats, N_COLUMNS, 2))
    return torch.from_numpy(tokens).float(), torch.from_numpy(globals_).float()


def noise_of(steps: Sequence[NoiseStep], beats: int) -> Noise:
    """The noise that a recipe's layers add up to; each is laid over those before along the sphere (slerp), which
    keeps the noise standard normal."""
    tokens, globals_ = torch.zeros(beats, N_COLUMNS, 2), torch.zeros(len(GLOBALS))
    for step in steps:
        new_tokens, new_globals = fresh_noise(step.seed, step.candidate, beats)
        angle = 0.5 * math.pi * step.amount
        keep, take = math.cos(angle), math.sin(angle)
        if step.beats is None:
            tokens, globals_ = keep * tokens + take * new_tokens, keep * globals_ + take * new_globals
            continue
        rows = slice(*step.beats)
        for name in step.columns:
            part = (rows, COLUMNS[name])
            tokens[part] = keep * tokens[part] + take * new_tokens[part]
    return tokens, globals_
