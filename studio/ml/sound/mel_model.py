"""Prior projection and mel denoiser: what a stem's notes sound like, as a log-mel.

The condition is what the notes say on every frame (frame_features) and the mel of their excitation. The prior
projection turns it into mu, the mean mel (FastSAG section 3.3); the denoiser adds what a mean cannot have, by
EDM on the residual y - mu. Every stem is a batch entry of its own: dry stems do not depend on each other, and
one small network serves all four.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.core.arrangement import STEMS, Note
from studio.core.instruments import INSTRUMENTS, SOUNDS
from studio.ml.blocks import KERNEL, ConvNeXtBlock, LevelEmbedding, frames_first
from studio.ml.sound.edm import Denoiser, EDMConfig, precondition, sample_dpmpp_2m, sigma_schedule
from studio.ml.sound.excitation import DRUM_KEYS
from studio.ml.sound.mel import MelContract

#: Pitches of the note rolls: A0 to C8.
_LOW, _PITCHES = 21, 88
_DRUM_DECAYS_S = (0.06, 0.4)
N_FEATURES = 2 * _PITCHES + len(DRUM_KEYS) * len(_DRUM_DECAYS_S)
#: Index of the first instrument of each stem in the shared embedding.
_FIRST = {stem: sum(len(INSTRUMENTS[s]) for s in STEMS[: STEMS.index(stem)]) for stem in STEMS}
_N_INSTRUMENTS = sum(len(INSTRUMENTS[stem]) for stem in STEMS)

#: Residuals y - mu are small: scaled up by this they have about EDM's sigma_data of 0.5.
RESIDUAL_SCALE = 4.0
EDM = EDMConfig(p_mean=-1.0, p_std=1.2, sigma_min=0.02, sigma_max=8.0)
#: Where sampling begins and ends: a residual is lost in noise of 3, and what is left of 0.08 is not heard.
SAMPLED = replace(EDM, sigma_min=0.08, sigma_max=3.0)


def sample_residual(
    denoise: Denoiser,
    noise: Tensor,
    *,
    steps: int,
    temperature: float,
    on_step: Callable[[], None] | None = None,
) -> Tensor:
    """What the diffusion adds to the prior's mel, shaped like the unit `noise`; `on_step` as of the samplers."""
    # On the device before the loop: a copy within it would wait for the GPU.
    sigmas = sigma_schedule(SAMPLED, steps).to(noise.device)
    start = noise * (temperature * sigmas[0])
    return sample_dpmpp_2m(denoise, start, sigmas, on_step=on_step) / RESIDUAL_SCALE


def instrument_rows(sounds: int) -> int:
    """Rows of the instrument embedding of a model that knows the first so many SOUNDS."""
    return _N_INSTRUMENTS + sounds


def instrument_index(stem: str, name: str) -> int:
    """Row of the instrument embedding: those of INSTRUMENTS stem by stem, then SOUNDS. ValueError for none of them."""
    names = [entry.name for entry in INSTRUMENTS[stem]]
    if name in names:
        return _FIRST[stem] + names.index(name)
    return _N_INSTRUMENTS + [(owner, entry.name) for owner, entry in SOUNDS].index((stem, name))


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
    """Sizes of the two networks; `sounds` counts the entries of core.instruments.SOUNDS, from the first, they know."""

    dim: int = 256
    prior_layers: int = 5
    denoiser_layers: int = 5
    sounds: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class MelModel(nn.Module):
    """Prior projection and denoiser over one stem at a time; all mels here are normalised (mel.normalise)."""

    def __init__(self, config: MelModelConfig, contract: MelContract) -> None:
        super().__init__()
        self.config, self.contract = config, contract
        mels, dim = contract.n_mels, config.dim
        self.features = nn.Conv1d(N_FEATURES + mels, dim, KERNEL, padding=KERNEL // 2)
        self.instrument = nn.Embedding(instrument_rows(config.sounds), dim)
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
            mu [B, M, F] and the hidden state [B, F, dim] that the denoiser reads too.
        """
        condition = self.instrument(instrument)
        h = frames_first(self.features(torch.cat([features, source_mel], dim=1)))
        for block in self.prior_blocks:
            h = block(h, condition)
        return self.prior_head(h.transpose(1, 2)) + source_mel, h

    def denoiser(self, mu: Tensor, hidden: Tensor, instrument: Tensor) -> Denoiser:
        """EDM denoiser of the scaled residual RESIDUAL_SCALE * (y - mu)."""
        embedded = self.instrument(instrument)
        mels, padding = self.contract.n_mels, KERNEL // 2
        of_x, of_mu = self.noisy.weight.split(mels, dim=1)
        # What does not change from step to step; a convolution of both inputs is the sum of two.
        fixed = nn.functional.conv1d(mu, of_mu, self.noisy.bias, padding=padding)
        fixed = frames_first(fixed) + hidden

        def network(x: Tensor, sigma: Tensor) -> Tensor:
            condition = embedded + self.level(sigma)
            h = frames_first(nn.functional.conv1d(x, of_x, padding=padding)) + fixed
            for block in self.blocks:
                h = block(h, condition)
            return self.head(h.transpose(1, 2))

        return precondition(network, EDM)
