"""Losses of the sound stages, on tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from studio.core.arrangement import Note
from studio.core.instruments import SOUNDS
from studio.ml.sound.excitation import excite
from studio.ml.sound.mel import MelContract
from studio.ml.sound.mel_model import MelModel, MelModelConfig, instrument_index
from studio.ml.sound.vocoder import Vocoder, VocoderConfig
from studio.training.runs.checkpoints import build, warm_start
from studio.training.sounds.sounds import MelCrops, StemSound, WaveCrops, to_mels
from studio.training.runs.train_sound import mel_losses, spectral_loss, vocoder_losses

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
    mels = MelCrops([to_mels(sound, CONTRACT)], CPU, seed=0, size=2, frames=64)
    waves = WaveCrops([sound], CPU, seed=0, size=2, hops=24, hop_length=512)
    torch.manual_seed(0)
    networks = {
        "mel": MelModel(MelModelConfig(dim=24, prior_layers=1, denoiser_layers=1), CONTRACT),
        "vocoder": Vocoder(VocoderConfig(dim=24, layers=1), CONTRACT),
    }
    for name, network in networks.items():
        optimiser = torch.optim.Adam(network.parameters(), 3e-3)
        losses = []
        for step in range(24):
            if isinstance(network, MelModel):
                loss = mel_losses(network, mels.batch(mels(step)), CPU)["loss"]
            else:
                loss = vocoder_losses(network, waves.batch(waves(step)), CPU)["loss"]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss.detach()))
        assert np.mean(losses[-6:]) < 0.9 * np.mean(losses[:6]), name


def test_crops_are_stretches_of_one_stem_that_sound() -> None:
    """Three stems end to end: a loud one, one too short to crop, and one that sounds only in its last hops."""
    rng = np.random.default_rng(0)
    audios = [rng.integers(1000, 9000, 512 * n) for n in (60, 10, 60)]
    audios[2][: 512 * 50] = 0
    sounds = [
        StemSound(stem, "piano", (), audio.astype(np.int16), audio.astype(np.float16))
        for stem, audio in zip(("drums", "bass", "lead"), audios, strict=True)
    ]
    crops = WaveCrops(sounds, CPU, seed=3, size=200, hops=20, hop_length=512)
    batch = crops.batch(crops(0))
    silent = 0
    for audio, excitation, kind in zip(batch["audio"], batch["excitation"], batch["kind"], strict=True):
        whole = {0: audios[0], 3: audios[2]}[int(kind)]
        taken = np.round(audio.numpy() * 32767 / 2).astype(int)
        hops = whole.reshape(-1, 512)[:41, 0]
        assert any(
            (whole[512 * i : 512 * i + len(taken)] == taken).all() for i in np.flatnonzero(hops == taken[0])
        )
        np.testing.assert_allclose(excitation.numpy(), taken, atol=4)
        silent += not taken.any()
    assert 0 < silent < 40
    assert torch.equal(crops(5)["first"], crops(5)["first"])
    assert not torch.equal(crops(5)["first"], crops(6)["first"])


def test_new_sounds_begin_as_the_instruments_they_are_like(tmp_path: Path) -> None:
    sizes = {"dim": 8, "prior_layers": 1, "denoiser_layers": 1}
    old = build("mel", sizes)
    save_file(old.state_dict(), tmp_path / "ema.safetensors")
    grown = build("mel", {**sizes, "sounds": len(SOUNDS)})
    warm_start(grown, tmp_path / "ema.safetensors")
    before, after = old.state_dict()["instrument.weight"], grown.state_dict()["instrument.weight"]
    torch.testing.assert_close(after[: len(before)], before)
    for stem, entry in SOUNDS:
        row = after[instrument_index(stem, entry.name)]
        torch.testing.assert_close(row, before[instrument_index(stem, entry.like)])
