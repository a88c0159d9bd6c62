"""EDM's pieces against hand-computed values and a distribution with a known answer."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from studio.ml.sound.edm import (
    EDMConfig,
    edm_loss,
    precondition,
    sample_dpmpp_2m,
    sample_euler,
    sample_heun,
    sigma_schedule,
)

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


def test_preconditioning_that_is_the_identity_at_sigma_min() -> None:
    denoise = precondition(lambda x, sigma: torch.ones_like(x), EDMConfig(identity_at=0.002))
    assert float(denoise(torch.full((1, 1), 2.0), torch.tensor([0.002]))) == 2.0
    # sigma 0.502: c_skip = 0.25 / (0.5^2 + 0.25), c_out = 0.5 * 0.5 / sqrt(0.502^2 + 0.25).
    out = float(denoise(torch.full((1, 1), 2.0), torch.tensor([0.502])))
    assert out == pytest.approx(0.5 * 2.0 + 0.25 / math.sqrt(0.502**2 + 0.25))


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


@pytest.mark.parametrize(("sampler", "low", "high"), [
    (sample_euler, 0.45, 0.55), (sample_heun, 0.15, 0.3), (sample_dpmpp_2m, 0.15, 0.3),
])  # fmt: skip
def test_orders_of_convergence(sampler: object, low: float, high: float) -> None:
    """Twice the steps halve the error of a first-order solver and quarter that of a second-order one.

    With the ideal denoiser of N(m, d^2) the path is known: x - m grows with sqrt(d^2 + sigma^2).
    """
    expected = 0.7 + (100.0 - 0.7) * 0.5 / math.sqrt(0.25 + 6400.0)
    errors = []
    for levels in (32, 64):
        sigmas = sigma_schedule(EDMConfig(sigma_min=0.01), levels).double()
        start = torch.full((1, 1, 1), 100.0, dtype=torch.float64)
        errors.append(abs(float(sampler(_ideal(0.7, 0.5), start, sigmas)) - expected))  # type: ignore[operator]
    assert low < errors[1] / errors[0] < high


def test_calls_of_the_network() -> None:
    for sampler, expected in ((sample_euler, 9), (sample_heun, 17), (sample_dpmpp_2m, 9)):
        calls: list[int] = []
        x = torch.ones(1, 1, 1)
        sampler(_ideal(0.0, 0.5), x, sigma_schedule(PAPER, 9), on_step=lambda seen=calls: seen.append(1))  # type: ignore[arg-type, misc]
        assert len(calls) == expected


def test_one_step_of_heun_by_hand() -> None:
    """From sigma 2 over 1 to 0, D(x) = x / (1 + sigma): slopes 1/3 x, then 0.5 x at the trial point."""
    drawn = sample_heun(lambda x, s: x / (1 + s), torch.tensor([3.0]), torch.tensor([2.0, 1.0, 0.0]))
    trial = 3.0 - 1.0  # slope (3 - 1) / 2 = 1
    corrected = 3.0 - 0.5 * (1.0 + (trial - trial / 2) / 1.0)
    assert float(drawn) == pytest.approx(corrected / 2)


def test_dpmpp_by_hand() -> None:
    """Levels 4, 2, 1, 0: both steps in lambda are ln 2, so that the second estimate is 1.5 new - 0.5 old."""
    drawn = sample_dpmpp_2m(
        lambda x, s: x / (1 + s), torch.tensor([10.0]), torch.tensor([4.0, 2.0, 1.0, 0.0])
    )
    old = 10.0 / 5
    x = old + (10.0 - old) / 2
    new = x / 3
    ahead = 1.5 * new - 0.5 * old
    x = ahead + (x - ahead) / 2
    assert float(drawn) == pytest.approx(x / 2)


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
