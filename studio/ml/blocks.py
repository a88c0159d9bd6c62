"""The ConvNeXt block of every frame network here: local, cheap on a CPU, the same at any song length."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

KERNEL = 7


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution, then a pointwise MLP with a residual (Liu et al. 2022, arXiv:2201.03545).

    LayerNorm runs over channels only, so a frame's output depends on KERNEL // 2 neighbours each side and
    nothing else: long songs can be computed in stretches that agree exactly.
    """

    def __init__(
        self, dim: int, *, expansion: int = 3, condition_dim: int = 0, layer_scale: float = 0.2
    ) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(dim, dim, KERNEL, padding=KERNEL // 2, groups=dim)
        self.norm = nn.LayerNorm(dim, elementwise_affine=condition_dim == 0)
        self.condition = nn.Linear(condition_dim, 2 * dim) if condition_dim else None
        if self.condition is not None:
            nn.init.zeros_(self.condition.weight)
            nn.init.zeros_(self.condition.bias)
        self.up = nn.Linear(dim, expansion * dim)
        self.down = nn.Linear(expansion * dim, dim)
        self.scale = nn.Parameter(torch.full((dim,), layer_scale))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """[B, F, C] -> [B, F, C]; `condition` [B, D] modulates scale and shift."""
        # As an image one pixel high, in channels-last layout: twice as fast as conv1d, and nothing is transposed.
        image = nn.functional.conv2d(
            x.transpose(1, 2)[:, :, None], self.depthwise.weight[:, :, None], self.depthwise.bias,
            padding=(0, KERNEL // 2), groups=x.shape[-1],
        )  # fmt: skip
        h = self.norm(image[:, :, 0].transpose(1, 2))
        if self.condition is not None and condition is not None:
            scale, shift = self.condition(condition)[:, None].chunk(2, dim=-1)
            h = h * (1 + scale) + shift
        h = self.down(nn.functional.gelu(self.up(h)))
        return x + self.scale * h


def frames_first(x: Tensor) -> Tensor:
    """[B, C, F] -> [B, F, C], contiguous: the layout of the blocks."""
    return x.transpose(1, 2).contiguous()


class LevelEmbedding(nn.Module):
    """Sinusoidal embedding of ln(sigma) / 4 and a small MLP (EDM's c_noise; Grad-TTS's embedding)."""

    rates: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("rates", torch.exp(torch.linspace(0.0, math.log(1000.0), 32)), persistent=False)
        self.mlp = nn.Sequential(nn.Linear(64, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, sigma: Tensor) -> Tensor:
        """Noise levels [B] -> [B, dim]."""
        phase = (sigma.log() / 4)[:, None] * self.rates
        return self.mlp(torch.cat([phase.sin(), phase.cos()], dim=-1))
