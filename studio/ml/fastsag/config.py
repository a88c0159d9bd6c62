"""The sizes of FastSAG (arXiv:2405.07682), the paper's as defaults, and of the smaller copies one can train at home.

Everything with a length follows from the clip: 10 s at 24 kHz are 240,000 samples, 937 mel frames (held in 1,024,
which the U-Net can halve) and 749 semantic frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from studio.ml.sound.bigvgan import BigVGANConfig
from studio.ml.sound.edm import EDMConfig
from studio.ml.sound.mel import MelContract

#: How a vocal's 768 semantic rows become 100 mel rows: an image resized, or queries that attend to them.
SemanticToMel = Literal["perceiver", "resize"]

#: BigVGAN's 24 kHz contract.
CONTRACT = MelContract(24000, 1024, 256, 100, 0.0, 12000.0)
EDM = EDMConfig(identity_at=0.002)


@dataclass(frozen=True)
class HubertConfig:
    """HuBERT base; `taken_layer` is the index in hidden_states that MERT's features are read from."""

    conv_dim: int = 512
    dim: int = 768
    heads: int = 12
    feed_forward: int = 3072
    layers: int = 12
    position_kernel: int = 128
    position_groups: int = 16
    taken_layer: int = 7


@dataclass(frozen=True)
class WaveNetConfig:
    """Columns of `layers` dilations 1, 2, 4 ..., `stacks` blocks deep."""

    dim: int
    stacks: int
    layers: int = 8


@dataclass(frozen=True)
class PerceiverConfig:
    """PerceiverIO: latents attend to the input, queries attend to the latents."""

    depth: int = 6
    latents: int = 32
    dim: int = 256
    heads: int = 8
    head_dim: int = 128


@dataclass(frozen=True)
class UNetConfig:
    """Grad-TTS's score network; levels have dim, 2 dim and 4 dim channels."""

    dim: int = 64
    heads: int = 4
    head_dim: int = 32
    groups: int = 8


@dataclass(frozen=True)
class FastSAGConfig:
    """All parts. `prior.dim` is the number of mel bands and `semantic.dim` that of HuBERT."""

    hubert: HubertConfig = HubertConfig()
    semantic: WaveNetConfig = WaveNetConfig(768, 8)
    perceiver: PerceiverConfig = PerceiverConfig()
    prior: WaveNetConfig = WaveNetConfig(100, 4)
    unet: UNetConfig = UNetConfig()
    vocoder: BigVGANConfig = field(default_factory=BigVGANConfig)
    clip_samples: int = 240_000
    padded_frames: int = 1024

    @property
    def frames(self) -> int:
        """Mel frames of a clip."""
        return self.clip_samples // CONTRACT.hop_length

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FastSAGConfig:
        """The inverse of `as_dict`, also after a trip through JSON."""
        return cls(
            HubertConfig(**values["hubert"]),
            WaveNetConfig(**values["semantic"]),
            PerceiverConfig(**values["perceiver"]),
            WaveNetConfig(**values["prior"]),
            UNetConfig(**values["unet"]),
            BigVGANConfig.from_dict(values["vocoder"]),
            values["clip_samples"],
            values["padded_frames"],
        )


#: Clips of 2 s in networks of a thousandth of the weights: for trying the training on two cores, not for its sound.
SMALL = FastSAGConfig(
    HubertConfig(conv_dim=16, dim=48, heads=4, feed_forward=96, layers=8, position_groups=4),
    WaveNetConfig(48, 2),
    PerceiverConfig(depth=2, latents=32, dim=48, heads=4, head_dim=12),
    WaveNetConfig(100, 1),
    UNetConfig(dim=8, heads=2, head_dim=8),
    BigVGANConfig(channels=64),
    clip_samples=48_000,
    padded_frames=192,
)
