"""PerceiverIO (Jaegle et al. 2022, arXiv:2107.14795): from semantic frames to mel frames.

A few latents attend to the 749 semantic frames, then to each other; one learnt query a mel frame attends to the
latents and gives that frame's bands. Residual sums everywhere but at the queries.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.ml.fastsag.config import PerceiverConfig


class _Attention(nn.Module):
    def __init__(self, config: PerceiverConfig, context_dim: int) -> None:
        super().__init__()
        inner = config.heads * config.head_dim
        self.heads = config.heads
        self.to_q = nn.Linear(config.dim, inner, bias=False)
        self.to_kv = nn.Linear(context_dim, 2 * inner, bias=False)
        self.to_out = nn.Linear(inner, config.dim)

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        k, v = self.to_kv(x if context is None else context).chunk(2, dim=-1)
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (self.to_q(x), k, v))
        return self.to_out(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class _FeedForward(nn.Module):
    """Four times as wide inside, gated by a GELU of its other half (GEGLU, arXiv:2002.05202)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.net = nn.ModuleList([nn.Linear(dim, 8 * dim), nn.Identity(), nn.Linear(4 * dim, dim)])

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.net[0](x).chunk(2, dim=-1)
        return self.net[2](value * functional.gelu(gate))


class _Normalised(nn.Module):
    """`fn` of what was normalised first: the input, and the context where there is one."""

    def __init__(self, fn: nn.Module, dim: int, context_dim: int | None = None) -> None:
        super().__init__()
        self.fn = fn
        self.norm = nn.LayerNorm(dim)
        self.norm_context = nn.LayerNorm(context_dim) if context_dim else None

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        if self.norm_context is None:
            return self.fn(self.norm(x))
        return self.fn(self.norm(x), self.norm_context(context))


class PerceiverIO(nn.Module):
    """[B, input_dim, frames] -> [B, n_mels, queries]."""

    def __init__(self, config: PerceiverConfig, input_dim: int, queries: int, n_mels: int) -> None:
        super().__init__()
        dim = config.dim
        self.latents = nn.Parameter(torch.randn(config.latents, dim))
        self.queries = nn.Parameter(torch.randn(queries, dim))
        self.cross_attend_blocks = nn.ModuleList(
            [_Normalised(_Attention(config, input_dim), dim, input_dim), _Normalised(_FeedForward(dim), dim)]
        )
        self.layers = nn.ModuleList(
            nn.ModuleList([_Normalised(_Attention(config, dim), dim), _Normalised(_FeedForward(dim), dim)])
            for _ in range(config.depth)
        )
        self.decoder_cross_attn = _Normalised(_Attention(config, dim), dim, dim)
        self.to_logits = nn.Linear(dim, n_mels)

    def forward(self, features: Tensor) -> Tensor:
        attend, feed_forward = self.cross_attend_blocks
        latents = self.latents.expand(len(features), -1, -1)
        latents = latents + attend(latents, features.transpose(1, 2))
        latents = latents + feed_forward(latents)
        for layer in self.layers:
            attend, feed_forward = cast(nn.ModuleList, layer)
            latents = latents + attend(latents)
            latents = latents + feed_forward(latents)
        queries = self.queries.expand(len(features), -1, -1)
        return self.to_logits(self.decoder_cross_attn(queries, latents)).transpose(1, 2)
