"""WaveNet, PerceiverIO and U-Net on cases small enough to work out by hand or to write down another way."""

from __future__ import annotations

import math

import torch
from torch import nn

from studio.ml.fastsag.config import PerceiverConfig, UNetConfig, WaveNetConfig
from studio.ml.fastsag.perceiver import PerceiverIO
from studio.ml.fastsag.unet import UNet, _LinearAttention, time_embedding
from studio.ml.fastsag.wavenet import WaveNet
from tests.ml.fastsag.conftest import randomise


def _set(conv: nn.Conv1d, *taps: float) -> None:
    conv.weight.copy_(torch.tensor(taps).reshape(1, 1, -1))
    assert conv.bias is not None
    conv.bias.zero_()


def _gate(x: float) -> float:
    return math.tanh(x) / (1 + math.exp(-x))


@torch.no_grad()
def test_wavenet_columns_meet_only_at_the_end() -> None:
    """A click at 5. Convolutions look back by their dilation (column 0: 1, column 1: 2) and residuals double."""
    network = WaveNet(WaveNetConfig(dim=1, stacks=2, layers=2))
    _set(network.init_conv, 0.0, 1.0, 0.0)
    _set(network.final_conv, 10.0)
    for stack in network.stacks:
        for block in stack.blocks:
            _set(block.conv, 1.0, 0.0, 0.0)
            _set(block.res_conv, 2.0)
            if block.skip_conv is not None:
                _set(block.skip_conv, 3.0)
    assert [b.skip_conv is None for s in network.stacks for b in s.blocks] == [True, True, False, False]
    x = torch.zeros(1, 1, 12)
    x[..., 5] = 1.0
    g = _gate(1.0)
    # Stack 1, column of dilation d: 2 at 5 and g at 5 + d. Stack 2: 4 at 5, gate(2) + 2 g at 5 + d, gate(g) at 5 + 2 d.
    column = {0: 4.0, 1: _gate(2.0) + 2 * g, 2: _gate(g)}
    expected = torch.zeros(12)
    for dilation in (1, 2):
        for late, value in column.items():
            expected[5 + late * dilation] += 30.0 * value
    torch.testing.assert_close(network(x)[0, 0], expected)


@torch.no_grad()
def test_linear_attention_is_softmax_over_positions() -> None:
    """Against the definition, position by position."""
    torch.manual_seed(0)
    layer = _LinearAttention(6, UNetConfig(heads=2, head_dim=3))
    x = torch.randn(1, 6, 2, 4)
    qkv = torch.einsum("oc,chw->ohw", layer.to_qkv.weight[:, :, 0, 0], x[0]).reshape(3, 2, 3, 8)
    out = torch.zeros(2, 3, 8)
    for head in range(2):
        q, k, v = qkv[:, head]
        for position in range(8):
            for d in range(3):
                weight = torch.exp(k[d]) / torch.exp(k[d]).sum()
                out[head, :, position] += q[d, position] * (v * weight).sum(1)
    expected = torch.einsum("oc,cp->op", layer.to_out.weight[:, :, 0, 0], out.reshape(6, 8))
    expected = (expected + layer.to_out.bias[:, None]).reshape(6, 2, 4)
    torch.testing.assert_close(layer(x)[0], expected, atol=1e-5, rtol=1e-4)


def test_time_embedding_by_hand() -> None:
    got = time_embedding(torch.tensor([0.001]), 4)
    expected = torch.tensor([[math.sin(1.0), math.sin(1e-4), math.cos(1.0), math.cos(1e-4)]])
    torch.testing.assert_close(got, expected)


@torch.no_grad()
def test_what_lies_past_the_mask_does_not_matter() -> None:
    torch.manual_seed(0)
    network = UNet(UNetConfig(dim=8, heads=2, head_dim=4)).eval()
    randomise(network)
    mask = torch.ones(1, 1, 32)
    mask[..., 20:] = 0
    noisy, mu, sigma = torch.randn(1, 12, 32), torch.randn(1, 12, 32), torch.tensor([2.0])
    first = network(noisy, sigma, mu, mask)
    assert first.shape == (1, 12, 32)
    assert not first[..., 20:].any()
    assert first[..., :20].std() > 0
    noisy[..., 20:] += 5.0
    mu[..., 20:] -= 3.0
    torch.testing.assert_close(network(noisy, sigma, mu, mask), first)
    mu[..., :20] -= 3.0
    assert (network(noisy, sigma, mu, mask) - first).abs().max() > 1e-3


@torch.no_grad()
def test_perceiver_reads_its_input_whatever_the_order_of_frames() -> None:
    """Attention has no notion of place: a shuffled input gives the same mel, another input does not."""
    torch.manual_seed(0)
    network = PerceiverIO(PerceiverConfig(2, 4, 16, 2, 8), 12, queries=20, n_mels=10).eval()
    features = torch.randn(2, 12, 30)
    mel = network(features)
    assert mel.shape == (2, 10, 20)
    torch.testing.assert_close(network(features[..., torch.randperm(30)]), mel, atol=1e-5, rtol=1e-4)
    assert (network(features.flip(0)) - mel).abs().max() > 1e-3
