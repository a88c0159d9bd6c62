"""HuBERT base (Hsu et al. 2021, arXiv:2106.07447) as an encoder, for the weights of MERT-v1-95M.

Names and shapes are those of the public weights, so that they load strictly: a strided convolution over samples,
a convolution that tells positions, and transformer layers that normalise after each residual sum. No layer past
`taken_layer` is run. The semantic features of FastSAG are one hidden state, normalised frame by frame.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from studio.ml.fastsag.config import HubertConfig

#: (kernel, stride) of the convolutions over samples: one frame every 320.
CONVOLUTIONS = ((10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2))


class _ConvLayer(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, *, first: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, kernel, stride, bias=False)
        self.layer_norm = nn.GroupNorm(outputs, outputs) if first else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.layer_norm is not None:
            x = self.layer_norm(x)
        return functional.gelu(x)


class _FeatureExtractor(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv_layers = nn.ModuleList(
            _ConvLayer(1 if i == 0 else dim, dim, kernel, stride, first=i == 0)
            for i, (kernel, stride) in enumerate(CONVOLUTIONS)
        )

    def forward(self, audio: Tensor) -> Tensor:
        x = audio[:, None]
        for layer in self.conv_layers:
            x = layer(x)
        return x.transpose(1, 2)


class _FeatureProjection(nn.Module):
    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(config.conv_dim)
        self.projection = nn.Linear(config.conv_dim, config.dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.projection(self.layer_norm(x))


class _Positions(nn.Module):
    """A wide grouped convolution whose output tells where a frame stands; an even kernel gives one frame too many."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        kernel = config.position_kernel
        conv = nn.Conv1d(config.dim, config.dim, kernel, padding=kernel // 2, groups=config.position_groups)
        self.conv = weight_norm(conv, dim=2)
        self._extra = 1 - kernel % 2

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x.transpose(1, 2))
        return functional.gelu(y[..., : y.shape[-1] - self._extra]).transpose(1, 2)


class _Attention(nn.Module):
    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (
            nn.Linear(config.dim, config.dim) for _ in range(4)
        )

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            projection(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        attended = functional.scaled_dot_product_attention(q, k, v)
        return self.out_proj(attended.transpose(1, 2).flatten(2))


class _FeedForward(nn.Module):
    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.intermediate_dense = nn.Linear(config.dim, config.feed_forward)
        self.output_dense = nn.Linear(config.feed_forward, config.dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.output_dense(functional.gelu(self.intermediate_dense(x)))


class _Layer(nn.Module):
    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.attention = _Attention(config)
        self.layer_norm = nn.LayerNorm(config.dim)
        self.feed_forward = _FeedForward(config)
        self.final_layer_norm = nn.LayerNorm(config.dim)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer_norm(x + self.attention(x))
        return self.final_layer_norm(x + self.feed_forward(x))


class _Encoder(nn.Module):
    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.pos_conv_embed = _Positions(config)
        self.layer_norm = nn.LayerNorm(config.dim)
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))

    def forward(self, x: Tensor, taken_layer: int) -> Tensor:
        x = self.layer_norm(x + self.pos_conv_embed(x))
        for layer in self.layers[:taken_layer]:
            x = layer(x)
        return x


class Hubert(nn.Module):
    """Audio [B, T] -> hidden state `taken_layer`, [B, frames, dim]; state 0 is what the first layer is given."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.config = config
        #: Stands for masked frames in HuBERT's own training; kept because the public weights hold it.
        self.masked_spec_embed = nn.Parameter(torch.zeros(config.dim))
        self.feature_extractor = _FeatureExtractor(config.conv_dim)
        self.feature_projection = _FeatureProjection(config)
        self.encoder = _Encoder(config)

    def forward(self, audio: Tensor) -> Tensor:
        projected = self.feature_projection(self.feature_extractor(audio))
        return self.encoder(projected, self.config.taken_layer)


def frames(samples: int) -> int:
    """How many frames `samples` give: 749 for 240,000."""
    for kernel, stride in CONVOLUTIONS:
        samples = (samples - kernel) // stride + 1
    return samples


def semantic_features(hubert: Hubert, audio: Tensor) -> Tensor:
    """FastSAG's view of a sound.

    Args:
        audio: float32 [B, T] at 24 kHz, scaled by `scale_audio`.

    Returns:
        [B, dim, frames]: each frame has zero mean and unit unbiased variance over its rows (eps 1e-7).
    """
    hidden = hubert(audio).float()
    centred = hidden - hidden.mean(-1, keepdim=True)
    return (centred / torch.sqrt(hidden.var(-1, keepdim=True) + 1e-7)).transpose(1, 2)
