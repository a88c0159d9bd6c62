"""The autoregressive yardstick: a transformer that writes the codes of an accompaniment one after another.

After SingSong (arXiv:2301.12662) in small: what is sung is known in full before the first code is written, and each
code is drawn from what the network makes of all that were written before it, within one clip's length. One model writes
all levels of the codes, interleaved as AudioLM's coarse stage writes them. Positions are rotary (arXiv:2104.09864), so
that a song longer than a clip is written on with the same distances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.ml.fastsag.config import CONTRACT
from studio.training.comparison.codes import CODES, LEVELS, PATCH, MelCodes
from studio.training.comparison.hearing import ROWS, Hearing

#: Likelihoods are sharpened a little when codes are drawn, as SingSong and AudioLM do.
TEMPERATURE = 0.95


@dataclass(frozen=True)
class TokenConfig:
    """Sizes. `patches`: of a clip; no code sees further back."""

    dim: int = 120
    heads: int = 4
    layers: int = 4
    levels: int = LEVELS
    codes: int = CODES
    patches: int = 93


class _Layer(nn.Module):
    def __init__(self, config: TokenConfig) -> None:
        super().__init__()
        dim = config.dim
        self.heads = config.heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.feed_forward = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor, turn: Tensor, past: list[Tensor] | None, reach: int) -> Tensor:
        """`x` [B, N, dim]; with `past` (keys, values) it is one position after those, which it joins."""
        q, k, v = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        q, k = _turned(q, turn), _turned(k, turn)
        if past is not None:
            if past:
                k = torch.cat([past[0][:, :, 1 - reach :], k], dim=2)
                v = torch.cat([past[1][:, :, 1 - reach :], v], dim=2)
            past[:] = [k, v]
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=past is None)
        x = x + self.out(y.transpose(1, 2).flatten(2))
        return x + self.feed_forward(self.norm2(x))


class TokenModel(nn.Module):
    """Vocal -> codes of the accompaniment."""

    def __init__(self, config: TokenConfig | None = None) -> None:
        super().__init__()
        config = config or TokenConfig()
        self.config = config
        dim = config.dim
        self.hearing = Hearing()
        self.vocal = nn.Sequential(
            nn.Conv1d(ROWS, dim, 3, padding=1), nn.GELU(),
            nn.Conv1d(dim, dim, 3, padding=2, dilation=2), nn.GELU(),
            nn.Conv1d(dim, dim, 3, padding=8, dilation=8),
        )  # fmt: skip
        self.words = nn.Embedding(config.levels * config.codes + 1, dim)
        self.level = nn.Embedding(config.levels, dim)
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Parameter(torch.randn(config.levels, config.codes, dim) * dim**-0.5)
        nn.init.normal_(self.words.weight, std=0.5)

    @property
    def reach(self) -> int:
        """Positions a code can see, itself included."""
        return self.config.patches * self.config.levels

    def hear(self, vocal: Tensor) -> Tensor:
        """Scaled samples [B, T] at 24 kHz -> what each patch is told of the vocal, [B, P, dim]."""
        patches = vocal.shape[-1] // (CONTRACT.hop_length * PATCH)
        heard = self.hearing(vocal)
        heard = functional.interpolate(heard, patches, mode="linear", align_corners=False)
        return self.vocal(heard).transpose(1, 2)

    def forward(self, words: Tensor, heard: Tensor) -> Tensor:
        """Logits of every code from those before it.

        Args:
            words: int64 [B, P, levels], P at most `patches`; heard: [B, P, dim].

        Returns:
            [B, P, levels, codes].
        """
        config = self.config
        flat = self._index(words).flatten(1)
        before = functional.pad(flat[:, :-1], (1, 0), value=config.levels * config.codes)
        x = self.words(before).unflatten(1, (-1, config.levels)) + heard[:, :, None] + self.level.weight
        x = x.flatten(1, 2)
        turn = _angles(torch.arange(x.shape[1], device=x.device), config.dim // config.heads)
        for layer in self.layers:
            x = layer(x, turn, None, self.reach)
        x = self.norm(x).unflatten(1, (-1, config.levels))
        return torch.einsum("bpld,lcd->bplc", x, self.head)

    @torch.inference_mode()
    def write(self, heard: Tensor, seed: int, on_call: Callable[[], None] | None = None) -> Tensor:
        """Codes int64 [1, P, levels] for what is heard, [1, P, dim], of any length; the same for the same seed."""
        config = self.config
        draws = torch.Generator().manual_seed(seed)
        memories: list[list[Tensor]] = [[] for _ in self.layers]
        written = torch.zeros(1, heard.shape[1], config.levels, dtype=torch.long)
        last = torch.tensor([[config.levels * config.codes]])
        for place in range(heard.shape[1] * config.levels):
            patch, level = divmod(place, config.levels)
            x = self.words(last) + heard[:, patch : patch + 1] + self.level.weight[level]
            turn = _angles(torch.tensor([place]), config.dim // config.heads)
            for layer, memory in zip(self.layers, memories, strict=True):
                x = layer(x, turn, memory, self.reach)
            likely = ((self.norm(x[:, 0]) @ self.head[level].T).float() / TEMPERATURE).softmax(-1)
            drawn = torch.multinomial(likely, 1, generator=draws)
            written[:, patch, level] = drawn[:, 0]
            last = drawn + level * config.codes
            if on_call:
                on_call()
        return written

    def _index(self, words: Tensor) -> Tensor:
        return words + torch.arange(self.config.levels, device=words.device) * self.config.codes


def token_losses(model: TokenModel, codes: MelCodes, vocal: Tensor, mel: Tensor) -> dict[str, Tensor]:
    """Cross-entropy in nats a code, of each level and in the mean; `mel` is normalised, [B, M, F]."""
    words = codes.encode(mel)[:, : model.config.patches]
    heard = model.hear(vocal)[:, : words.shape[1]]
    logits = model(words, heard).float()
    errors = functional.cross_entropy(logits.flatten(0, 2), words.flatten(), reduction="none")
    by_level = errors.unflatten(0, words.shape).mean((0, 1))
    losses = {f"level {level + 1}": error for level, error in enumerate(by_level)}
    return {**losses, "loss": by_level.mean()}


def _angles(places: Tensor, dim: int) -> Tensor:
    """Cosine and sine [2, N, dim / 2] of rotary positions."""
    speed = 1.0 / 10_000.0 ** (torch.arange(0, dim, 2, device=places.device) / dim)
    angle = places[:, None] * speed
    return torch.stack([angle.cos(), angle.sin()])


def _turned(x: Tensor, turn: Tensor) -> Tensor:
    a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = turn
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)
