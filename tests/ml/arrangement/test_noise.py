"""Layers of noise: laid over each other along the sphere, by the true angle where they are relatives."""

from __future__ import annotations

import math

import pytest
import torch

from studio.core.candidate import GLOBALS_NOISE, NoiseStep
from studio.core.noise_layers import NOISE_COLUMNS, layers, needed
from studio.core.score import COLUMNS
from studio.ml.arrangement.noise import fresh_noise, noise_of, slerp

BEATS = 16
A = (NoiseStep(1, 0), NoiseStep(2, 0, 0.25))
B = (NoiseStep(1, 0), NoiseStep(3, 0, 0.25), NoiseStep(4, 1, 1.0, (0, 8), ("drums", "bass")))


def test_halfway_between_orthogonal_vectors_lies_the_diagonal_and_relatives_keep_their_length() -> None:
    x, y = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    assert slerp(x, y, 0.5).tolist() == pytest.approx([math.sqrt(2), math.sqrt(2)])
    near = torch.tensor([2 * math.cos(0.4), 2 * math.sin(0.4)])
    assert slerp(x, near, 0.25).tolist() == pytest.approx([2 * math.cos(0.1), 2 * math.sin(0.1)])
    assert slerp(x, x, 0.5).tolist() == pytest.approx([2.0, 0.0])
    assert slerp(x, -x, 0.25).tolist() == [2.0, 0.0]
    assert torch.equal(slerp(x, y, 0.0), x)
    assert torch.equal(slerp(x, y, 1.0), y)


def test_a_blend_of_relatives_is_as_near_to_both_and_as_long_as_they_are() -> None:
    a, b = noise_of(A, 400)[0], noise_of(B[:2], 400)[0]
    mixed = noise_of((*A, NoiseStep(9, 9, 0.5, (0, 400), tuple(COLUMNS), B[:2])), 400)[0]

    def near(x: torch.Tensor, y: torch.Tensor) -> float:
        return float((x * y).sum() / x.norm() / y.norm())

    assert near(a, b) > 0.8  # cos(pi/8)^2, as they share their first layer
    assert near(mixed, a) == pytest.approx(near(mixed, b), abs=0.01)
    assert near(mixed, a) == pytest.approx(math.cos(math.acos(near(a, b)) / 2), abs=0.01)
    assert float(mixed.std()) == pytest.approx(1.0, abs=0.02)  # 1.05 and more with the angle of strangers


def test_another_candidates_noise_laid_over_some_columns_is_its_own_there_and_nowhere_else() -> None:
    step = NoiseStep(9, 9, 1.0, (0, BEATS), ("bass", GLOBALS_NOISE), B)
    tokens, globals_ = noise_of((*A, step), BEATS)
    assert torch.equal(tokens[:, COLUMNS["bass"]], noise_of(B, BEATS)[0][:, COLUMNS["bass"]])
    assert torch.equal(tokens[:, COLUMNS["drums"]], noise_of(A, BEATS)[0][:, COLUMNS["drums"]])
    assert torch.equal(globals_, noise_of(B, BEATS)[1])


def test_layers_without_another_parent_are_what_they_were() -> None:
    tokens, globals_ = noise_of((NoiseStep(1, 0), NoiseStep(2, 0, 0.25)), BEATS)
    (x, u), (y, v) = fresh_noise(1, 0, BEATS), fresh_noise(2, 0, BEATS)
    keep, take = math.cos(math.pi / 8), math.sin(math.pi / 8)
    assert torch.equal(tokens, keep * x + take * y)
    assert torch.equal(globals_, keep * u + take * v)


@pytest.mark.parametrize("columns", [("bass",), ("lead", "chord"), (GLOBALS_NOISE,), NOISE_COLUMNS])
def test_layers_that_are_left_out_were_hidden(columns: tuple[str, ...]) -> None:
    deep = (
        *A,
        NoiseStep(7, 2, 1.0, (0, BEATS), ("bass", "lead", GLOBALS_NOISE), B),
        NoiseStep(8, 0, 0.5, (0, BEATS), ("bass", "drums"), A),
        NoiseStep(8, 1, 1.0, (4, 8), ("bass", "harmony")),
        NoiseStep(8, 2, 1.0, (0, BEATS), ("lead",)),
    )
    fewer = needed(deep, columns, BEATS)
    (tokens, globals_), (wanted, wanted_globals) = noise_of(fewer, BEATS), noise_of(deep, BEATS)
    for name in columns:
        if name == GLOBALS_NOISE:
            assert torch.equal(globals_, wanted_globals)
        else:
            assert torch.equal(tokens[:, COLUMNS[name]], wanted[:, COLUMNS[name]])
    assert layers(fewer) <= layers(deep)


def test_what_was_drawn_anew_throughout_has_one_layer() -> None:
    assert needed((*B, NoiseStep(8, 2, 1.0, (0, BEATS), ("lead",))), ("lead",), BEATS) == (
        NoiseStep(8, 2, 1.0, (0, BEATS), ("lead",)),
    )
    assert needed((NoiseStep(5, 0, 1.0, (0, BEATS), ("lead", "bass"), B),), ("lead",), BEATS) == B[:2]
