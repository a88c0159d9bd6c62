"""A mel as words: k-means codes of what earlier codes left of short patches (residual vector quantisation).

Stands for the codec of SingSong and AudioLM (arXiv:2301.12662, 2209.03143; SoundStream, 2107.03312, section III.C),
whose coarse tokens are four a fiftieth of a second; here four a patch of two mel frames, 187.5 a second. Not a codec
learnt with an adversary: both systems of the comparison make mels, and one inversion makes sound of them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

PATCH = 2
LEVELS, CODES = 4, 512


class MelCodes(nn.Module):
    """Codebooks [levels, codes, patch * mels] of normalised mels.

    Args:
        levels, codes: how many codebooks, and how large each is.
    """

    books: Tensor

    def __init__(self, n_mels: int, levels: int = LEVELS, codes: int = CODES) -> None:
        super().__init__()
        self.n_mels = n_mels
        self.register_buffer("books", torch.zeros(levels, codes, PATCH * n_mels))

    @torch.no_grad()
    def encode(self, mel: Tensor) -> Tensor:
        """[B, M, F] -> int64 [B, F // PATCH, levels]; the frame that fills no patch is left out."""
        left = self._patches(mel)
        words = []
        for book in self.books:
            word = _nearest(left, book)
            left = left - book[word]
            words.append(word)
        return torch.stack(words, dim=-1)

    def decode(self, words: Tensor) -> Tensor:
        """int64 [B, P, levels] -> [B, M, PATCH * P]."""
        patches = torch.zeros(*words.shape[:2], self.books.shape[-1], device=words.device)
        for level, book in enumerate(self.books):
            patches = patches + book[words[..., level]]
        return patches.unflatten(-1, (PATCH, self.n_mels)).flatten(1, 2).transpose(1, 2)

    @torch.no_grad()
    def learn(self, mels: Tensor, *, rounds: int = 12, seed: int = 0) -> None:
        """Lloyd's k-means of every level on what those before left of [B, M, F]; an empty code gets a new patch."""
        draws = torch.Generator().manual_seed(seed)
        left = self._patches(mels).flatten(0, 1)
        for book in self.books:
            book.copy_(left[torch.randint(len(left), (len(book),), generator=draws)])
            for _ in range(rounds):
                word = _nearest(left, book)
                count = torch.bincount(word, minlength=len(book)).float()
                mean = torch.zeros_like(book).index_add_(0, word, left) / count.clamp(min=1)[:, None]
                fresh = left[torch.randint(len(left), (len(book),), generator=draws)]
                book.copy_(torch.where(count[:, None] > 0, mean, fresh))
            left = left - book[_nearest(left, book)]

    def _patches(self, mel: Tensor) -> Tensor:
        frames = mel.shape[-1] // PATCH * PATCH
        return mel[..., :frames].transpose(1, 2).unflatten(1, (-1, PATCH)).flatten(2)


def _nearest(points: Tensor, book: Tensor) -> Tensor:
    """Index of the code nearest to each point [..., D]."""
    return (book.square().sum(-1) - 2 * points @ book.T).argmin(-1)
