"""EDM's pieces against hand-computed values and a distribution with a known answer."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from studio.ml.edm import EDMConfig, edm_loss, precondition, sample_euler, sigma_schedule

PAPER = EDMConfig()


def test_schedule_runs_from_max_to_min_then_zero() -> None:
    sigmas = sigma_schedule(PAPER, 51)
    assert len(sigmas) == 52
    assert float(sigmas[0]) == pytest.approx(80.0, rel=1e-5)
    assert float(sigmas[50]) == pytest.approx(0.002, rel=1e-4)
    assert float(sigmas[51]) == 0.0
    middle = (0.5 * (80 ** (1 / 7) + 0.002 ** (1 / 7))) ** 7
    assert float(sigmas[25]) == pytest.approx(middle, rel=1e-4)


def test_preconditioning_by_hand() -> None:
    seen: list[Tensor] = []

    def network(x: Tensor, sigma: Tensor) -> Tensor:
        seen.append(x)
        return torch.ones_like(x)

    out = precondition(network, PAPER)(torch.full((1, 1, 1), 2.0), torch.tensor([0.5]))
    assert float(seen[0]) == pytest.approx(2.0 / math.sqrt(0.5))
    assert float(out) == pytest.approx(0.5 * 2.0 + 0.25 / math.sqrt(0.5))


def _ideal(mean: float, deviation: float) -> object:
    """The best denoiser of N(mean, deviation^2)."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        s = sigma.reshape(-1, 1, 1)
        return (deviation**2 * x + s**2 * mean) / (deviation**2 + s**2)

    return denoise


def test_sampling_with_the_ideal_denoiser_gives_the_distribution() -> None:
    torch.manual_seed(0)
    sigmas = sigma_schedule(PAPER, 100)
    noise = torch.randn(4000, 1, 1) * sigmas[0]
    drawn = sample_euler(_ideal(0.7, 0.5), noise, sigmas)  # type: ignore[arg-type]
    assert float(drawn.mean()) == pytest.approx(0.7, abs=0.04)
    assert float(drawn.std()) == pytest.approx(0.5, rel=0.06)


def test_the_ideal_denoiser_has_the_lower_loss() -> None:
    clean = 0.5 * torch.randn(2000, 1, 1, generator=torch.Generator().manual_seed(1))
    losses = []
    for mean in (0.0, 1.0):
        torch.manual_seed(2)
        losses.append(float(edm_loss(_ideal(mean, 0.5), clean, PAPER)))  # type: ignore[arg-type]
    assert losses[0] < losses[1]


def test_a_mask_hides_errors() -> None:
    clean = torch.zeros(1, 1, 4)
    mask = torch.tensor([1.0, 1.0, 0.0, 0.0])

    def wrong_where_masked(x: Tensor, sigma: Tensor) -> Tensor:
        return (1 - mask) * 100.0 + 0 * x

    assert float(edm_loss(wrong_where_masked, clean, PAPER, mask=mask)) == 0.0
