"""FastSAG (Chen et al., IJCAI 2024, arXiv:2405.07682): ten seconds of a sung vocal in, its accompaniment out.

    vocal -> MERT features -> semantic WaveNet -> resize or PerceiverIO -> prior WaveNet = mu
    mu, noise -> EDM with a U-Net -> mel -> BigVGAN -> audio

Written from the paper and from the names and shapes of its public checkpoint, which loads as it is. The tree of
modules is the tree of those names. Longer vocals: song.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.ml.fastsag.checkpoint import config_of, fitting_tensors, no_config
from studio.ml.fastsag.config import CONTRACT, EDM, FastSAGConfig, SemanticToMel
from studio.ml.fastsag.front_end import denormalise
from studio.ml.fastsag.hubert import Hubert, semantic_features
from studio.ml.fastsag.perceiver import PerceiverIO
from studio.ml.fastsag.unet import UNet
from studio.ml.fastsag.wavenet import WaveNet
from studio.ml.sound.bigvgan import BigVGAN
from studio.ml.sound.edm import (
    Denoiser,
    precondition,
    sample_dpmpp_2m,
    sample_euler,
    sample_heun,
    sigma_schedule,
)
from studio.ml.tensor_file import read_tensor_file

Solver = Literal["euler", "heun", "dpm++"]
SOLVERS = {"euler": sample_euler, "heun": sample_heun, "dpm++": sample_dpmpp_2m}

#: Frames vocoded at a time.
_VOCODED_FRAMES = 512


def network_calls(solver: Solver, steps: int) -> int:
    """Calls of the U-Net: the levels are one more than the steps, as in the public sampler."""
    return 2 * steps + 1 if solver == "heun" else steps + 1


def vocoded_stretches(frames: int) -> int:
    """How many stretches `FastSAG.vocode` divides a mel into."""
    return -(-frames // _VOCODED_FRAMES)


class FastSAG(nn.Module):
    """All six networks.

    Args:
        config: sizes; the paper's by default.
        semantic_to_mel: 'perceiver' (what the released weights most likely use) or 'resize'.
    """

    def __init__(
        self, config: FastSAGConfig | None = None, semantic_to_mel: SemanticToMel = "perceiver"
    ) -> None:
        super().__init__()
        config = config or FastSAGConfig()
        self.config, self.semantic_to_mel = config, semantic_to_mel
        self.half_precision = False
        self.decoder = nn.ModuleDict({"estimator": UNet(config.unet)})
        self.mixed_encoder = WaveNet(config.prior)
        self.semantic_encoder = nn.ModuleList([WaveNet(config.semantic)])
        if semantic_to_mel == "perceiver":
            self.semantic_encoder.append(
                PerceiverIO(config.perceiver, config.semantic.dim, config.frames, CONTRACT.n_mels)
            )
        elif semantic_to_mel != "resize":
            raise StudioError(
                tr("There is no such way from semantic features to a mel"),
                seen=repr(semantic_to_mel),
                expected=tr("'perceiver' or 'resize'"),
            )
        self.vocoder = nn.ModuleDict({"generator": BigVGAN(config.vocoder)})
        self.wav2vec = nn.ModuleDict({"hubert": Hubert(config.hubert)})

    @staticmethod
    def load(
        path: str | Path, semantic_to_mel: SemanticToMel = "perceiver", *, device: str | torch.device = "cpu"
    ) -> FastSAG:
        """Reads a public `fastsag.pt` (tensors only, nothing in it is run) or our safetensors.

        Raises:
            StudioError: for a file that cannot be read or whose tensors do not fit, saying which.
        """
        content, header = read_tensor_file(Path(path))
        return FastSAG.of_tensors(content, header, semantic_to_mel, Path(path).name).to(device).eval()

    @staticmethod
    def of_tensors(
        content: Mapping[str, Any], header: Mapping[str, Any], semantic_to_mel: SemanticToMel, name: str
    ) -> FastSAG:
        """The network of a file's tensors and header, see checkpoint.fitting_tensors. Raises StudioError."""
        config = config_of(header, name)
        try:
            with torch.device("meta"):  # shapes only: the checkpoint's own tensors become the parameters
                model = FastSAG(config, semantic_to_mel)
        except (ValueError, TypeError, RuntimeError, AssertionError, ArithmeticError) as error:
            raise no_config(name, str(error)) from error
        tensors = fitting_tensors(content, model.state_dict(), semantic_to_mel, name)
        model.load_state_dict(tensors, assign=True)
        return model.requires_grad_(False).eval()

    @property
    def device(self) -> torch.device:
        return self.mixed_encoder.final_conv.weight.device

    @property
    def never_trained(self) -> bool:
        """Whether the U-Net has not taken a step: its ReZero gates, which start at 0, are all still there."""
        gates = [p for name, p in self.decoder.named_parameters() if name.endswith(".fn.g")]
        return not any(bool(g.any()) for g in gates)

    def semantic_features(self, vocal: Tensor) -> Tensor:
        """MERT's features of scaled audio [B, T] at 24 kHz: [B, 768, frames], see hubert.semantic_features."""
        with self._autocast():
            return semantic_features(cast(Hubert, self.wav2vec["hubert"]), vocal.to(self.device))

    def project_semantics(self, features: Tensor) -> Tensor:
        """The semantic projection: from the vocal's features to the accompaniment's, [B, 768, frames]."""
        with self._autocast():
            return self.semantic_encoder[0](features).float() + features

    def project_prior(self, semantics: Tensor) -> Tensor:
        """The prior projection: the mel the diffusion starts about, [B, 100, padded frames]."""
        frames = self.config.frames
        with self._autocast():
            if self.semantic_to_mel == "perceiver":
                mel = self.semantic_encoder[1](semantics)
            else:
                size = (CONTRACT.n_mels, frames)
                mel = functional.interpolate(semantics[:, None], size, mode="bilinear", align_corners=False)[
                    :, 0
                ]
            return self.mixed_encoder(functional.pad(mel, (0, self.config.padded_frames - frames))).float()

    def mask(self) -> Tensor:
        """1 for the frames of the clip, 0 for those that fill up: [1, 1, padded frames]."""
        mask = torch.zeros(1, 1, self.config.padded_frames, device=self.device)
        mask[..., : self.config.frames] = 1.0
        return mask

    def denoiser(self, mu: Tensor) -> Denoiser:
        """The denoiser for clips with these prior mels."""
        mask = self.mask()

        def network(x: Tensor, sigma: Tensor) -> Tensor:
            with self._autocast():
                return self.decoder["estimator"](x, sigma, mu, mask.expand(len(x), -1, -1)).float()

        return precondition(network, EDM)

    @torch.inference_mode()
    def generate_mel(
        self,
        vocal: Tensor,
        initial_noise: Tensor,
        *,
        steps: int = 50,
        solver: Solver = "euler",
        on_step: Callable[[], None] | None = None,
    ) -> Tensor:
        """The accompaniment of a clip.

        Args:
            vocal: float32 [B, 240000] at 24 kHz, scaled (`front_end.scale_audio`).
            initial_noise: [B, 100, 1024] of unit variance.
            steps: 50 is the paper's; the network is called `network_calls(solver, steps)` times.
            on_step: called after each of them; may raise JobCancelled.

        Returns:
            Normalised log-mel, float32 [B, 100, 937].
        """
        config = self.config
        _check("vocal", vocal, (config.clip_samples,))
        _check("initial_noise", initial_noise, (CONTRACT.n_mels, config.padded_frames))
        mu = self.project_prior(self.project_semantics(self.semantic_features(vocal)))
        sigmas = sigma_schedule(EDM, steps + 1)
        x = initial_noise.to(self.device) * sigmas[0]
        x = SOLVERS[solver](self.denoiser(mu), x, sigmas, on_step=on_step)
        return x[..., : config.frames]

    @torch.inference_mode()
    def vocode(self, mel: Tensor, *, on_step: Callable[[], None] | None = None) -> Tensor:
        """A mel as sound.

        Args:
            mel: normalised log-mel [B, 100, F], any F.
            on_step: called after each stretch of it; may raise JobCancelled.

        Returns:
            float32 [B, 256 F], -1 to 1.
        """
        generator, hop = cast(BigVGAN, self.vocoder["generator"]), CONTRACT.hop_length
        margin, total = generator.receptive_frames, mel.shape[-1]
        natural = denormalise(mel.to(self.device).float())
        pieces = []
        # A stretch is given all the context the network can see, so that joins cannot be heard.
        for start in range(0, total, _VOCODED_FRAMES):
            stop = min(total, start + _VOCODED_FRAMES)
            low, high = max(0, start - margin), min(total, stop + margin)
            with self._autocast():
                audio = generator(natural[..., low:high])
            pieces.append(audio.float()[:, (start - low) * hop : (stop - low) * hop])
            if on_step:
                on_step()
        return torch.cat(pieces, dim=-1)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half_precision)


def _check(name: str, value: Tensor, shape: tuple[int, ...]) -> None:
    if value.ndim != len(shape) + 1 or value.shape[1:] != shape:
        raise ValueError(f"{name} must be [B, {', '.join(map(str, shape))}], not {list(value.shape)}")
