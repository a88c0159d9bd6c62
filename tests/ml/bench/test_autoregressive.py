"""The benchmark's autoregressive contender does what it is said to do."""

from __future__ import annotations

import torch

from studio.ml.bench.autoregressive import CODES, Autoregressive, AutoregressiveConfig, LanguageModel

SMALL = AutoregressiveConfig(dim=16, heads=2, layers=2, codec_dim=32)


def test_625_calls_a_second_and_the_length_of_the_vocal() -> None:
    torch.manual_seed(0)
    model = Autoregressive(SMALL).eval()
    vocal = 0.1 * torch.randn(1, 24_000)
    made = model(vocal, seed=1)
    assert made.shape == (1, 24_000)
    assert model.calls == 625 + 2
    assert torch.isfinite(made).all()


@torch.no_grad()
def test_keeping_keys_and_values_changes_nothing() -> None:
    """Token by token gives the logits of reading everything at once."""
    torch.manual_seed(0)
    model = LanguageModel(SMALL, 32).eval()
    tokens = torch.randint(CODES, (1, 9))

    def memory() -> list[torch.Tensor]:
        return [torch.zeros(2, 1, 2, 32, 8) for _ in range(2)]

    whole = model(tokens, memory(), 0)
    kept = memory()
    model(tokens[:, :5], kept, 0)
    for at in range(5, 9):
        last = model(tokens[:, at : at + 1], kept, at)
    torch.testing.assert_close(last, whole, atol=1e-5, rtol=1e-4)
