"""The log-mel spectrogram and its contract.

A checkpoint carries its contract, so that a vocoder is never fed a mel it was not made for. The default is
the one of BigVGAN-v2's public 44.1 kHz weights (128 bands, hop 512), which can therefore be dropped in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torchaudio.functional import melscale_fbanks

from studio.core.errors import StudioError
from studio.core.language import tr


@dataclass(frozen=True)
class MelContract:
    """How a mel is computed; always Slaney filters, Hann window, magnitude, ln clamped at 1e-5."""

    sample_rate: int = 44100
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    f_min: float = 0.0
    f_max: float = 22050.0

    def frames(self, samples: int) -> int:
        """Frames of a signal padded to whole hops."""
        return -(-samples // self.hop_length)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def check(self, other: MelContract, *, mine: str, others: str) -> None:
        """Raises StudioError unless both contracts are the same."""
        if self != other:
            raise StudioError(
                tr("The {mine} and the {others} do not match", mine=mine, others=others),
                seen=str(other),
                expected=str(self),
                todo=tr("choose another {mine}", mine=mine),
            )


#: ln(1e-5), the floor of every log-mel.
LOG_FLOOR = -11.512925


# Kept for each device: a copy to a GPU in every call would wait for all that it has still to do.
@lru_cache(maxsize=8)
@torch.inference_mode(False)
def _filters(contract: MelContract, device: torch.device) -> tuple[Tensor, Tensor]:
    bank = melscale_fbanks(
        contract.n_fft // 2 + 1, contract.f_min, contract.f_max, contract.n_mels, contract.sample_rate,
        norm="slaney", mel_scale="slaney",
    )  # fmt: skip
    return bank.to(device), torch.hann_window(contract.n_fft, device=device)


def log_mel(audio: Tensor, contract: MelContract, *, fill_last_hop: bool = True) -> Tensor:
    """Log-mel spectrogram.

    Args:
        audio: float32 [B, T], full scale 1.0.
        fill_last_hop: zero-pads the audio to whole hops, so that F = ceil(T / hop); else F = floor(T / hop).

    Returns:
        float32 [B, M, F], frame f centred on sample (f + 1/2) hop.
    """
    bank, window = _filters(contract, audio.device)
    hop = contract.hop_length
    padded = torch.nn.functional.pad(audio, (0, -audio.shape[-1] % hop)) if fill_last_hop else audio
    side = (contract.n_fft - hop) // 2
    mode = "reflect" if padded.shape[-1] > side else "constant"
    padded = torch.nn.functional.pad(padded[:, None], (side, side), mode=mode)[:, 0]
    spectrum = torch.stft(padded, contract.n_fft, hop, window=window, center=False, return_complex=True)
    magnitude = torch.sqrt(spectrum.real.square() + spectrum.imag.square() + 1e-9)
    return torch.log(torch.clamp(torch.matmul(bank.T, magnitude), min=1e-5))


def normalise(mel: Tensor) -> Tensor:
    """Log-mel -> about zero mean and 0.5 deviation (EDM's sigma_data) over sounding stems."""
    return (mel + 6.0) / 6.0


def denormalise(mel: Tensor) -> Tensor:
    """The inverse of `normalise`, clamped to the floor."""
    return torch.clamp(mel * 6.0 - 6.0, min=LOG_FLOOR)
