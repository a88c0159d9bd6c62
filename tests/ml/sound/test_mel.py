"""The mel front end against torchaudio, and its contract."""

from __future__ import annotations

import pytest
import torch
import torchaudio

from studio.core.errors import StudioError
from studio.ml.sound.mel import LOG_FLOOR, MelContract, denormalise, log_mel, normalise

CONTRACT = MelContract()


def test_agrees_with_torchaudio() -> None:
    audio = torch.randn(1, 512 * 40, generator=torch.Generator().manual_seed(0)) * 0.1
    transform = torchaudio.transforms.MelSpectrogram(
        44100, n_fft=2048, hop_length=512, n_mels=128, f_min=0.0, f_max=22050.0, power=1.0, norm="slaney",
        mel_scale="slaney", center=False,
    )  # fmt: skip
    ours = log_mel(audio, CONTRACT)
    assert ours.shape == (1, 128, 40)
    # Our frame f begins 768 samples before f * hop; torchaudio's at f * hop of what it is given.
    reference = transform(audio[:, 3 * 512 - 768 :]).clamp(min=1e-5).log()
    torch.testing.assert_close(ours[..., 3:30], reference[..., :27], atol=1e-3, rtol=1e-3)


def test_silence_is_the_floor_and_finite() -> None:
    mel = log_mel(torch.zeros(1, 512 * 8), CONTRACT)
    assert torch.isfinite(mel).all()
    assert float(mel.max()) < -5.0
    assert float(denormalise(normalise(torch.full((1,), LOG_FLOOR)))) == pytest.approx(LOG_FLOOR, abs=1e-4)


def test_another_contract_is_refused_with_both_named() -> None:
    with pytest.raises(StudioError, match=r"24000.*44100"):
        CONTRACT.check(MelContract(sample_rate=24000), mine="vocoder", others="mel model")
