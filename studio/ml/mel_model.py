"""Prior projection and mel denoiser: what a stem's notes sound like, as a log-mel.

The condition is what the notes say on every frame (frame_features) and the mel of their excitation. The prior
projection turns it into mu, the mean mel (FastSAG section 3.3); the denoiser adds what a mean cannot have, by
EDM on the residual y - mu. Every stem is a batch entry of its own: dry stems do not depend on each other, and
one small network serves all four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.core.arrangement import STEMS, Note
from studio.core.instruments import INSTRUMENTS
from studio.ml.blocks import KERNEL, ConvNeXtBlock, LevelEmbedding
from studio.ml.edm import Denoiser, EDMConfig, precondition
from studio.ml.excitation import DRUM_KEYS
from studio.ml.mel import MelContract

#: Pitches of the note rolls: A0 to C8.
_LOW, _PITCHES = 21, 88
_DRUM_DECAYS_S = (0.06, 0.4)
N_FEATURES = 2 * _PITCHES + len(DRUM_KEYS) * len(_DRUM_DECAYS_S)
#: Index of the first instrument of each stem in the shared embedding.
_FIRST = {stem: sum(len(INSTRUMENTS[s]) for s in STEMS[: STEMS.index(stem)]) for stem in STEMS}
N_INSTRUMENTS = sum(len(INSTRUMENTS[stem]) for stem in STEMS)

#: Residuals y - mu are small: scaled up by this they have about EDM's sigma_data of 0.5.
RESIDUAL_SCALE = 4.0
EDM = EDMConfig(p_mean=-1.0, p_std=1.2, sigma_min=0.02, sigma_max=8.0)


def instrument_index(stem: str, name: str) -> int:
    """Row of the instrument embedding."""
    names = [entry.name for entry in INSTRUMENTS[stem]]
    return _FIRST[stem] + names.index(name)


def frame_features(
    stem: str, notes: Sequence[Note], start_frame: int, frames: int, contract: MelContract
) -> NDArray[np.float32]:
    """Rolls of the notes on mel frames, float32 [N_FEATURES, F].

    Tonal stems: velocity while a note is held, and an onset that fades over 0.1 s; drums: a fast and a slow
    decay for each kind of hit.
    """
    rate = contract.sample_rate / contract.hop_length
    out = np.zeros((N_FEATURES, frames), dtype=np.float32)
    times = ((np.arange(frames) + start_frame + 0.5) / rate).astype(np.float32)
    tail_s = 2.0 if stem == "drums" else 0.6
    for note in notes:
        last_s = note.start_s + tail_s if stem == "drums" else max(note.end_s, note.start_s + tail_s)
        first = max(0, int(note.start_s * rate) - start_frame)
        stop = min(frames, int(last_s * rate) + 1 - start_frame)
        if stop <= first:
            continue
        t = np.maximum(times[first:stop] - note.start_s, 0.0)
        velocity = note.velocity / 127.0
        if stem == "drums":
            row = 2 * _PITCHES + DRUM_KEYS.index(note.pitch) * len(_DRUM_DECAYS_S)
            for offset, decay_s in enumerate(_DRUM_DECAYS_S):
                out[row + offset, first:stop] = np.maximum(
                    out[row + offset, first:stop], velocity * np.exp(-t / decay_s)
                )
        else:
            row = min(max(note.pitch - _LOW, 0), _PITCHES - 1)
            held = times[first:stop] < note.end_s
            out[row, first:stop] = np.maximum(out[row, first:stop], velocity * held)
            out[_PITCHES + row, first:stop] = np.maximum(
                out[_PITCHES + row, first:stop], velocity * np.exp(-t / 0.1)
            )
    return out


@dataclass(frozen=True)
class MelModelConfig:
    """Sizes of the two networks."""

    dim: int = 256
    prior_layers: int = 5
    denoiser_layers: int = 5

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class MelModel(nn.Module):
    """Prior projection and denoiser over one stem at a time; all mels here are normalised (mel.normalise)."""

    def __init__(self, config: MelModelConfig, contract: MelContract) -> None:
        super().__init__()
        self.config, self.contract = config, contract
        mels, dim = contract.n_mels, config.dim
        self.features = nn.Conv1d(N_FEATURES + mels, dim, KERNEL, padding=KERNEL // 2)
        self.instrument = nn.Embedding(N_INSTRUMENTS, dim)
        self.prior_blocks = nn.ModuleList(
            ConvNeXtBlock(dim, condition_dim=dim) for _ in range(config.prior_layers)
        )
        self.prior_head = nn.Conv1d(dim, mels, 1)
        self.level = LevelEmbedding(dim)
        self.noisy = nn.Conv1d(2 * mels, dim, KERNEL, padding=KERNEL // 2)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(dim, condition_dim=dim) for _ in range(config.denoiser_layers)
        )
        self.head = nn.Conv1d(dim, mels, 1)
        nn.init.zeros_(self.head.weight)

    @property
    def receptive_frames(self) -> int:
        """Frames each side that one evaluation depends on, prior included."""
        return (self.config.prior_layers + self.config.denoiser_layers + 2) * (KERNEL // 2)

    def prior(self, features: Tensor, source_mel: Tensor, instrument: Tensor) -> tuple[Tensor, Tensor]:
        """Prior projection.

        Args:
            features: [B, N_FEATURES, F].
            source_mel: mel of the excitation, normalised, [B, M, F].
            instrument: [B], from `instrument_index`.

        Returns:
            mu [B, M, F] and the hidden state [B, dim, F] that the denoiser reads too.
        """
        condition = self.instrument(instrument)
        h = self.features(torch.cat([features, source_mel], dim=1))
        for block in self.prior_blocks:
            h = block(h, condition)
        return self.prior_head(h) + source_mel, h

    def denoiser(self, mu: Tensor, hidden: Tensor, instrument: Tensor) -> Denoiser:
        """EDM denoiser of the scaled residual RESIDUAL_SCALE * (y - mu)."""
        embedded = self.instrument(instrument)

        def network(x: Tensor, sigma: Tensor) -> Tensor:
            condition = embedded + self.level(sigma)
            h = self.noisy(torch.cat([x, mu], dim=1)) + hidden
            for block in self.blocks:
                h = block(h, condition)
            return self.head(h)

        return precondition(network, EDM)
