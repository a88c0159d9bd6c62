"""Training the mel model (prior projection and denoiser) and the note-driven vocoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from studio.ml.edm import edm_loss
from studio.ml.mel import log_mel
from studio.ml.mel_model import EDM, RESIDUAL_SCALE, MelModel
from studio.ml.vocoder import Vocoder
from studio.training.loop import LoopConfig, mean_losses, train
from studio.training.sounds import StemMels, StemSound, mel_batch, wave_batch

MEL_CROP_FRAMES = 160
WAVE_CROP_SAMPLES = 512 * 64


def mel_losses(model: MelModel, batch: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Prior loss (L1 to mu) plus EDM loss of the residual, weight 1 each after FastSAG section 3.5."""
    batch = {name: value.to(device, non_blocking=True) for name, value in batch.items()}
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


def train_mel(model: MelModel, mels: list[StemMels], held_out: list[StemMels], folder: Path, config: LoopConfig, *,
              batch: int, device: str) -> None:  # fmt: skip
    """Trains on random crops of `mels`."""
    place = torch.device(device)
    model.to(place)

    def loss_of_step(step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([config.seed, step])
        return mel_losses(model, mel_batch(mels, rng, batch, MEL_CROP_FRAMES), place)

    def evaluate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, MelModel)
        rng = np.random.default_rng(98)
        torch.manual_seed(98)
        scores = [mel_losses(network, mel_batch(held_out, rng, 16, MEL_CROP_FRAMES), place) for _ in range(4)]
        return mean_losses(scores)

    train(model, loss_of_step, folder, config, evaluate=evaluate)


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
    batch = {name: value.to(device, non_blocking=True) for name, value in batch.items()}
    mel = log_mel(batch["audio"], model.contract)
    with torch.autocast(device.type, torch.bfloat16):
        made = model(mel, batch["excitation"], batch["noise"], batch["kind"]).float()
    spectral = spectral_loss(made, batch["audio"])
    mel_error = (log_mel(made, model.contract) - mel).abs().mean()
    return {"spectral": spectral, "mel": mel_error, "loss": spectral + 0.5 * mel_error}


def train_vocoder(model: Vocoder, sounds: list[StemSound], held_out: list[StemSound], folder: Path,
                  config: LoopConfig, *, batch: int, device: str) -> None:  # fmt: skip
    """Trains on random crops of `sounds` with true mels."""
    place = torch.device(device)
    model.to(place)

    def loss_of_step(step: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([config.seed, step])
        return vocoder_losses(model, wave_batch(sounds, rng, batch, WAVE_CROP_SAMPLES), place)

    def evaluate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, Vocoder)
        rng = np.random.default_rng(97)
        scores = [
            vocoder_losses(network, wave_batch(held_out, rng, 16, WAVE_CROP_SAMPLES), place) for _ in range(4)
        ]
        return mean_losses(scores)

    train(model, loss_of_step, folder, config, evaluate=evaluate)
