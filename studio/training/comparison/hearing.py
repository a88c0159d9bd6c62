"""What both small systems hear of a sound in place of MERT, whose weights may train nothing that is given away.

Rows of a fixed transform: how strongly each semitone from E2 to B5 sounds, frame by frame of zero mean and unit
variance as FastSAG wants its features, with rows of level, of low and high level, and of onset. Nothing is learnt.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.ml.fastsag.config import CONTRACT, FastSAGConfig, PerceiverConfig, UNetConfig, WaveNetConfig
from studio.ml.fastsag.model import FastSAG

_LOWEST, _SEMITONES = 40, 44
ROWS = _SEMITONES + 4
_N_FFT, _HOP = 4096, 320
_FLOOR = 1e-3

#: FastSAG with networks of 1.2 million weights and clips of 2 s.
SIZES = FastSAGConfig(
    semantic=WaveNetConfig(ROWS, 4),
    perceiver=PerceiverConfig(depth=1, latents=4, dim=16, heads=1, head_dim=16),
    prior=WaveNetConfig(CONTRACT.n_mels, 2),
    unet=UNetConfig(dim=8, heads=4, head_dim=16),
    clip_samples=48_000,
    padded_frames=192,
)


class Hearing(nn.Module):
    """See the module."""

    bank: Tensor
    window: Tensor
    low: Tensor
    high: Tensor

    def __init__(self) -> None:
        super().__init__()
        hz = torch.arange(_N_FFT // 2 + 1) * CONTRACT.sample_rate / _N_FFT
        pitch = 69 + 12 * torch.log2(hz.clamp(min=1.0) / 440.0)
        centres = torch.arange(_LOWEST, _LOWEST + _SEMITONES)
        # A bin counts for the semitones within a half tone of it; at the bottom a semitone is less than a bin wide.
        self.register_buffer("bank", (1 - (pitch[None] - centres[:, None]).abs()).clamp(min=0.0))
        self.register_buffer("window", torch.hann_window(_N_FFT))
        self.register_buffer("low", (hz < 200.0).float())
        self.register_buffer("high", (hz > 3000.0).float())

    def forward(self, audio: Tensor) -> Tensor:
        """float32 [B, T] at 24 kHz -> [B, ROWS, T // 320], 75 frames a second."""
        side = _N_FFT // 2
        padded = functional.pad(audio, (side, side))
        power = torch.stft(padded, _N_FFT, _HOP, window=self.window, center=False, return_complex=True)
        power = power.abs()[..., : audio.shape[-1] // _HOP] / _N_FFT**0.5
        rows = torch.log(self.bank @ power + _FLOOR)
        spread = rows.std(1, keepdim=True)
        rows = (rows - rows.mean(1, keepdim=True)) / (spread + 0.1)
        levels = torch.stack(
            [torch.log((power.square() * w[:, None]).mean(1) + _FLOOR**2)
             for w in (torch.ones_like(self.low), self.low, self.high)], dim=1,
        )  # fmt: skip
        onset = functional.relu(levels[:, :1, 1:] - levels[:, :1, :-1])
        onset = functional.pad(onset, (1, 0))
        return torch.cat([rows, 0.2 * levels + 1.0, onset], dim=1)


class SmallFastSAG(FastSAG):
    """FastSAG's architecture, hearing as above, the features laid on the mel's frames by resizing (its first branch).

    MERT and BigVGAN are left out: nobody may ship the one, and what would speak for the other is no part of a
    comparison of two generators.
    """

    def __init__(self, config: FastSAGConfig = SIZES) -> None:
        super().__init__(config, "resize")
        del self.vocoder, self.wav2vec
        self.hearing = Hearing()

    def semantic_features(self, vocal: Tensor) -> Tensor:
        """[B, T] scaled -> [B, ROWS, frames]."""
        return self.hearing(vocal.to(self.device))
