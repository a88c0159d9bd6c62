"""FastSAG's WaveNet: columns of dilated convolutions side by side rather than one after the other.

Column i has dilation 2^i throughout; its block in one stack feeds its block in the next, and columns meet only at
the very end, where the last stack's skip convolutions are summed. Not causal: a frame sees both sides.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio.ml.fastsag.config import WaveNetConfig


class _Block(nn.Module):
    """h = conv(x); y = tanh(h) sigmoid(h) + conv1x1(x); the last stack gives conv1x1(y)."""

    def __init__(self, dim: int, dilation: int, *, last: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(dim, dim, 3, padding=dilation, dilation=dilation)
        self.res_conv = nn.Conv1d(dim, dim, 1)
        self.skip_conv = nn.Conv1d(dim, dim, 1) if last else None

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv(x)
        y = torch.tanh(h) * torch.sigmoid(h) + self.res_conv(x)
        return y if self.skip_conv is None else self.skip_conv(y)


class _Stack(nn.Module):
    def __init__(self, config: WaveNetConfig, *, last: bool) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(_Block(config.dim, 2**i, last=last) for i in range(config.layers))


class WaveNet(nn.Module):
    """[B, dim, F] -> [B, dim, F]."""

    def __init__(self, config: WaveNetConfig) -> None:
        super().__init__()
        self.init_conv = nn.Conv1d(config.dim, config.dim, 3, padding=1)
        self.stacks = nn.ModuleList(_Stack(config, last=i == config.stacks - 1) for i in range(config.stacks))
        self.final_conv = nn.Conv1d(config.dim, config.dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        start = self.init_conv(x)
        total = torch.zeros_like(start)
        # Column by column rather than stack by stack: one intermediate is held instead of eight.
        for column in zip(*(stack.blocks for stack in self.stacks), strict=True):
            y = start
            for block in column:
                y = block(y)
            total = total + y
        return self.final_conv(total)
