"""EDM (Karras et al. 2022, arXiv:2206.00364): preconditioning, noise levels, loss, sampler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

#: Maps (noisy, sigma [B]) to an estimate of the clean value.
Denoiser = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class EDMConfig:
    """Table 1 of the paper: FastSAG keeps its values; a residual, as in the band model, needs less noise."""

    sigma_data: float = 0.5
    p_mean: float = -1.2
    p_std: float = 1.2
    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0


def _expand(sigma: Tensor, like: Tensor) -> Tensor:
    return sigma.reshape(-1, *[1] * (like.ndim - 1))


def precondition(network: Denoiser, config: EDMConfig) -> Denoiser:
    """D(x; sigma) = c_skip x + c_out F(c_in x; sigma), equation 7."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        s, d = _expand(sigma, x), config.sigma_data
        total = s.square() + d**2
        c_skip, c_out, c_in = d**2 / total, s * d * total.rsqrt(), total.rsqrt()
        return c_skip * x + c_out * network(c_in * x, sigma)

    return denoise


def edm_loss(denoise: Denoiser, clean: Tensor, config: EDMConfig, *, mask: Tensor | None = None) -> Tensor:
    """Equation 8 with ln sigma ~ N(p_mean, p_std); `mask` weights elements of `clean`."""
    draw = torch.randn(len(clean), device=clean.device)
    sigma = torch.exp(config.p_mean + config.p_std * draw)
    noisy = clean + _expand(sigma, clean) * torch.randn_like(clean)
    weight = (sigma.square() + config.sigma_data**2) / (sigma * config.sigma_data).square()
    error = _expand(weight, clean) * (denoise(noisy, sigma) - clean).square()
    return error.mean() if mask is None else (error * mask).sum() / mask.expand_as(error).sum().clamp(min=1)


def sigma_schedule(config: EDMConfig, steps: int) -> Tensor:
    """Equation 5: `steps` levels from sigma_max to sigma_min, then 0; float32 [steps + 1]."""
    ramp = (
        torch.linspace(0, 1, steps, dtype=torch.float64) if steps > 1 else torch.zeros(1, dtype=torch.float64)
    )
    high, low = config.sigma_max ** (1 / config.rho), config.sigma_min ** (1 / config.rho)
    return torch.cat(
        [(high + ramp * (low - high)) ** config.rho, torch.zeros(1, dtype=torch.float64)]
    ).float()


def sample_euler(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, *, on_step: Callable[[], None] | None = None
) -> Tensor:
    """First-order sampler without churn (Algorithm 2 with S_churn = 0 and no correction).

    Args:
        denoise: maps (x, sigma [B]) to an estimate shaped like x.
        x: noise scaled by sigmas[0].
        sigmas: decreasing levels ending at 0.
        on_step: called after each step; may raise JobCancelled.
    """
    for now, after in pairwise(sigmas):
        estimate = denoise(x, now.expand(len(x)).to(x.device))
        x = estimate + (x - estimate) * (after / now)
        if on_step:
            on_step()
    return x
