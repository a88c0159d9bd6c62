"""Mels as codes, and codes as mels."""

from __future__ import annotations

import torch

from studio.training.comparison.codes import PATCH, MelCodes


def test_levels_add_up_to_the_patch() -> None:
    """Patches that are sums of a code of each book come back exactly, as the codes they were made of."""
    codes = MelCodes(3, levels=2, codes=4)
    coarse = torch.arange(4.0)[:, None] * torch.ones(4, PATCH * 3)
    codes.books.copy_(torch.stack([coarse, 0.1 * coarse]))
    words = torch.tensor([[[3, 1], [0, 2], [2, 3]]])
    mel = codes.decode(words)
    assert mel.shape == (1, 3, PATCH * 3)
    torch.testing.assert_close(mel[0, 0], torch.tensor([3.1, 3.1, 0.2, 0.2, 2.3, 2.3]))
    assert torch.equal(codes.encode(mel), words)
    odd = torch.cat([mel, mel[..., :1]], dim=-1)  # a frame that fills no patch
    assert torch.equal(codes.encode(odd), words)


def test_learnt_books_find_the_groups_and_every_level_leaves_less() -> None:
    draws = torch.Generator().manual_seed(0)
    groups = torch.tensor([[-1.0], [0.0], [2.0]])
    which = torch.randint(3, (40,), generator=draws)
    mel = groups[which].repeat_interleave(PATCH, 0).T[None].expand(1, 2, -1)
    mel = mel + 0.05 * torch.randn(mel.shape, generator=draws)
    one, two = (MelCodes(2, levels=n, codes=3) for n in (1, 2))
    one.learn(mel, seed=3)
    two.learn(mel, seed=3)
    assert torch.equal(one.books[0], two.books[0])
    errors = [float((c.decode(c.encode(mel)) - mel).square().mean()) for c in (one, two)]
    assert errors[1] < errors[0] < 0.01  # the groups lie 1 and 2 apart, the noise's variance is .0025
    assert sorted(one.books[0].mean(1).round().tolist()) == [-1.0, 0.0, 2.0]
