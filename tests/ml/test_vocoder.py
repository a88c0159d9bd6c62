"""The vocoder lets the source's pitch and timing through."""

from __future__ import annotations

import numpy as np
import torch

from studio.core.arrangement import Note
from studio.ml.excitation import excite
from studio.ml.mel import MelContract, log_mel
from studio.ml.vocoder import Vocoder, VocoderConfig, _frames_stft, _overlap_add

FRAMES = 512 * 86


def test_analysis_and_synthesis_are_inverse() -> None:
    audio = torch.randn(2, FRAMES, generator=torch.Generator().manual_seed(0))
    window = torch.hann_window(1024)
    torch.testing.assert_close(_overlap_add(_frames_stft(audio, window), window), audio, atol=1e-4, rtol=1e-4)


def test_an_untrained_vocoder_already_follows_the_mel_and_keeps_the_pitch() -> None:
    contract = MelContract()
    torch.manual_seed(0)
    vocoder = Vocoder(VocoderConfig(dim=32, layers=1), contract).eval()
    excitation, noise = excite("harmony", [Note(0.1, 1.0, 57, 100)], seed=0, start=0, frames=FRAMES)
    t = np.arange(FRAMES) / 44100
    wanted = (0.2 * np.sin(2 * np.pi * 220.0 * t) * (t > 0.1)).astype(np.float32)
    mel = log_mel(torch.from_numpy(wanted)[None], contract)
    with torch.inference_mode():
        made = vocoder(
            mel, torch.from_numpy(excitation)[None], torch.from_numpy(noise)[None], torch.tensor([2])
        )[0].numpy()
    assert made.shape == (FRAMES,)
    spectrum = np.abs(np.fft.rfft(made[8820:] * np.hanning(FRAMES - 8820), 1 << 18))
    assert abs(np.argmax(spectrum) * 44100 / (1 << 18) - 220.0) < 0.5
    assert np.abs(made[: int(0.07 * 44100)]).max() < 0.05 * np.abs(made).max()
