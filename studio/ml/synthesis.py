"""From an arrangement to dry stems: excitation, prior projection, mel diffusion, vocoder.

Songs are computed in windows. Every network here is local, and all noise belongs to positions on the
timeline, so each window is given the context its networks can see and the windows agree: their joins are not
joins at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.core.arrangement import STEMS, Arrangement
from studio.ml.edm import sample_euler, sigma_schedule
from studio.ml.excitation import excite
from studio.ml.mel import denormalise, log_mel, normalise
from studio.ml.mel_model import EDM, RESIDUAL_SCALE, MelModel, frame_features, instrument_index
from studio.ml.vocoder import Vocoder

Array = NDArray[np.float32]

_NOISE_BLOCK = 512


@dataclass
class StageClock:
    """Seconds spent in each named stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, since: float) -> float:
        """Adds the time from `since` to now; returns now."""
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - since
        return now


@dataclass(frozen=True)
class SynthesisConfig:
    """How a mel is sampled.

    Attributes:
        steps: evaluations of the denoiser; 0 plays the prior's mean mel.
        temperature: scale of the starting noise (Grad-TTS, arXiv:2105.06337): 1 samples the learnt spread, less
            is smoother.
        window_frames: mel frames (about 86 a second) computed at a time.
    """

    steps: int = 4
    temperature: float = 0.5
    window_frames: int = 1024


def frame_noise(seed: int, row: int, start: int, frames: int, n_mels: int) -> Array:
    """Gaussian noise [M, F] of a timeline: a frame has its noise wherever the stretch begins."""
    first, last = start // _NOISE_BLOCK, (start + frames - 1) // _NOISE_BLOCK
    blocks = [
        np.random.default_rng([seed, 5, row, block]).standard_normal((n_mels, _NOISE_BLOCK), dtype=np.float32)
        for block in range(first, last + 1)
    ]
    offset = start - first * _NOISE_BLOCK
    return np.concatenate(blocks, axis=1)[:, offset : offset + frames]


def _windows(total: int, size: int, margin: int) -> Iterator[tuple[slice, slice, slice]]:
    """(context on the song, kept part within the context, kept part on the song) for each window."""
    for start in range(0, total, size):
        stop = min(total, start + size)
        low, high = max(0, start - margin), min(total, stop + margin)
        yield slice(low, high), slice(start - low, stop - low), slice(start, stop)


class Synthesiser:
    """Plays arrangements with the mel model and the vocoder."""

    def __init__(
        self, mel_model: MelModel, vocoder: Vocoder, device: torch.device, *, bfloat16: bool
    ) -> None:
        vocoder.contract.check(mel_model.contract, mine="vocoder", others="mel model")
        self.mel_model = mel_model.to(device).eval()
        self.vocoder = vocoder.to(device).eval()
        self.contract = vocoder.contract
        self.device, self.bfloat16 = device, bfloat16

    def calls(self, samples: int, config: SynthesisConfig) -> int:
        """How often `on_step` will be called for a song."""
        windows = -(-self.contract.frames(samples) // config.window_frames)
        return windows * (config.steps + 2)

    @torch.inference_mode()
    def play(
        self,
        arrangement: Arrangement,
        samples: int,
        *,
        seed: int,
        config: SynthesisConfig,
        on_step: Callable[[], None],
        clock: StageClock,
    ) -> dict[str, Array]:
        """Dry mono stems.

        Args:
            samples: length of the song at the contract's rate.
            seed: of all noise.
            on_step: called many times a second; may raise JobCancelled.

        Returns:
            float32 [samples] by stem name; a stem without notes is silence.
        """
        frames = self.contract.frames(samples)
        sounding = [s for s in STEMS if arrangement.parts[s].notes]
        stems = {s: np.zeros(samples, dtype=np.float32) for s in STEMS}
        if not sounding:
            return stems
        mels = self._mels(arrangement, sounding, frames, seed, config, on_step, clock)
        hop = self.contract.hop_length
        kinds = torch.tensor([STEMS.index(s) for s in sounding], device=self.device)
        for context, inner, outer in _windows(frames, config.window_frames, self.vocoder.receptive_frames):
            began = time.perf_counter()
            excitation, noise = self._sources(arrangement, sounding, context, seed)
            began = clock.add("excitation", began)
            with self._autocast():
                mel = torch.from_numpy(mels[:, :, context]).float().to(self.device)
                audio = self.vocoder(denormalise(mel), excitation, noise, kinds).float().cpu().numpy()
            kept = audio[:, inner.start * hop : inner.stop * hop]
            for stem, row in zip(sounding, kept, strict=True):
                target = stems[stem][outer.start * hop : outer.stop * hop]
                target[:] = row[: len(target)]
            clock.add("vocoder", began)
            on_step()
        return stems

    def _mels(
        self,
        arrangement: Arrangement,
        sounding: list[str],
        frames: int,
        seed: int,
        config: SynthesisConfig,
        on_step: Callable[[], None],
        clock: StageClock,
    ) -> NDArray[np.float16]:
        """Normalised log-mels of the whole song, float16 [S, M, F], window by window."""
        n_mels = self.contract.n_mels
        out = np.zeros((len(sounding), n_mels, frames), dtype=np.float16)
        instruments = torch.tensor(
            [instrument_index(s, arrangement.parts[s].instrument) for s in sounding], device=self.device
        )
        # One evaluation sees `receptive_frames`; later steps correct little, so two evaluations' worth is
        # plenty.
        margin = 2 * self.mel_model.receptive_frames
        sigmas = sigma_schedule(EDM, config.steps)
        for context, inner, outer in _windows(frames, config.window_frames, margin):
            began = time.perf_counter()
            excitation, _ = self._sources(arrangement, sounding, context, seed)
            began = clock.add("excitation", began)
            count = context.stop - context.start
            features = np.stack(
                [
                    frame_features(s, arrangement.parts[s].notes, context.start, count, self.contract)
                    for s in sounding
                ]
            )
            source = normalise(log_mel(excitation, self.contract))
            with self._autocast():
                mu, hidden = self.mel_model.prior(
                    torch.from_numpy(features).to(self.device), source, instruments
                )
            mu = mu.float()
            began = clock.add("prior projection", began)
            on_step()
            if config.steps:
                denoise = self.mel_model.denoiser(mu, hidden, instruments)

                def step(x: Tensor, sigma: Tensor, denoise=denoise) -> Tensor:  # type: ignore[no-untyped-def]
                    with self._autocast():
                        return denoise(x, sigma).float()

                noise = np.stack(
                    [frame_noise(seed, STEMS.index(s), context.start, count, n_mels) for s in sounding]
                )
                start = torch.from_numpy(noise).to(self.device) * (config.temperature * sigmas[0])
                mu = mu + sample_euler(step, start, sigmas, on_step=on_step) / RESIDUAL_SCALE
            out[:, :, outer] = mu[:, :, inner].cpu().numpy()
            clock.add("mel diffusion", began)
        return out

    def _sources(
        self, arrangement: Arrangement, sounding: list[str], frames: slice, seed: int
    ) -> tuple[Tensor, Tensor]:
        """Excitation and noise of a window for the sounding stems, [S, F * hop] each."""
        hop, rate = self.contract.hop_length, self.contract.sample_rate
        pairs = [
            excite(
                s, arrangement.parts[s].notes, seed=seed * 8 + STEMS.index(s),
                start=frames.start * hop, frames=(frames.stop - frames.start) * hop, sample_rate=rate,
            )
            for s in sounding
        ]  # fmt: skip
        first, second = (
            torch.from_numpy(np.stack(column)).to(self.device) for column in zip(*pairs, strict=True)
        )
        return first, second

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)
