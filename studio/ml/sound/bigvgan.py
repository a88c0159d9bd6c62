"""BigVGAN (Lee et al. 2023, arXiv:2206.04658): mel in, waveform out, for any mel of the same contract.

Transposed convolutions raise the rate; at each rate three residual blocks with periodic activations (SnakeBeta)
sum. An activation makes harmonics beyond the band, so each runs at twice the rate between two 12-tap filters.
Names and shapes are those of NVIDIA's public weights (MIT), generations 1 and 2: v2 has no bias and no tanh at its end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.ml.sound.mel import MelContract

_TAPS = 12


@dataclass(frozen=True)
class BigVGANConfig:
    """Sizes; the defaults are bigvgan_24khz_100band. `version` 2 ends in a clamp instead of bias and tanh."""

    n_mels: int = 100
    channels: int = 1536
    rates: tuple[int, ...] = (4, 4, 2, 2, 2, 2)
    kernels: tuple[int, ...] = (8, 8, 4, 4, 4, 4)
    block_kernels: tuple[int, ...] = (3, 7, 11)
    dilations: tuple[int, ...] = (1, 3, 5)
    version: int = 1

    @property
    def hop_length(self) -> int:
        return math.prod(self.rates)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BigVGANConfig:
        """The inverse of `as_dict`, also after a trip through JSON."""
        sizes: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**sizes)


#: The public weights by name, with the mel each was made for.
PUBLIC: Mapping[str, tuple[BigVGANConfig, MelContract]] = {
    "bigvgan_24khz_100band": (BigVGANConfig(), MelContract(24000, 1024, 256, 100, 0.0, 12000.0)),
    "bigvgan_v2_24khz_100band_256x": (
        BigVGANConfig(version=2),
        MelContract(24000, 1024, 256, 100, 0.0, 12000.0),
    ),
    "bigvgan_v2_44khz_128band_512x": (
        BigVGANConfig(128, 1536, (8, 4, 2, 2, 2, 2), (16, 8, 4, 4, 4, 4), version=2),
        MelContract(44100, 2048, 512, 128, 0.0, 22050.0),
    ),
}


def lowpass_taps() -> Tensor:
    """Half-band Kaiser-windowed sinc, float32 [12]: cutoff 1/4 and transition 0.6 of half the doubled rate.

    Kaiser's formulas give the attenuation of that length, 51 dB, and the window's beta from it (StyleGAN3,
    arXiv:2106.12423, appendix C).
    """
    half = _TAPS // 2
    attenuation = 2.285 * (half - 1) * math.pi * 4 * 0.3 + 7.95
    beta = 0.1102 * (attenuation - 8.7)
    time = torch.arange(-half, half) + 0.5
    taps = torch.kaiser_window(_TAPS, periodic=False, beta=beta) * torch.sinc(0.5 * time)
    return taps / taps.sum()


class _WeightNorm(nn.Module):
    """A convolution's weight as direction v and length g of each first-axis slice; keys weight_g, weight_v, bias."""

    def __init__(self, first: int, second: int, kernel: int, *, bias: int) -> None:
        super().__init__()
        self.weight_v = nn.Parameter(nn.init.kaiming_normal_(torch.empty(first, second, kernel)))
        self.weight_g = nn.Parameter(self.weight_v.detach().norm(dim=(1, 2), keepdim=True))
        self.bias = nn.Parameter(torch.zeros(bias)) if bias else None

    @property
    def weight(self) -> Tensor:
        return self.weight_g * self.weight_v / self.weight_v.norm(dim=(1, 2), keepdim=True)


class _Conv(_WeightNorm):
    """Same-length convolution."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, dilation: int = 1, *, bias: bool = True
    ) -> None:
        super().__init__(outputs, inputs, kernel, bias=outputs if bias else 0)
        self.dilation, self.padding = dilation, dilation * (kernel - 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv1d(x, self.weight, self.bias, padding=self.padding, dilation=self.dilation)


class _Upsampler(_WeightNorm):
    """Transposed convolution to exactly `rate` times the length."""

    def __init__(self, inputs: int, outputs: int, kernel: int, rate: int) -> None:
        super().__init__(inputs, outputs, kernel, bias=outputs)
        self.rate, self.padding = rate, (kernel - rate) // 2

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv_transpose1d(x, self.weight, self.bias, stride=self.rate, padding=self.padding)


class SnakeBeta(nn.Module):
    """x + sin^2(a x) / b with a and b learnt a channel, kept as logarithms."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.alpha.exp()[:, None], self.beta.exp()[:, None]
        return x + torch.sin(x * a).square() / (b + 1e-9)


class _Filter(nn.Module):
    """Holds the 12 taps as the buffer `filter`, as the public weights do."""

    filter: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filter", lowpass_taps()[None, None])


class _Up(_Filter):
    """Twice the rate: zeros between samples, then the filter, in its two phases so that no zero is multiplied."""

    def forward(self, x: Tensor) -> Tensor:
        taps = self.filter[0, 0].flip(0)
        zero = taps.new_zeros(1)
        phases = torch.stack([torch.cat([taps[0::2], zero]), torch.cat([zero, taps[1::2]])])
        rows = functional.pad(x.reshape(-1, 1, x.shape[-1]), (3, 3), mode="replicate")
        both = functional.conv1d(rows, 2 * phases[:, None])  # [B C, 2, T]
        return both.transpose(1, 2).reshape(*x.shape[:-1], -1)


class _Down(nn.Module):
    """Half the rate: the filter, then every other sample."""

    def __init__(self) -> None:
        super().__init__()
        self.lowpass = _Filter()

    def forward(self, x: Tensor) -> Tensor:
        rows = functional.pad(x.reshape(-1, 1, x.shape[-1]), (_TAPS // 2 - 1, _TAPS // 2), mode="replicate")
        return functional.conv1d(rows, self.lowpass.filter, stride=2).reshape(*x.shape[:-1], -1)


class _Activation(nn.Module):
    """SnakeBeta at twice the rate."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.act = SnakeBeta(channels)
        self.upsample, self.downsample = _Up(), _Down()

    def forward(self, x: Tensor) -> Tensor:
        return self.downsample(self.act(self.upsample(x)))


class _ResidualBlock(nn.Module):
    """Anti-aliased multi-periodicity block (AMP): for each dilation two convolutions, each after an activation."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(_Conv(channels, channels, kernel, d) for d in dilations)
        self.convs2 = nn.ModuleList(_Conv(channels, channels, kernel) for _ in dilations)
        self.activations = nn.ModuleList(_Activation(channels) for _ in range(2 * len(dilations)))

    def forward(self, x: Tensor) -> Tensor:
        pairs = zip(self.activations[0::2], self.activations[1::2], strict=True)
        for first, second, (before, between) in zip(self.convs1, self.convs2, pairs, strict=True):
            x = x + second(between(first(before(x))))
        return x


class BigVGAN(nn.Module):
    """Natural log-mel [B, M, F] -> float32 audio [B, F * hop], -1 to 1."""

    def __init__(self, config: BigVGANConfig) -> None:
        super().__init__()
        self.config = config
        self.conv_pre = _Conv(config.n_mels, config.channels, 7)
        self.ups = nn.ModuleList()
        self.resblocks = nn.ModuleList()
        channels = config.channels
        for rate, kernel in zip(config.rates, config.kernels, strict=True):
            self.ups.append(nn.ModuleList([_Upsampler(channels, channels // 2, kernel, rate)]))
            channels //= 2
            self.resblocks.extend(_ResidualBlock(channels, k, config.dilations) for k in config.block_kernels)
        self.activation_post = _Activation(channels)
        self.conv_post = _Conv(channels, 1, 7, bias=config.version == 1)

    @property
    def receptive_frames(self) -> int:
        """Mel frames each side that a sample may depend on, rounded up."""
        config, reach, rate = self.config, 3.0, 1
        for up, kernel in zip(config.rates, config.kernels, strict=True):
            reach += kernel / up / rate
            rate *= up
            convs = sum((max(config.block_kernels) - 1) // 2 * (d + 1) for d in config.dilations)
            reach += (convs + 2 * len(config.dilations) * _TAPS / 2) / rate
        return math.ceil(reach) + 1

    def forward(self, mel: Tensor) -> Tensor:
        x = self.conv_pre(mel)
        size = len(self.config.block_kernels)
        for level, up in enumerate(self.ups):
            x = cast(nn.ModuleList, up)[0](x)
            x = sum(block(x) for block in self.resblocks[level * size : (level + 1) * size]) / size
        x = self.conv_post(self.activation_post(x)).float()[:, 0]
        return torch.tanh(x) if self.config.version == 1 else x.clamp(-1.0, 1.0)
