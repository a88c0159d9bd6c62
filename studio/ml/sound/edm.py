"""EDM (Karras et al. 2022, arXiv:2206.00364): preconditioning, noise levels, loss, samplers.

A sampler is a function of a denoiser, the starting noise and falling noise levels, so that any of them serves
any network. Euler costs one call of the network a level, Heun two but for the last, DPM-Solver++(2M) one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

#: Maps (noisy, sigma [B]) to an estimate of the clean value.
Denoiser = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class EDMConfig:
    """Table 1 of the paper: FastSAG keeps its values; a residual, as in the band model, needs less noise.

    `identity_at` is the level at which the denoiser returns its input untouched: 0 in the paper, `sigma_min` in
    consistency models (arXiv:2303.01469, appendix C) and in FastSAG.
    """

    sigma_data: float = 0.5
    p_mean: float = -1.2
    p_std: float = 1.2
    sigma_min: float = 0.002
    sigma_max: float = 80.0
    rho: float = 7.0
    identity_at: float = 0.0


def _expand(sigma: Tensor, like: Tensor) -> Tensor:
    return sigma.reshape(-1, *[1] * (like.ndim - 1))


def precondition(network: Denoiser, config: EDMConfig) -> Denoiser:
    """D(x; sigma) = c_skip x + c_out F(c_in x; sigma), equation 7.

    With `identity_at` = e: c_skip = d^2 / ((sigma - e)^2 + d^2), c_out = (sigma - e) d / sqrt(sigma^2 + d^2).
    """

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        s, d = _expand(sigma, x), config.sigma_data
        above = s - config.identity_at
        c_in = (s.square() + d**2).rsqrt()
        c_skip, c_out = d**2 / (above.square() + d**2), above * d * c_in
        return c_skip * x + c_out * network(c_in * x, sigma)

    return denoise


def noised(clean: Tensor, config: EDMConfig) -> tuple[Tensor, Tensor, Tensor]:
    """`clean` with noise of random levels, the levels [B], and lambda(sigma) in a shape to weight errors by."""
    draw = torch.randn(len(clean), device=clean.device)
    sigma = torch.exp(config.p_mean + config.p_std * draw)
    noisy = clean + _expand(sigma, clean) * torch.randn_like(clean)
    weight = (sigma.square() + config.sigma_data**2) / (sigma * config.sigma_data).square()
    return noisy, sigma, _expand(weight, clean)


def edm_loss(denoise: Denoiser, clean: Tensor, config: EDMConfig, *, mask: Tensor | None = None) -> Tensor:
    """Equation 8 with ln sigma ~ N(p_mean, p_std); `mask` weights elements of `clean`."""
    noisy, sigma, weight = noised(clean, config)
    error = weight * (denoise(noisy, sigma) - clean).square()
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


def _levels_left(sigmas: Tensor) -> Iterator[tuple[int, tuple[Tensor, Tensor]]]:
    """Each level and the next, and how many steps follow. To ask a level whether it is 0 would wait for a GPU."""
    return zip(range(len(sigmas) - 2, -1, -1), pairwise(sigmas), strict=True)


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


def sample_heun(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, *, on_step: Callable[[], None] | None = None
) -> Tensor:
    """Second-order sampler without churn (Algorithm 1): Euler's step, corrected by the slope at its end.

    Arguments as of `sample_euler`; `on_step` is called after each call of the network, 2 n - 1 for n levels.
    """
    for left, (now, after) in _levels_left(sigmas):
        slope = (x - denoise(x, now.expand(len(x)).to(x.device))) / now
        if on_step:
            on_step()
        trial = x + slope * (after - now)
        if left:
            end = (trial - denoise(trial, after.expand(len(x)).to(x.device))) / after
            if on_step:
                on_step()
            trial = x + 0.5 * (slope + end) * (after - now)
        x = trial
    return x


def sample_dpmpp_2m(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, *, on_step: Callable[[], None] | None = None
) -> Tensor:
    """DPM-Solver++(2M), Algorithm 2 of Lu et al. 2022 (arXiv:2211.01095), in EDM's noise levels (alpha = 1).

    A multistep solver in lambda = -ln sigma: the estimate is extrapolated with the one before, so that second
    order costs no further call. The first step and the one to 0 are of first order. Arguments as of
    `sample_euler`.
    """
    last: tuple[Tensor, Tensor] | None = None  # the level and the estimate of the step before
    for left, (now, after) in _levels_left(sigmas):
        estimate = denoise(x, now.expand(len(x)).to(x.device))
        ahead = estimate
        if last is not None and left:
            before, previous = last
            ratio = torch.log(before / now) / torch.log(now / after)
            ahead = estimate + (estimate - previous) / (2 * ratio)
        x = ahead + (x - ahead) * (after / now)
        last = now, estimate
        if on_step:
            on_step()
    return x
