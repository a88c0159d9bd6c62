"""HuBERT against the one of transformers, with the same random weights."""

from __future__ import annotations

import pytest
import torch

from studio.ml.fastsag.config import HubertConfig
from studio.ml.fastsag.hubert import Hubert, frames, semantic_features
from tests.ml.fastsag.conftest import randomise

SMALL = HubertConfig(conv_dim=32, dim=48, heads=4, feed_forward=64, layers=9, position_groups=4)


def test_hidden_state_7_is_that_of_transformers() -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    ours = Hubert(SMALL).eval()
    randomise(ours)
    theirs = transformers.HubertModel(
        transformers.HubertConfig(
            hidden_size=48, num_hidden_layers=9, num_attention_heads=4, intermediate_size=64, conv_dim=(32,) * 7,
            num_conv_pos_embedding_groups=4,
        )
    ).eval()  # fmt: skip
    theirs.load_state_dict(ours.state_dict())  # strict: the same names and shapes
    audio = 0.3 * torch.randn(2, 12_000)
    with torch.no_grad():
        expected = theirs(audio, output_hidden_states=True).hidden_states
        torch.testing.assert_close(ours(audio), expected[7], atol=1e-5, rtol=1e-4)
        assert (expected[7] - expected[6]).abs().max() > 0.1  # one layer off would be seen


def test_a_frame_every_320_samples() -> None:
    assert frames(240_000) == 749
    hubert = Hubert(SMALL).eval()
    with torch.no_grad():
        features = semantic_features(hubert, torch.randn(1, 24_000))
    assert features.shape == (1, 48, 74)


def test_features_are_normalised_frame_by_frame() -> None:
    torch.manual_seed(1)
    hubert = Hubert(SMALL).eval()
    with torch.no_grad():
        features = semantic_features(hubert, torch.randn(1, 8_000))
        hidden = hubert(torch.zeros(1, 8_000))
        silent = semantic_features(hubert, torch.zeros(1, 8_000))
    torch.testing.assert_close(features.mean(1), torch.zeros_like(features[:, 0]), atol=1e-5, rtol=0)
    torch.testing.assert_close(features.var(1), torch.ones_like(features[:, 0]), atol=1e-4, rtol=0)
    assert torch.isfinite(hidden).all()
    assert torch.isfinite(silent).all()
