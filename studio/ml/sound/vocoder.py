"""The note-driven vocoder: mel and excitation in, waveform out.

The excitation (excitation.py) brings pitch and timing; the network predicts, for every bin of a short STFT,
how much of it and how much noise to let through, and a small phase turn. Gains start at the difference
between the wanted mel and the excitation's own mel, so that an untrained network already sounds roughly
right. Held notes are filtered with long windows, drums with short ones: what a filter spreads in time is heard
before a stroke, and the stroke's pitch comes from the excitation anyway.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torchaudio.functional import melscale_fbanks

from studio.ml.blocks import KERNEL, ConvNeXtBlock, frames_first
from studio.ml.sound.mel import MelContract, log_mel, normalise

#: The kind of the drum stem.
DRUMS = 0
#: Samples over which the network is told the excitation's level: where in a mel frame a stroke falls.
_FINE_HOP = 64
#: Overlapping filter frames at any moment.
_OVERLAPS = 4


@dataclass(frozen=True)
class VocoderConfig:
    """Sizes of the network; `kinds` counts the stem kinds it tells apart.

    `tonal_n_fft` and `drum_n_fft` are the windows of the two filters, whose hops are a quarter of them.
    """

    dim: int = 256
    layers: int = 6
    kinds: int = 4
    tonal_n_fft: int = 1024
    drum_n_fft: int = 256

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _bin_weights(contract: MelContract, n_fft: int) -> Tensor:
    """[bins, M]: for each filter bin, how it averages the mel bands around it (rows sum to 1)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of bands between two coarse bins, which are dealt with here
        bank = melscale_fbanks(
            n_fft // 2 + 1, contract.f_min, contract.f_max, contract.n_mels, contract.sample_rate,
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
    """Averages (1, 2, 1) / 4 along axis 1: removes the line at the mel's hop rate, heard as buzz."""
    padded = torch.cat([x[:, :1], x, x[:, -1:]], dim=1)
    return 0.25 * (padded[:, :-2] + padded[:, 2:]) + 0.5 * x


class SpectralFilter(nn.Module):
    """Filters excitation and noise bin by bin of a short STFT, with gains predicted from the trunk's state.

    `smooth` takes changes from sub-frame to sub-frame out of the gains.
    """

    window: Tensor
    bin_weights: Tensor
    noise_mel: Tensor

    def __init__(self, dim: int, n_fft: int, contract: MelContract, *, smooth: bool) -> None:
        super().__init__()
        self.n_fft, self.hop, self.smooth = n_fft, n_fft // _OVERLAPS, smooth
        self.sub = contract.hop_length // self.hop
        self.bins = n_fft // 2 + 1
        self.head = nn.Linear(dim, self.sub * 3 * self.bins)
        nn.init.normal_(self.head.weight, std=1e-3)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        self.register_buffer("bin_weights", _bin_weights(contract, n_fft), persistent=False)
        self.register_buffer("noise_mel", _noise_mel(contract), persistent=False)

    def forward(
        self, hidden: Tensor, mel: Tensor, source_mel: Tensor, excitation: Tensor, noise: Tensor
    ) -> Tensor:
        """
        Args:
            hidden: [B, F, dim].
            mel, source_mel: natural log-mels of the wanted sound and of the excitation, [B, M, F].
            excitation, noise: [B, F * hop of the contract].

        Returns:
            audio like `excitation`.
        """
        batch, frames, _ = hidden.shape
        # Everything here has a row a sub-frame, as the STFT has: [B, F * sub, bins].
        parts = self.head(hidden).float().reshape(batch, frames * self.sub, 3, self.bins)
        gain, noise_gain, turn = (_without_alternation(parts) if self.smooth else parts).unbind(2)
        wanted, noise_level = self._to_bins(mel.float()), torch.mv(self.bin_weights, self.noise_mel)
        gain = torch.exp((wanted - self._to_bins(source_mel) + gain).clamp(-14.0, 8.0))
        noise_gain = torch.exp((wanted - noise_level - 2.5 + noise_gain).clamp(-14.0, 8.0))
        # pi/2 tanh(x), whose sigmoid form is several times as fast on a CPU.
        turn = math.pi * torch.sigmoid(2.0 * turn) - 0.5 * math.pi
        source, hiss = torch.view_as_real(self._stft(excitation)), torch.view_as_real(self._stft(noise))
        real, imaginary = gain * torch.cos(turn), gain * torch.sin(turn)
        spectrum = torch.complex(
            real * source[..., 0] - imaginary * source[..., 1] + noise_gain * hiss[..., 0],
            real * source[..., 1] + imaginary * source[..., 0] + noise_gain * hiss[..., 1],
        )
        return self._overlap_add(spectrum)

    def _to_bins(self, mel: Tensor) -> Tensor:
        """Log-mels [B, M, F] -> [B, F * sub, bins], linear between frames."""
        between = nn.functional.interpolate(mel, scale_factor=self.sub, mode="linear")
        return torch.matmul(between.transpose(1, 2), self.bin_weights.T)

    def _stft(self, audio: Tensor) -> Tensor:
        """Audio [B, T], T in whole hops -> complex [B, T / hop, bins], frame j centred on (j + 1/2) hop."""
        side = (self.n_fft - self.hop) // 2
        padded = nn.functional.pad(audio, (side, side))
        return torch.fft.rfft(padded.unfold(-1, self.n_fft, self.hop) * self.window)

    def _overlap_add(self, spectrum: Tensor) -> Tensor:
        """The inverse of `_stft`, normalised by the summed squared window."""
        frames = torch.fft.irfft(spectrum) * self.window
        batch, count, _ = frames.shape
        rows = frames.reshape(batch, count, _OVERLAPS, self.hop)
        squares = self.window.square().reshape(_OVERLAPS, self.hop)
        audio = frames.new_zeros(batch, count + _OVERLAPS - 1, self.hop)
        weight = self.window.new_zeros(count + _OVERLAPS - 1, self.hop)
        for i in range(_OVERLAPS):
            audio[:, i : i + count] += rows[:, :, i]
            weight[i : i + count] += squares[i]
        side = (self.n_fft - self.hop) // 2
        audio = (audio / weight.clamp(min=1e-3)).reshape(batch, -1)
        return audio[:, side : side + count * self.hop]


class Vocoder(nn.Module):
    """Mel [B, M, F] + excitation and noise [B, F * hop] -> audio [B, F * hop]."""

    def __init__(self, config: VocoderConfig, contract: MelContract) -> None:
        super().__init__()
        self.config, self.contract = config, contract
        self.input = nn.Conv1d(2 * contract.n_mels, config.dim, KERNEL, padding=KERNEL // 2)
        self.strokes = nn.Conv1d(contract.hop_length // _FINE_HOP, config.dim, 3, padding=1)
        self.kind = nn.Embedding(config.kinds, config.dim)
        self.blocks = nn.ModuleList(ConvNeXtBlock(config.dim) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.dim)
        self.tonal = SpectralFilter(config.dim, config.tonal_n_fft, contract, smooth=True)
        self.drums = SpectralFilter(config.dim, config.drum_n_fft, contract, smooth=False)

    @property
    def receptive_frames(self) -> int:
        """Mel frames each side that a frame's output depends on."""
        return (self.config.layers + 1) * (KERNEL // 2) + 4

    def forward(
        self, mel: Tensor, excitation: Tensor, noise: Tensor, kind: Tensor, source_mel: Tensor | None = None
    ) -> Tensor:
        """
        Args:
            mel: natural log-mel of the wanted sound, [B, M, F].
            excitation, noise: [B, F * hop].
            kind: stem index [B]; best on the CPU, since sorting the rows by it would wait for a GPU.
            source_mel: log-mel of the excitation, [B, M, F], where it is known already.
        """
        if source_mel is None:
            source_mel = log_mel(excitation, self.contract)
        h = self.input(torch.cat([normalise(mel), normalise(source_mel)], dim=1))
        h = frames_first(h + self.strokes(self._levels(excitation)) + self.kind(kind.to(h.device))[..., None])
        for block in self.blocks:
            h = block(h)
        h = self.norm(h)
        audio = torch.empty_like(excitation)
        for bank, chosen in ((self.drums, kind == DRUMS), (self.tonal, kind != DRUMS)):
            rows = chosen.nonzero()[:, 0]
            if len(rows):
                audio[rows] = bank(h[rows], mel[rows], source_mel[rows], excitation[rows], noise[rows])
        return audio

    def _levels(self, excitation: Tensor) -> Tensor:
        """Level of the excitation within each frame, [B, T] -> about unit range, [B, hop / _FINE_HOP, F]."""
        blocks = excitation.reshape(len(excitation), -1, self.contract.hop_length // _FINE_HOP, _FINE_HOP)
        return (torch.log(blocks.square().mean(-1) + 1e-6) / 6.0 + 1.0).transpose(1, 2)
