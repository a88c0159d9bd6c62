"""The note-driven vocoder: mel and excitation in, waveform out.

The excitation (excitation.py) brings pitch and timing; the network predicts, for every bin of a short STFT,
how much of it and how much noise to let through, and a small phase turn. Gains start at the difference
between the wanted mel and the excitation's own mel, so that an untrained network already sounds roughly
right.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torchaudio.functional import melscale_fbanks

from studio.ml.blocks import KERNEL, ConvNeXtBlock
from studio.ml.mel import MelContract, log_mel, normalise

#: The filter STFT: half the mel's window and hop, for sharp attacks.
FILTER_N_FFT = 1024
FILTER_HOP = 256
#: The kind of the drum stem, whose attacks need every sub-frame; held notes do not.
DRUMS = 0


@dataclass(frozen=True)
class VocoderConfig:
    """Sizes of the network; `kinds` counts the stem kinds it tells apart."""

    dim: int = 256
    layers: int = 6
    kinds: int = 4

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _frames_stft(audio: Tensor, window: Tensor) -> Tensor:
    """Audio [B, T], T in whole hops -> complex [B, bins, T / hop], frame j centred on (j + 1/2) hop."""
    side = (FILTER_N_FFT - FILTER_HOP) // 2
    padded = nn.functional.pad(audio, (side, side))
    return torch.stft(padded, FILTER_N_FFT, FILTER_HOP, window=window, center=False, return_complex=True)


def _overlap_add(spectrum: Tensor, window: Tensor) -> Tensor:
    """The inverse of `_frames_stft`, normalised by the summed squared window."""
    frames = torch.fft.irfft(spectrum, dim=1) * window[:, None]
    count = frames.shape[-1]
    length = (count - 1) * FILTER_HOP + FILTER_N_FFT
    fold = {"output_size": (1, length), "kernel_size": (1, FILTER_N_FFT), "stride": (1, FILTER_HOP)}
    audio = nn.functional.fold(frames, **fold)[:, 0, 0]
    weight = nn.functional.fold((window**2)[None, :, None].expand(1, -1, count), **fold)[:, 0, 0]
    side = (FILTER_N_FFT - FILTER_HOP) // 2
    return (audio / weight.clamp(min=1e-3))[:, side : length - side]


@lru_cache(maxsize=4)
def _bin_weights(contract: MelContract) -> Tensor:
    """[bins, M]: for each filter bin, how it averages the mel bands around it (rows sum to 1)."""
    bank = melscale_fbanks(
        FILTER_N_FFT // 2 + 1, contract.f_min, contract.f_max, contract.n_mels, contract.sample_rate,
        mel_scale="slaney",
    )  # fmt: skip
    # Narrow low bands may miss every coarse bin: give each bin at least its nearest band.
    centres = (bank * torch.arange(len(bank))[:, None]).sum(0) / bank.sum(0).clamp(min=1e-6)
    for i, row in enumerate(bank):
        if row.sum() < 1e-3:
            row[(centres - i).abs().argmin()] = 1.0
    return bank / bank.sum(1, keepdim=True)


@lru_cache(maxsize=4)
def _noise_mel(contract: MelContract) -> Tensor:
    """Mean log-mel [M] of unit white noise."""
    noise = torch.randn(1, 4 * contract.sample_rate, generator=torch.Generator().manual_seed(0))
    return log_mel(noise, contract).mean(-1)[0]


def _without_alternation(x: Tensor) -> Tensor:
    """Averages (1, 2, 1) / 4 along the last axis: removes the line at the mel's hop rate, heard as buzz."""
    padded = torch.cat([x[..., :1], x, x[..., -1:]], dim=-1)
    return 0.25 * padded[..., :-2] + 0.5 * x + 0.25 * padded[..., 2:]


class Vocoder(nn.Module):
    """Mel [B, M, F] + excitation and noise [B, F * hop] -> audio [B, F * hop]."""

    window: Tensor
    bin_weights: Tensor
    noise_mel: Tensor

    def __init__(self, config: VocoderConfig, contract: MelContract) -> None:
        super().__init__()
        self.config, self.contract = config, contract
        self.sub = contract.hop_length // FILTER_HOP
        self.bins = FILTER_N_FFT // 2 + 1
        self.input = nn.Conv1d(2 * contract.n_mels, config.dim, KERNEL, padding=KERNEL // 2)
        self.kind = nn.Embedding(config.kinds, config.dim)
        self.blocks = nn.ModuleList(ConvNeXtBlock(config.dim) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.dim)
        self.head = nn.Linear(config.dim, self.sub * 3 * self.bins)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("window", torch.hann_window(FILTER_N_FFT), persistent=False)
        self.register_buffer("bin_weights", _bin_weights(contract), persistent=False)
        self.register_buffer("noise_mel", _noise_mel(contract), persistent=False)

    @property
    def receptive_frames(self) -> int:
        """Mel frames each side that a frame's output depends on."""
        return (self.config.layers + 1) * (KERNEL // 2) + 4

    def forward(self, mel: Tensor, excitation: Tensor, noise: Tensor, kind: Tensor) -> Tensor:
        """
        Args:
            mel: natural log-mel of the wanted sound, [B, M, F].
            excitation, noise: [B, F * hop].
            kind: stem index [B].
        """
        source_mel = log_mel(excitation, self.contract)
        h = self.input(torch.cat([normalise(mel), normalise(source_mel)], dim=1)) + self.kind(kind)[..., None]
        for block in self.blocks:
            h = block(h)
        out = self.head(self.norm(h.transpose(1, 2))).float()  # [B, F, sub * 3 * bins]
        batch, frames, _ = out.shape
        out = out.reshape(batch, frames * self.sub, 3, self.bins).permute(2, 0, 3, 1)
        out = torch.where((kind == DRUMS)[None, :, None, None], out, _without_alternation(out))
        start_gain = self._to_bins(mel.float() - source_mel)
        noise_gain = self._to_bins(mel.float() - self.noise_mel[:, None]) - 2.5
        gain = torch.exp((start_gain + out[0]).clamp(-14.0, 8.0))
        noise_gain = torch.exp((noise_gain + out[1]).clamp(-14.0, 8.0))
        turn = torch.polar(gain, 0.5 * math.pi * torch.tanh(out[2]))
        spectrum = turn * _frames_stft(excitation, self.window) + noise_gain * _frames_stft(
            noise, self.window
        )
        return _overlap_add(spectrum, self.window)

    def _to_bins(self, mel: Tensor) -> Tensor:
        """Log-mel differences [B, M, F] -> [B, bins, F * sub], linear between frames."""
        binned = torch.matmul(self.bin_weights, mel)
        return nn.functional.interpolate(binned, scale_factor=self.sub, mode="linear")
