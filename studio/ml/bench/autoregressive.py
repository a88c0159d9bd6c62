"""A contender for `studio bench engines`: accompaniment token by token, in the manner of SingSong (arXiv:2301.12662).

Not a product: its weights are random and stay so. What is measured is how much work the approach asks for: three
language models, each reading what the ones before it wrote. Semantic tokens (25 a second), coarse codec tokens
(4 codebooks at 50 Hz), fine ones (8 codebooks), then a codec's decoder; 625 network calls for a second of sound. The
rates are SingSong's. The networks are far smaller than its T5s, so that they are of the band model's size; codes of a
stage are written in stretches of 3 s, and keys and values are kept, as a careful implementation would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE = 24_000
CODES = 1024
#: Tokens a second of each stage; codec frames a second.
SEMANTIC_HZ, COARSE_HZ, FINE_HZ = 25, 4 * 50, 8 * 50
_FRAMES_HZ = 50
_STRETCH_S = 3


@dataclass(frozen=True)
class AutoregressiveConfig:
    """Sizes of each of the three language models, and of the codec's decoder."""

    dim: int = 256
    heads: int = 4
    layers: int = 6
    codec_dim: int = 256


class _Layer(nn.Module):
    """A transformer layer that keeps the keys and values it has seen."""

    def __init__(self, config: AutoregressiveConfig) -> None:
        super().__init__()
        dim = config.dim
        self.heads = config.heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.feed_forward = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor, kept: Tensor, at: int) -> Tensor:
        """`x` [B, N, dim] follows the first `at` positions of `kept` [2, B, heads, positions, d] and joins them."""
        count = x.shape[1]
        q, k, v = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        kept[0][:, :, at : at + count], kept[1][:, :, at : at + count] = k, v
        past = kept[:, :, :, : at + count]
        # Only a prompt has several positions, and it comes first.
        y = functional.scaled_dot_product_attention(q, past[0], past[1], is_causal=count > 1)
        x = x + self.out(y.transpose(1, 2).flatten(2))
        return x + self.feed_forward(self.norm2(x))


class LanguageModel(nn.Module):
    """Writes tokens after a prompt, one network call each."""

    def __init__(self, config: AutoregressiveConfig, positions: int) -> None:
        super().__init__()
        self.config, self.positions = config, positions
        self.tokens = nn.Embedding(CODES, config.dim)
        self.places = nn.Embedding(positions, config.dim)
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.layers))
        self.head = nn.Linear(config.dim, CODES)

    def forward(self, tokens: Tensor, kept: list[Tensor], at: int) -> Tensor:
        place = torch.arange(at, at + tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.places(place)
        for layer, memory in zip(self.layers, kept, strict=True):
            x = layer(x, memory, at)
        return self.head(x[:, -1])

    def write(
        self, prompt: Tensor, count: int, draws: torch.Generator, on_call: Callable[[], None]
    ) -> Tensor:
        """`count` tokens [B, count] drawn after a prompt [B, N]."""
        config, batch = self.config, len(prompt)
        shape = (2, batch, config.heads, self.positions, config.dim // config.heads)
        kept = [torch.zeros(shape, device=prompt.device) for _ in self.layers]
        written: list[Tensor] = []
        following, at = prompt, 0
        for _ in range(count):
            logits = self(following, kept, at)
            on_call()
            at += following.shape[1]
            following = torch.multinomial(logits.softmax(-1).cpu(), 1, generator=draws).to(prompt.device)
            written.append(following)
        return torch.cat(written, dim=1)


class _Codec(nn.Module):
    """After SoundStream: an encoder whose frames become the nearest of 1,024 codes, and a decoder of 12 codebooks."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv1d(1, dim // 8, 16, 8, 4), nn.ELU(), nn.Conv1d(dim // 8, dim // 2, 10, 5, 3), nn.ELU(),
            nn.Conv1d(dim // 2, dim, 8, 4, 2), nn.ELU(), nn.Conv1d(dim, dim, 6, 3, 2),
        )  # fmt: skip
        self.codes = nn.Parameter(torch.randn(12, CODES, dim) * 0.1)
        widths = (dim, dim // 2, dim // 4, dim // 8)
        layers: list[nn.Module] = []
        for inputs, outputs, rate in zip(widths, (*widths[1:], dim // 16), (3, 4, 5, 8), strict=True):
            layers += [nn.ELU(), nn.ConvTranspose1d(inputs, outputs, 2 * rate, rate, -(-rate // 2), rate % 2)]
        self.decoder = nn.Sequential(*layers, nn.ELU(), nn.Conv1d(dim // 16, 1, 7, padding=3))

    def encode(self, audio: Tensor) -> Tensor:
        """Tokens [B, frames] of samples [B, T], at 50 Hz."""
        frames = self.encoder(audio[:, None]).transpose(1, 2)
        return torch.cdist(frames, self.codes[0].expand(len(audio), -1, -1)).argmin(-1)

    def decode(self, tokens: Tensor) -> Tensor:
        """Samples [B, T] of the tokens of all codebooks [B, 12, frames]."""
        frames = sum(book[tokens[:, i]] for i, book in enumerate(self.codes))
        assert isinstance(frames, Tensor)
        return torch.tanh(self.decoder(frames.transpose(1, 2)))[:, 0]


class Autoregressive(nn.Module):
    """Vocal [1, T] at 24 kHz -> accompaniment [1, about T]."""

    def __init__(self, config: AutoregressiveConfig | None = None) -> None:
        super().__init__()
        config = config or AutoregressiveConfig()
        codes_s = SEMANTIC_HZ + COARSE_HZ + FINE_HZ
        self.codec = _Codec(config.codec_dim)
        self.semantic = LanguageModel(config, 2048)
        self.coarse = LanguageModel(config, _STRETCH_S * codes_s + 1)
        self.fine = LanguageModel(config, _STRETCH_S * codes_s + 1)
        self.calls = 0

    @torch.inference_mode()
    def forward(self, vocal: Tensor, *, seed: int = 0) -> Tensor:
        draws = torch.Generator().manual_seed(seed)
        self.calls = 2  # the codec's encoder and decoder

        def count() -> None:
            self.calls += 1

        seconds = -(-vocal.shape[-1] // SAMPLE_RATE)
        sung = self.codec.encode(functional.pad(vocal, (0, seconds * SAMPLE_RATE - vocal.shape[-1])))
        sung = sung[:, : seconds * _FRAMES_HZ : _FRAMES_HZ // SEMANTIC_HZ]
        semantic: list[Tensor] = []
        books: list[Tensor] = []
        for start in range(0, seconds, _STRETCH_S):
            stop = min(seconds, start + _STRETCH_S)
            heard = sung[:, start * SEMANTIC_HZ : stop * SEMANTIC_HZ]
            context = torch.cat([*semantic, sung[:, : stop * SEMANTIC_HZ]], dim=1)[:, -1024:]
            semantic.append(self.semantic.write(context, (stop - start) * SEMANTIC_HZ, draws, count))
            prompt = torch.cat([heard, semantic[-1]], dim=1)
            coarse = self.coarse.write(prompt, (stop - start) * COARSE_HZ, draws, count)
            fine = self.fine.write(coarse, (stop - start) * FINE_HZ, draws, count)
            frames = (stop - start) * _FRAMES_HZ
            parts = [t.reshape(1, frames, -1).transpose(1, 2) for t in (coarse, fine)]
            books.append(torch.cat(parts, dim=1))
        return self.codec.decode(torch.cat(books, dim=2))
