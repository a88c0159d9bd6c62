"""The two systems of the comparison behind one face: losses of a batch, weights, and a mel for a vocal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from studio.ml.fastsag.config import CONTRACT, FastSAGConfig
from studio.ml.fastsag.front_end import mel_spectrogram, normalise, scale_audio
from studio.ml.fastsag.model import Solver, network_calls
from studio.ml.fastsag.song import plan_windows, sample_song, song_priors
from studio.ml.sound.synthesis import frame_noise
from studio.training.collections.vocal_pairs import PairedClips
from studio.training.comparison.codes import MelCodes
from studio.training.comparison.hearing import SIZES, SmallFastSAG
from studio.training.comparison.token_model import TokenConfig, TokenModel, token_losses
from studio.training.runs.feed import Batch
from studio.training.runs.train_fastsag import fastsag_losses, trained_parts

#: Batches of clips that the codebooks are learnt from, and the number of the first, past those of any training.
_CODE_BATCHES, _CODE_STEP = 80, 10**6
_NOISE_ROW = 41


class System(Protocol):
    """A generator that can be trained on pairs.

    Attributes:
        network: what learns.
    """

    network: nn.Module

    def prepare(self, clips: PairedClips, folder: Path) -> None:
        """What must be known before the first step; kept in `folder` and found there again."""

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """'loss' is what is minimised."""

    def mel(self, vocal: Tensor, seed: int) -> Tensor:
        """Samples [1, T] at 24 kHz, any level -> normalised mel [1, M, ceil(T / hop) or a little more]."""

    def calls(self, samples: int) -> int:
        """How often `mel` runs its network."""


class FastSAGSystem:
    """FastSAG in small: one pass of projections, then diffusion of the whole clip.

    Args:
        solver, steps: the paper's by default, 51 calls of the network.
    """

    def __init__(self, config: FastSAGConfig = SIZES, *, solver: Solver = "euler", steps: int = 50) -> None:
        self.solver: Solver = solver
        self.steps = steps
        self.model = SmallFastSAG(config)
        self.network: nn.Module = trained_parts(self.model)

    def prepare(self, clips: PairedClips, folder: Path) -> None:
        """Nothing."""

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """See train_fastsag.fastsag_losses."""
        return fastsag_losses(self.model, batch)

    def mel(self, vocal: Tensor, seed: int) -> Tensor:
        """See System."""
        windows = plan_windows(vocal.shape[-1], self.model.config)
        priors = song_priors(self.model, scale_audio(vocal)[0], windows)
        noise = torch.from_numpy(frame_noise(seed, _NOISE_ROW, 0, windows.frames, CONTRACT.n_mels))[None]
        return sample_song(self.model, priors, windows, noise, steps=self.steps, solver=self.solver)

    def calls(self, samples: int) -> int:
        """See System."""
        windows = len(plan_windows(samples, self.model.config).starts)
        return windows * network_calls(self.solver, self.steps)


class AutoregressiveSystem:
    """The yardstick: codes of the mel, one after another."""

    def __init__(self, config: TokenConfig | None = None) -> None:
        self.model = TokenModel(config)
        self.codes = MelCodes(CONTRACT.n_mels, self.model.config.levels, self.model.config.codes)
        self.network: nn.Module = self.model

    def prepare(self, clips: PairedClips, folder: Path) -> None:
        """Learns the codebooks from the accompaniments."""
        path = folder / "codes.safetensors"
        if not path.exists():
            mels = [
                normalise(mel_spectrogram(clips(_CODE_STEP + i)["accompaniment"]))
                for i in range(_CODE_BATCHES)
            ]
            self.codes.learn(torch.cat(mels))
            folder.mkdir(parents=True, exist_ok=True)
            save_file(self.codes.state_dict(), path.with_suffix(".tmp"))
            path.with_suffix(".tmp").replace(path)
        self.codes.load_state_dict(load_file(path))

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """See token_model.token_losses."""
        mel = normalise(mel_spectrogram(batch["accompaniment"]))
        return token_losses(self.model, self.codes, batch["vocal"], mel)

    def mel(self, vocal: Tensor, seed: int) -> Tensor:
        """See System."""
        room = -vocal.shape[-1] % (2 * CONTRACT.hop_length)
        heard = self.model.hear(functional.pad(scale_audio(vocal), (0, room)))
        return self.codes.decode(self.model.write(heard, seed))

    def calls(self, samples: int) -> int:
        """See System."""
        return -(-samples // (2 * CONTRACT.hop_length)) * self.model.config.levels


SYSTEMS: dict[str, Callable[[], System]] = {"fastsag": FastSAGSystem, "autoregressive": AutoregressiveSystem}
