"""The vocoder lets the source's pitch and timing through."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.core.arrangement import Note
from studio.ml.sound.excitation import excite
from studio.ml.sound.mel import MelContract, log_mel
from studio.ml.sound.vocoder import SpectralFilter, Vocoder, VocoderConfig

FRAMES = 512 * 86


@pytest.mark.parametrize("n_fft", [256, 1024])
def test_analysis_and_synthesis_are_inverse(n_fft: int) -> None:
    audio = torch.randn(2, FRAMES, generator=torch.Generator().manual_seed(0))
    bank = SpectralFilter(8, n_fft, MelContract(), smooth=False)
    torch.testing.assert_close(bank._overlap_add(bank._stft(audio)), audio, atol=1e-4, rtol=1e-4)


def test_a_drum_is_not_heard_before_it_is_struck() -> None:
    contract = MelContract()
    torch.manual_seed(0)
    vocoder = Vocoder(VocoderConfig(dim=32, layers=1), contract).eval()
    struck = 20000
    excitation, noise = excite("drums", [Note(struck / 44100, 0.6, 38, 120)], seed=0, start=0, frames=FRAMES)
    wanted = torch.from_numpy(excitation)[None]
    with torch.inference_mode():
        # The filter alone: its noise gain is off, its gain follows the mel of the stroke itself.
        vocoder.drums.head.bias.view(-1, 3, vocoder.drums.bins)[:, 1] = -20.0
        made = vocoder(log_mel(wanted, contract), wanted, torch.from_numpy(noise)[None], torch.tensor([0]))[
            0
        ].numpy()
    reach = vocoder.drums.n_fft
    assert np.abs(made[struck : struck + 2000]).max() > 0.3 * np.abs(excitation).max()
    assert np.abs(made[: struck - reach]).max() < 1e-4 * np.abs(made).max()


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
