"""Semantic projection as arrangement: a masked-diffusion transformer over the score's token grid.

Positions are quarters (21 tokens each, see core.score) preceded by seven global tokens; a masked token has an
extra id. Attention among quarters is limited to a window, so that a song of any length costs linear memory
per quarter and looks like the lengths seen in training.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.core.music import Key, Meter
from studio.core.score import GLOBAL_VOCABULARY, N_COLUMNS, VOCABULARY
from studio.ml.arrangement.melody import N_MELODY

N_GLOBALS = len(GLOBAL_VOCABULARY)
#: Quarters each side that a quarter attends to.
WINDOW = 64


@lru_cache(maxsize=4)
@torch.inference_mode(False)
def mask_ids(device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """The 'masked' token of every column [21] and of every global [7]."""
    return torch.tensor(VOCABULARY, device=device), torch.tensor(GLOBAL_VOCABULARY, device=device)


@dataclass(frozen=True)
class ArrangementConfig:
    """Sizes of the transformer."""

    dim: int = 256
    layers: int = 6
    heads: int = 4

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Condition:
    """What the arrangement is made for.

    Attributes:
        melody: float32 [B, L, N_MELODY]; zeros for 'no melody' (guidance).
        place: int64 [B, L], 4 * index of the meter + quarter within the bar.
        song: float32 [B, 3]: (log2 tempo - log2 100), 1 if major, 1 if the melody is given.
    """

    melody: Tensor
    place: Tensor
    song: Tensor

    def to(self, device: torch.device | str) -> Condition:
        return Condition(self.melody.to(device), self.place.to(device), self.song.to(device))

    def repeat(self, times: int) -> Condition:
        """The same condition for several candidates."""
        return Condition(
            *(t.repeat(times, *[1] * (t.ndim - 1)) for t in (self.melody, self.place, self.song))
        )

    def without_melody(self) -> Condition:
        """The unconditional twin for classifier-free guidance."""
        song = self.song.clone()
        song[:, 2] = 0.0
        return Condition(torch.zeros_like(self.melody), self.place, song)


def song_features(tempo_bpm: float, key: Key) -> Tensor:
    """`Condition.song` of one song, [3]."""
    return torch.tensor([np.log2(tempo_bpm / 100.0), float(key.mode == "major"), 1.0], dtype=torch.float32)


def places(meter: Meter, beats: int, first: int = 0) -> Tensor:
    """`Condition.place` of one song, [L]; `first` is the index of the first beat.

    A meter the model was not trained in is a row of those it was: 5/4 reads as bars of 3/4 and 2/4 in turn.
    """
    bar = [
        4 * Meter.WRITTEN.index((part.numerator, part.denominator)) + beat
        for part in meter.groups
        for beat in range(part.quarters_per_bar)
    ]
    return torch.tensor(bar)[(torch.arange(beats) + first) % len(bar)]


#: Neighbours whose tokens every quarter sees directly: quarters before and after, and the same place in other bars.
_NEAR_QUARTERS = (-1, 1)
_NEAR_BARS = (-4, -2, -1, 1, 2, 4)
#: Beats in the longest bar that can be given.
_LONGEST_BAR = max(Meter(*pair).quarters_per_bar for pair in Meter.SUPPORTED)
_N_NEAR = len(_NEAR_QUARTERS) + len(_NEAR_BARS)


# Kept for each device: copying even a few numbers to a GPU would wait for all that it has still to do.
@lru_cache(maxsize=4)
@torch.inference_mode(False)
def _bars_and_offsets(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Quarters in a bar of each written meter, and the neighbours' offsets in quarters and in bars."""
    bars = [Meter(*meter).quarters_per_bar for meter in Meter.WRITTEN]
    return (
        torch.tensor(bars, device=device),
        torch.tensor(_NEAR_QUARTERS, device=device),
        torch.tensor(_NEAR_BARS, device=device),
    )


def _neighbours(x: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """What stands at the eight neighbouring places of every quarter.

    Args:
        x: [B, L, D].
        place: as in `Condition`, [B, L]; it tells the length of a bar.

    Returns:
        [B, L, 8, D], and [B, L, 8] False where a neighbour lies beyond the ends.
    """
    batch, length, dim = x.shape
    meters, quarters, bars = _bars_and_offsets(x.device)
    # A bar may be a row of two written meters: those that occur in its first beats (padding comes later).
    occurs = place[:, :_LONGEST_BAR, None] // 4 == torch.arange(len(Meter.WRITTEN), device=x.device)
    size = (occurs.any(dim=1) * meters).sum(dim=1, keepdim=True)
    offsets = torch.cat([quarters.expand(batch, -1), size * bars], dim=1)
    index = torch.arange(length, device=x.device)[:, None] + offsets[:, None]  # [B, L, 8]
    inside = (index >= 0) & (index < length)
    rows = index.clamp(0, length - 1).flatten(1)[..., None].expand(-1, -1, dim)
    return x.gather(1, rows).reshape(batch, length, -1, dim), inside


def _rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Rotary position embedding of [B, H, L, D] by [L, D / 2] (Su et al. 2021, arXiv:2104.09864)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = angles.cos(), angles.sin()
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


class _Layer(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention, self.norm_mlp = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor, angles: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, dim = x.shape
        q, k, v = (
            self.qkv(self.norm_attention(x)).reshape(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        )
        q, k = _rotate(q, angles), _rotate(k, angles)
        attended = nn.functional.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, attn_mask=mask)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, length, dim))
        return x + self.down(nn.functional.gelu(self.up(self.norm_mlp(x)), approximate="tanh"))


class ArrangementModel(nn.Module):
    """Predicts every masked token of a score from the visible ones and the melody."""

    token_starts: Tensor
    global_starts: Tensor
    rates: Tensor

    def __init__(self, config: ArrangementConfig) -> None:
        super().__init__()
        self.config = config
        dim = config.dim
        starts = np.concatenate([[0], np.cumsum([v + 1 for v in VOCABULARY])])
        self.register_buffer("token_starts", torch.tensor(starts[:-1]), persistent=False)
        self.tokens = nn.Embedding(int(starts[-1]), dim)
        global_starts = np.concatenate([[0], np.cumsum([v + 1 for v in GLOBAL_VOCABULARY])])
        self.register_buffer("global_starts", torch.tensor(global_starts[:-1]), persistent=False)
        self.globals = nn.Embedding(int(global_starts[-1]), dim)
        for table in (self.tokens, self.globals):
            nn.init.normal_(table.weight, std=0.1)
        self.melody = nn.Sequential(nn.Linear(N_MELODY, dim), nn.GELU(), nn.Linear(dim, dim))
        self.neighbours = nn.Linear(_N_NEAR * dim, dim, bias=False)
        nn.init.zeros_(self.neighbours.weight)
        self.repeat = nn.Linear(dim, _N_NEAR * N_COLUMNS)
        nn.init.zeros_(self.repeat.weight)
        nn.init.constant_(self.repeat.bias, 0.5)
        self.place = nn.Embedding(4 * len(Meter.WRITTEN), dim)
        self.song = nn.Sequential(nn.Linear(3, dim), nn.GELU(), nn.Linear(dim, dim))
        self.layers = nn.ModuleList(_Layer(dim, config.heads) for _ in range(config.layers))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, sum(VOCABULARY))
        self.global_head = nn.Linear(dim, sum(GLOBAL_VOCABULARY))
        rates = 10000.0 ** -(torch.arange(0, dim // config.heads, 2) / (dim // config.heads))
        self.register_buffer("rates", rates, persistent=False)

    def forward(
        self, tokens: Tensor, globals_: Tensor, condition: Condition
    ) -> tuple[list[Tensor], list[Tensor]]:
        """
        Args:
            tokens: int64 [B, L, 21], column c masked by VOCABULARY[c].
            globals_: int64 [B, 7], masked likewise.

        Returns:
            logits by column, [B, L, V_c] each, and by global, [B, V_g] each.
        """
        length = tokens.shape[1]
        song = self.song(condition.song)[:, None]
        written = self.tokens(tokens + self.token_starts).sum(2)
        near, inside = _neighbours(written, condition.place)
        beats = written + self.neighbours((near * inside[..., None]).flatten(2))
        beats = beats + self.melody(condition.melody) + self.place(condition.place)
        x = torch.cat([self.globals(globals_ + self.global_starts), beats], dim=1) + song
        position = torch.cat([torch.zeros(N_GLOBALS, device=x.device), torch.arange(length, device=x.device)])
        angles = position[:, None] * self.rates
        mask = self._window_mask(length, x.device)
        for layer in self.layers:
            x = layer(x, angles, mask)
        x = self.norm(x)
        logits = self._repeating(self.head(x[:, N_GLOBALS:]), x[:, N_GLOBALS:], tokens, condition.place)
        global_logits = self.global_head(x[:, :N_GLOBALS]).split(GLOBAL_VOCABULARY, dim=-1)
        return list(logits.split(VOCABULARY, dim=-1)), [g[:, i] for i, g in enumerate(global_logits)]

    def _repeating(self, logits: Tensor, hidden: Tensor, tokens: Tensor, place: Tensor) -> Tensor:
        """Raises, by learnt amounts, the logits of what stands at the neighbouring places: music repeats itself."""
        masks, _ = mask_ids(logits.device)
        starts = masks.cumsum(0) - masks
        near, inside = _neighbours(tokens, place)  # [B, L, 8, 21]
        known = inside[..., None] & (near < masks)
        amounts = self.repeat(hidden).reshape(near.shape) * known
        index = torch.minimum(near, masks - 1) + starts
        return logits.float().scatter_add(-1, index.flatten(2), amounts.float().flatten(2))

    @staticmethod
    def _window_mask(length: int, device: torch.device) -> Tensor | None:
        """Boolean [7 + L, 7 + L]; None when the window hides nothing."""
        if length <= WINDOW:
            return None
        index = torch.arange(length, device=device)
        mask = torch.ones(N_GLOBALS + length, N_GLOBALS + length, dtype=torch.bool, device=device)
        mask[N_GLOBALS:, N_GLOBALS:] = (index[:, None] - index).abs() <= WINDOW
        return mask


assert len(VOCABULARY) == N_COLUMNS
