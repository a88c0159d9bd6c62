"""Losses of the sound stages, on tones."""

from __future__ import annotations

import numpy as np
import torch

from studio.core.arrangement import Note
from studio.ml.excitation import excite
from studio.ml.mel import MelContract
from studio.ml.mel_model import MelModel, MelModelConfig
from studio.ml.vocoder import Vocoder, VocoderConfig
from studio.training.sounds import StemSound, mel_batch, to_mels, wave_batch
from studio.training.train_sound import mel_losses, spectral_loss, vocoder_losses

CPU = torch.device("cpu")
CONTRACT = MelContract()


def _sound() -> StemSound:
    notes = tuple(Note(0.4 * i, 0.4 * i + 0.35, 48 + 3 * i, 90) for i in range(6))
    frames = 512 * 210
    source, _ = excite("harmony", notes, seed=0, start=0, frames=frames)
    t = np.arange(frames) / 44100
    audio = sum(
        0.2 * np.sin(2 * np.pi * 440 * 2 ** ((n.pitch - 69) / 12) * t) * (t > n.start_s) * (t < n.end_s)
        for n in notes
    )
    return StemSound(
        "harmony", "piano", notes, (audio / 2 * 32767).astype(np.int16), source.astype(np.float16)
    )


def test_spectral_loss_is_zero_only_for_equal_sounds() -> None:
    sound = torch.from_numpy(_sound().audio[None, :40000].astype(np.float32) / 32767)
    assert float(spectral_loss(sound, sound)) < 1e-6
    assert float(spectral_loss(0.5 * sound, sound)) > 0.1


def test_losses_fall() -> None:
    sound = _sound()
    mels = to_mels(sound, CONTRACT)
    torch.manual_seed(0)
    networks = {
        "mel": MelModel(MelModelConfig(dim=24, prior_layers=1, denoiser_layers=1), CONTRACT),
        "vocoder": Vocoder(VocoderConfig(dim=24, layers=1), CONTRACT),
    }
    for name, network in networks.items():
        optimiser = torch.optim.Adam(network.parameters(), 3e-3)
        losses = []
        for step in range(24):
            rng = np.random.default_rng(step)
            if isinstance(network, MelModel):
                loss = mel_losses(network, mel_batch([mels], rng, 2, 64), CPU)["loss"]
            else:
                loss = vocoder_losses(network, wave_batch([sound], rng, 2, 512 * 24), CPU)["loss"]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss.detach()))
        assert np.mean(losses[-6:]) < 0.9 * np.mean(losses[:6]), name
