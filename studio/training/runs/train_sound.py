"""Losses and scores of the mel model (prior projection and denoiser) and the note-driven vocoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio.ml.sound.edm import edm_loss
from studio.ml.sound.mel import log_mel
from studio.ml.sound.mel_model import EDM, RESIDUAL_SCALE, MelModel
from studio.ml.sound.vocoder import Vocoder
from studio.training.runs.loop import mean_losses
from studio.training.sounds.sounds import MelCrops, WaveCrops

#: Frames (hops) of a crop.
MEL_CROP, WAVE_CROP = 160, 64
#: Held-out batches of a score; `MelCrops` and `WaveCrops` draw them with their own seed.
_SCORED = 4


def mel_losses(model: MelModel, batch: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Prior loss (L1 to mu) plus EDM loss of the residual, weight 1 each after FastSAG section 3.5."""
    with torch.autocast(device.type, torch.bfloat16):
        mu, hidden = model.prior(batch["features"], batch["source"], batch["instrument"])
        mu = mu.float()
        residual = RESIDUAL_SCALE * (batch["target"] - mu.detach())
        denoise = model.denoiser(mu.detach(), hidden, batch["instrument"])
        diffusion = edm_loss(lambda x, s: denoise(x, s).float(), residual, EDM)
    prior = (batch["target"] - mu).abs().mean()
    return {
        "prior": prior,
        "diffusion": diffusion,
        "residual": residual.std(),
        "loss": 10 * prior + diffusion,
    }


def mel_scores(network: nn.Module, held_out: MelCrops, device: torch.device) -> dict[str, float]:
    """Mean losses of the same held-out crops every time."""
    assert isinstance(network, MelModel)
    torch.manual_seed(98)
    return mean_losses([mel_losses(network, _drawn(held_out, i, device), device) for i in range(_SCORED)])


def _drawn(crops: MelCrops | WaveCrops, step: int, device: torch.device) -> dict[str, Tensor]:
    return crops.batch({name: value.to(device) for name, value in crops(step).items()})


_RESOLUTIONS = (128, 256, 512, 1024, 2048, 4096)


def spectral_loss(made: Tensor, wanted: Tensor) -> Tensor:
    """Multi-resolution STFT loss: L1 of log magnitudes plus spectral convergence (Yamamoto et al. 2020)."""
    total = torch.zeros((), device=made.device)
    for n_fft in _RESOLUTIONS:
        window = torch.hann_window(n_fft, device=made.device)
        a, b = (
            torch.stft(x, n_fft, n_fft // 4, window=window, return_complex=True).abs() / n_fft**0.5
            for x in (made, wanted)
        )
        total = total + (torch.log(a + 1e-4) - torch.log(b + 1e-4)).abs().mean()
        total = total + (a - b).norm() / b.norm().clamp(min=1e-3)
    return total / len(_RESOLUTIONS)


def vocoder_losses(model: Vocoder, batch: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Spectral loss and mel L1 of crops."""
    mel = log_mel(batch["audio"], model.contract)
    with torch.autocast(device.type, torch.bfloat16):
        made = model(mel, batch["excitation"], batch["noise"], batch["kind"]).float()
    spectral = spectral_loss(made, batch["audio"])
    mel_error = (log_mel(made, model.contract) - mel).abs().mean()
    return {"spectral": spectral, "mel": mel_error, "loss": spectral + 0.5 * mel_error}


def vocoder_scores(network: nn.Module, held_out: WaveCrops, device: torch.device) -> dict[str, float]:
    """Mean losses of the same held-out crops every time."""
    assert isinstance(network, Vocoder)
    torch.manual_seed(97)
    return mean_losses([vocoder_losses(network, _drawn(held_out, i, device), device) for i in range(_SCORED)])
