"""Vocals of any length: windows of one clip that agree.

Each window has its own prior mel, and all windows share one noise over the song. At every step each window's
estimate of the clean mel is faded into its neighbours', and the sampler moves the song as a whole (MultiDiffusion,
arXiv:2302.08113): where windows overlap there is one mel. A song of one clip is exactly `FastSAG.generate_mel`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from studio.ml.fastsag.config import CONTRACT, EDM, FastSAGConfig
from studio.ml.fastsag.model import SOLVERS, FastSAG, Solver
from studio.ml.sound.edm import Denoiser, sigma_schedule

#: Share of a window that it has in common with the next.
OVERLAP = 0.25


@dataclass(frozen=True)
class Windows:
    """Where the windows of a song lie, in mel frames; the song is never shorter than one window."""

    frames: int
    size: int
    starts: tuple[int, ...]

    def weights(self) -> Tensor:
        """How much each window counts in each of its frames, [W, size]: most in its middle, 1 in all over the song."""
        frame = torch.arange(self.size) + 0.5
        middle = torch.minimum(frame, self.size - frame)
        total = torch.zeros(self.frames)
        for start in self.starts:
            total[start : start + self.size] += middle
        return torch.stack([middle / total[start : start + self.size] for start in self.starts])


def plan_windows(samples: int, config: FastSAGConfig) -> Windows:
    """Evenly spread windows over `samples` at 24 kHz, each sharing OVERLAP or more with the next."""
    size = config.frames
    frames = max(size, -(-samples // CONTRACT.hop_length))
    furthest = frames - size
    count = 1 + -(-furthest // int(size * (1 - OVERLAP)))
    starts = tuple(round(i * furthest / max(1, count - 1)) for i in range(count))
    return Windows(frames, size, starts)


@torch.inference_mode()
def song_priors(
    model: FastSAG, vocal: Tensor, windows: Windows, *, on_step: Callable[[], None] | None = None
) -> Tensor:
    """The prior mel of each window, [W, 100, padded frames].

    Args:
        vocal: scaled samples [T] at 24 kHz; silence is added at the end.
    """
    hop, clip = CONTRACT.hop_length, model.config.clip_samples
    vocal = functional.pad(vocal, (0, max(0, windows.frames * hop + clip - len(vocal))))
    priors = []
    for start in windows.starts:
        piece = vocal[None, start * hop : start * hop + clip]
        priors.append(model.project_prior(model.project_semantics(model.semantic_features(piece))))
        if on_step:
            on_step()
    return torch.cat(priors)


def song_denoiser(
    model: FastSAG, priors: Tensor, windows: Windows, *, on_step: Callable[[], None] | None = None
) -> Denoiser:
    """A denoiser of whole songs [1, 100, frames]; `on_step` is called after each window."""
    weights = windows.weights().to(model.device)
    fill = model.config.padded_frames - windows.size

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        song = torch.zeros_like(x)
        for start, mu, weight in zip(windows.starts, priors, weights, strict=True):
            inside = slice(start, start + windows.size)
            estimate = model.denoiser(mu[None])(functional.pad(x[..., inside], (0, fill)), sigma)
            song[..., inside] += weight * estimate[..., : windows.size]
            if on_step:
                on_step()
        return song

    return denoise


@torch.inference_mode()
def sample_song(
    model: FastSAG,
    priors: Tensor,
    windows: Windows,
    noise: Tensor,
    *,
    steps: int,
    solver: Solver,
    on_step: Callable[[], None] | None = None,
) -> Tensor:
    """The normalised mel of a song, [1, 100, frames], from its priors and unit noise of the same shape."""
    sigmas = sigma_schedule(EDM, steps + 1)
    denoise = song_denoiser(model, priors, windows, on_step=on_step)
    return SOLVERS[solver](denoise, noise.to(model.device) * sigmas[0], sigmas)
