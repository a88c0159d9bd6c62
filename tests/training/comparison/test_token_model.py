"""The autoregressive yardstick."""

from __future__ import annotations

import math

import pytest
import torch

from studio.training.comparison.codes import MelCodes
from studio.training.comparison.token_model import TokenConfig, TokenModel, token_losses

TINY = TokenConfig(dim=16, heads=2, layers=2, levels=2, codes=8, patches=6)


@pytest.fixture
def model() -> TokenModel:
    torch.manual_seed(0)
    return TokenModel(TINY).eval()


def test_no_code_is_foreseen(model: TokenModel) -> None:
    """Another code changes what is thought of those after it, and of none before it nor of itself."""
    words = torch.randint(8, (1, 6, 2), generator=torch.Generator().manual_seed(1))
    heard = model.hear(torch.randn(1, 6 * 512, generator=torch.Generator().manual_seed(2)))
    before = model(words, heard)
    words[0, 3, 1] = (words[0, 3, 1] + 1) % 8
    after = model(words, heard)
    same = (before == after).all(-1)[0].flatten()
    assert (
        same.tolist() == [True] * 8 + [False] * 4
    )  # place 3 * 2 + 1 = 7 changed, itself foretold without it


def test_the_whole_vocal_is_heard(model: TokenModel) -> None:
    """Unlike codes, what will be sung may be known: the last sample changes what the last patches are told."""
    vocal = torch.randn(1, 6 * 512, generator=torch.Generator().manual_seed(2))
    before = model.hear(vocal)
    vocal[:, -512:] = 0.0
    assert before.shape == (1, 6, 16)
    assert (model.hear(vocal) != before).any(-1)[0, 4:].all()


def test_writing_draws_from_what_training_teaches(model: TokenModel) -> None:
    """A network of one layer would see as far; with two, memory and mask agree inside the reach."""
    heard = model.hear(torch.randn(1, 6 * 512, generator=torch.Generator().manual_seed(2)))
    with torch.no_grad():
        model.head *= 50.0  # so sure of itself that the draw is the likeliest code
    written = model.write(heard, seed=4)
    assert torch.equal(model(written, heard).argmax(-1), written)


def test_seeds_reproduce_and_length_is_free(model: TokenModel) -> None:
    heard = model.hear(torch.randn(1, 15 * 512, generator=torch.Generator().manual_seed(2)))
    first = model.write(heard, seed=4)
    assert first.shape == (1, 15, 2)  # past the reach of 6 patches
    assert torch.equal(first, model.write(heard, seed=4))
    assert not torch.equal(first, model.write(heard, seed=5))


def test_loss_is_the_mean_of_what_each_code_costs(model: TokenModel) -> None:
    """A head of zeros finds all 8 codes equally likely: ln 8 nats each."""
    codes = MelCodes(100, levels=2, codes=8)
    codes.books.copy_(torch.randn(codes.books.shape, generator=torch.Generator().manual_seed(3)))
    with torch.no_grad():
        model.head.zero_()
    mel = torch.randn(3, 100, 13, generator=torch.Generator().manual_seed(4))
    losses = token_losses(model, codes, torch.zeros(3, 13 * 256), mel)
    assert set(losses) == {"level 1", "level 2", "loss"}
    for value in losses.values():
        assert value.item() == pytest.approx(math.log(8), abs=1e-5)
