"""A FastSAG of every part, small and random."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from studio.ml.fastsag.config import (
    FastSAGConfig,
    HubertConfig,
    PerceiverConfig,
    UNetConfig,
    WaveNetConfig,
)
from studio.ml.fastsag.model import FastSAG
from studio.ml.sound.bigvgan import BigVGANConfig

TINY = FastSAGConfig(
    HubertConfig(conv_dim=16, dim=24, heads=2, feed_forward=32, layers=8, position_groups=4),
    WaveNetConfig(24, 2, 3),
    PerceiverConfig(depth=1, latents=4, dim=16, heads=2, head_dim=8),
    WaveNetConfig(100, 1, 2),
    UNetConfig(dim=8, heads=2, head_dim=4),
    BigVGANConfig(channels=64, block_kernels=(3,), dilations=(1,)),
    clip_samples=24_000,
    padded_frames=96,
)


def randomise(model: torch.nn.Module, seed: int = 0) -> None:
    """Opens the gates and spreads the normalisations, which start at values that hide mistakes."""
    draws = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim <= 1:
                p.add_(0.1 * torch.randn(p.shape, generator=draws))


@pytest.fixture(scope="session")
def _tiny() -> FastSAG:
    torch.manual_seed(0)
    model = FastSAG(TINY)
    randomise(model)
    return model.requires_grad_(False).eval()


@pytest.fixture
def tiny(_tiny: FastSAG) -> Iterator[FastSAG]:
    yield _tiny
    _tiny.half_precision = False  # as engines set it
