"""Grad-TTS's score network (Popov et al. 2021, arXiv:2105.06337): a U-Net over mel and time as an image.

Its input is the prior mel beside the noisy mel. A mask [B, 1, frames] keeps what lies past the clip out of every
convolution; attention over all positions costs linear time (arXiv:1812.01243). Level 1's skip is made and never
used, as in the original: two upsamplings serve three levels.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from studio.ml.fastsag.config import UNetConfig


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=1), nn.GroupNorm(groups, outputs), nn.Mish()
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.block(x * mask) * mask


class _ResidualBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, time_dim: int, groups: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Mish(), nn.Linear(time_dim, outputs))
        self.block1 = _Block(inputs, outputs, groups)
        self.block2 = _Block(outputs, outputs, groups)
        self.res_conv = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, mask: Tensor, time: Tensor) -> Tensor:
        h = self.block1(x, mask) + self.mlp(time)[..., None, None]
        return self.block2(h, mask) + self.res_conv(x * mask)


class _LinearAttention(nn.Module):
    """softmax over positions of k, times v, is a small matrix that every q reads."""

    def __init__(self, dim: int, config: UNetConfig) -> None:
        super().__init__()
        inner = config.heads * config.head_dim
        self.heads = config.heads
        self.to_qkv = nn.Conv2d(dim, 3 * inner, 1, bias=False)
        self.to_out = nn.Conv2d(inner, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.to_qkv(x).flatten(2).unflatten(1, (3, self.heads, -1)).unbind(1)
        context = torch.matmul(k.softmax(-1), v.transpose(-1, -2))  # [B, heads, d, e]
        y = torch.matmul(context.transpose(-1, -2), q)
        return self.to_out(y.flatten(1, 2).unflatten(-1, x.shape[-2:]))


class _ReZero(nn.Module):
    """g f(x) with g from 0 (arXiv:2003.04887): a network that was never trained still has every g at 0."""

    def __init__(self, fn: nn.Module) -> None:
        super().__init__()
        self.fn = fn
        self.g = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.fn(x) * self.g


class _Residual(nn.Module):
    def __init__(self, fn: nn.Module) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fn(x)


class _Resample(nn.Module):
    def __init__(self, conv: nn.Module) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


def _attention(dim: int, config: UNetConfig) -> nn.Module:
    return _Residual(_ReZero(_LinearAttention(dim, config)))


def time_embedding(position: Tensor, dim: int, scale: float = 1000.0) -> Tensor:
    """Sines, then cosines, of scale * position at dim / 2 rates from 1 down to 1/10000; [B] -> [B, dim]."""
    half = dim // 2
    rates = torch.exp(torch.arange(half, device=position.device) * (-math.log(10000.0) / (half - 1)))
    angles = scale * position[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class UNet(nn.Module):
    """Predicts F of EDM's equation 7 for a noisy mel, given the prior mel."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        dim, groups = config.dim, config.groups
        self.dim = dim
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.Mish(), nn.Linear(4 * dim, dim))
        widths = (2, dim, 2 * dim, 4 * dim)
        self.downs = nn.ModuleList()
        for level in range(3):
            before, after = widths[level], widths[level + 1]
            self.downs.append(
                nn.ModuleList(
                    [
                        _ResidualBlock(before, after, dim, groups),
                        _ResidualBlock(after, after, dim, groups),
                        _attention(after, config),
                        _Resample(nn.Conv2d(after, after, 3, 2, 1)) if level < 2 else nn.Identity(),
                    ]
                )
            )
        widest = widths[-1]
        self.mid_block1 = _ResidualBlock(widest, widest, dim, groups)
        self.mid_attn = _attention(widest, config)
        self.mid_block2 = _ResidualBlock(widest, widest, dim, groups)
        self.ups = nn.ModuleList(
            nn.ModuleList(
                [
                    _ResidualBlock(2 * widths[level + 1], widths[level], dim, groups),
                    _ResidualBlock(widths[level], widths[level], dim, groups),
                    _attention(widths[level], config),
                    _Resample(nn.ConvTranspose2d(widths[level], widths[level], 4, 2, 1)),
                ]
            )
            for level in (2, 1)
        )
        self.final_block = _Block(dim, dim, groups)
        self.final_conv = nn.Conv2d(dim, 1, 1)

    def forward(self, noisy: Tensor, sigma: Tensor, mu: Tensor, mask: Tensor) -> Tensor:
        """
        Args:
            noisy: mel scaled by c_in, [B, M, frames]; M and frames multiples of 4.
            sigma: noise levels [B].
            mu: the prior mel, shaped like `noisy`.
            mask: [B, 1, frames], 1 inside the clip.
        """
        time = self.mlp(time_embedding(sigma.log() / 4, self.dim))
        full = mask[:, None]
        masks = [full, full[..., ::2], full[..., ::4]]
        x = torch.stack([mu, noisy], dim=1)
        skips = []
        for modules, level in zip(self.downs, masks, strict=True):
            first, second, attention, shrink = cast(nn.ModuleList, modules)
            x = attention(second(first(x, level, time), level, time))
            skips.append(x)
            x = shrink(x * level)
        x = self.mid_block2(self.mid_attn(self.mid_block1(x, masks[2], time)), masks[2], time)
        for modules, level in zip(self.ups, masks[:0:-1], strict=True):
            first, second, attention, grow = cast(nn.ModuleList, modules)
            x = torch.cat([x, skips.pop()], dim=1)
            x = grow(attention(second(first(x, level, time), level, time)) * level)
        x = self.final_block(x, full)
        return (self.final_conv(x * full) * full)[:, 0]
