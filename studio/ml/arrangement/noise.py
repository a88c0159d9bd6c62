"""The noise a score is drawn from. The same noise gives the same song, so a candidate keeps its noise, and
noise part of the way to other noise gives a relative (arXiv:2506.04852 crosses candidates so)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from studio.core.candidate import GLOBALS_NOISE, NoiseStep
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
    keeps the noise standard normal.

    Fresh noise is orthogonal to all there was. That of another candidate need not be, since relatives share layers: the
    angle between the two is measured then, for each group of columns (Shoemake, "Animating rotation with quaternion
    curves", SIGGRAPH 1985, eq. 3.3.1).
    """
    tokens, globals_ = torch.zeros(beats, N_COLUMNS, 2), torch.zeros(len(GLOBALS))
    for step in steps:
        if step.of:
            _lay_over(tokens, globals_, noise_of(step.of, beats), step)
            continue
        new_tokens, new_globals = fresh_noise(step.seed, step.candidate, beats)
        angle = 0.5 * math.pi * step.amount
        keep, take = math.cos(angle), math.sin(angle)
        if step.beats is None:
            tokens, globals_ = keep * tokens + take * new_tokens, keep * globals_ + take * new_globals
            continue
        rows = slice(*step.beats)
        for name in step.columns:
            if name == GLOBALS_NOISE:
                globals_ = keep * globals_ + take * new_globals
                continue
            part = (rows, COLUMNS[name])
            tokens[part] = keep * tokens[part] + take * new_tokens[part]
    return tokens, globals_


def slerp(a: Tensor, b: Tensor, amount: float) -> Tensor:
    """From a to b along the sphere, by their true angle; the length goes over in proportion.

    Opposite vectors have no arc between them: a stays then, for an amount below one half.
    """
    if amount in (0.0, 1.0):
        return b if amount else a
    lengths = float(a.norm()), float(b.norm())
    if not all(lengths):
        return a + amount * (b - a)
    unit = a / lengths[0], b / lengths[1]
    angle = math.acos(min(1.0, max(-1.0, float((unit[0] * unit[1]).sum()))))
    if angle < 1e-4:
        return a + amount * (b - a)
    if math.pi - angle < 1e-4:
        return a if amount < 0.5 else b
    sides = math.sin((1 - amount) * angle), math.sin(amount * angle)
    between = (sides[0] * unit[0] + sides[1] * unit[1]) / math.sin(angle)
    return between * (lengths[0] + amount * (lengths[1] - lengths[0]))


def _lay_over(tokens: Tensor, globals_: Tensor, other: Noise, step: NoiseStep) -> None:
    """Lays other noise over, in place."""
    rows = slice(None) if step.beats is None else slice(*step.beats)
    names = (*COLUMNS, GLOBALS_NOISE) if step.beats is None else step.columns
    for name in names:
        if name == GLOBALS_NOISE:
            globals_[:] = slerp(globals_, other[1], step.amount)
            continue
        part = (rows, COLUMNS[name])
        tokens[part] = slerp(tokens[part], other[0][part], step.amount)
