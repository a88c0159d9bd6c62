"""BigVGAN's pieces against plain definitions, and its sizes against the public weights."""

from __future__ import annotations

import math

import numpy as np
import scipy.signal
import torch
from torch.nn import functional

from studio.ml.sound.bigvgan import PUBLIC, BigVGAN, BigVGANConfig, SnakeBeta, _Conv, _Down, _Up, lowpass_taps
from tests.ml.fastsag.conftest import randomise


def test_filter_is_scipys_kaiser_window_design() -> None:
    attenuation = 2.285 * 5 * math.pi * 1.2 + 7.95
    expected = scipy.signal.firwin(12, 0.5, window=("kaiser", scipy.signal.kaiser_beta(attenuation)))
    np.testing.assert_allclose(lowpass_taps().numpy(), expected, atol=1e-6)


def test_doubling_the_rate_is_zeros_and_the_filter() -> None:
    x = torch.randn(2, 3, 40, generator=torch.Generator().manual_seed(0))
    padded = functional.pad(x, (5, 5), mode="replicate")
    zeros = torch.zeros(2, 3, 100)
    zeros[..., ::2] = padded
    taps = lowpass_taps()
    full = functional.conv1d(zeros.reshape(6, 1, -1), 2 * taps.flip(0)[None, None], padding=11).reshape(
        2, 3, -1
    )
    torch.testing.assert_close(_Up()(x), full[..., 15 : 15 + 80], atol=1e-6, rtol=1e-5)


def test_up_and_down_again_keeps_a_slow_sine() -> None:
    t = torch.arange(400.0)
    x = torch.sin(2 * math.pi * t / 50)[None, None]
    back = _Down()(_Up()(x))
    assert back.shape == x.shape
    torch.testing.assert_close(back[..., 20:-20], x[..., 20:-20], atol=5e-3, rtol=0)


def test_snake_by_hand() -> None:
    act = SnakeBeta(1)
    with torch.no_grad():
        act.alpha.fill_(math.log(2.0))
        act.beta.fill_(math.log(4.0))
        got = float(act(torch.tensor([[[0.5]]])))
    assert abs(got - (0.5 + math.sin(1.0) ** 2 / 4)) < 1e-6


def test_weight_norm_by_hand() -> None:
    conv = _Conv(1, 1, 3, bias=False)
    with torch.no_grad():
        conv.weight_v.copy_(torch.tensor([[[0.0, 3.0, 4.0]]]))
        conv.weight_g.fill_(10.0)
        torch.testing.assert_close(conv(torch.tensor([[[1.0, 0.0, 0.0]]])), torch.tensor([[[6.0, 0.0, 0.0]]]))


def test_public_generations() -> None:
    for name, (config, contract) in PUBLIC.items():
        assert config.hop_length == contract.hop_length
        assert config.n_mels == contract.n_mels
        with torch.device("meta"):
            keys = BigVGAN(config).state_dict()
        assert ("conv_post.bias" in keys) == ("v2" not in name)


def test_output_length_range_and_reach() -> None:
    for version in (1, 2):
        torch.manual_seed(0)
        model = BigVGAN(BigVGANConfig(8, 64, (4, 2), (8, 4), version=version)).eval()
        randomise(model)
        mel = torch.randn(1, 8, 120)
        with torch.no_grad():
            audio = model(mel)
            assert audio.shape == (1, 120 * 8)
            assert audio.abs().max() <= 1.0
            mel[..., 60] += 1.0
            moved = (model(mel) - audio).abs()[0] > 1e-9
        first, last = int(moved.nonzero()[0]), int(moved.nonzero()[-1])
        assert first >= (60 - model.receptive_frames) * 8
        assert last < (61 + model.receptive_frames) * 8
