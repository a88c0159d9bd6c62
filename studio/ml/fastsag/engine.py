"""FastSAG behind the seam of every engine: request in, candidates of one `band` stem out.

The vocal is heard once; candidates differ in their noise. The paper's system is mono with 12 kHz of bandwidth and
gives a sound alone: both channels are the same, and the arrangement holds the vocal's grid and key but no notes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from studio.core.arrangement import BAND, Arrangement
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.engines import FASTSAG, UNTRAINED, check_fastsag_weights
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.dsp.band_mix import active_rms
from studio.dsp.resample import resample
from studio.ml.adapting.clips import AdapterReport, AdapterTraining
from studio.ml.adapting.slot import AdapterSlot
from studio.ml.device import choose_device, describe_device, supports_bfloat16
from studio.ml.fastsag.checkpoint import read_header
from studio.ml.fastsag.config import CONTRACT, FastSAGConfig
from studio.ml.fastsag.front_end import scale_audio
from studio.ml.fastsag.learning import train_mixes
from studio.ml.fastsag.model import FastSAG, Solver, network_calls, vocoded_stretches
from studio.ml.fastsag.song import plan_windows, sample_song, song_priors
from studio.ml.interrupt import interruptible
from studio.ml.sound.synthesis import StageClock, frame_noise
from studio.ml.weights import file_hash

#: Nearly as close as the paper's 51 calls of the network with half of them: docs/fastsag.md has the figures.
SOLVER: Solver = "dpm++"
STEPS = 24

#: The band lies this far under the vocal, as that of the band model does.
_UNDER_VOCAL_DB = -1.0
_NOISE_ROW = 40  # of the timeline's noise, beyond the rows of the band model's stems


def load_fastsag(path: Path, device: str = "auto") -> FastSAGEngine:
    """Loads an imported or trained model, or the paper's networks with random weights for the path UNTRAINED.

    Raises:
        StudioError: for a missing or damaged file, or a device this machine does not have.
    """
    place = choose_device(device)
    if path == UNTRAINED:
        torch.manual_seed(0)
        return FastSAGEngine(FastSAG(FastSAGConfig()), place, {})
    check_fastsag_weights(path)
    header = read_header(path)
    digest = file_hash(path)
    _check_hash(path, digest)
    model = FastSAG.load(path, header["semantic_to_mel"])
    return FastSAGEngine(model, place, {"fastsag": digest})


def _check_hash(path: Path, digest: str) -> None:
    """Against the record that the import wrote beside the model, where there is one. Raises StudioError."""
    try:
        record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        wanted = record["sha256"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    if wanted != digest:
        raise StudioError(
            tr("The model {name} is damaged or was replaced", name=path.name),
            seen=f"SHA-256 {digest[:12]}...",
            expected=tr("{wanted}..., as it was when it was imported", wanted=str(wanted)[:12]),
            todo=tr("Import it again with: studio import-fastsag"),
        )


class FastSAGEngine:
    """See core.pipeline.Engine."""

    def __init__(
        self,
        model: FastSAG,
        device: torch.device,
        hashes: Mapping[str, str],
        *,
        solver: Solver = SOLVER,
        steps: int = STEPS,
    ) -> None:
        self.model = model.to(device).requires_grad_(False).eval()
        self.model.half_precision = supports_bfloat16(device)
        self._device, self._base_hashes = device, dict(hashes)
        self._adapters = AdapterSlot({"fastsag": self.model}, hashes)
        self._solver, self._steps = solver, steps

    @property
    def device(self) -> str:
        return describe_device(self._device)

    @property
    def model_hashes(self) -> Mapping[str, str]:
        return {**self._base_hashes, **self._adapters.hashes}

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> Mapping[str, str]:
        """Plays with a personal adapter from now on; see BandEngine.use_adapter of studio.ml.engine."""
        self._adapters.use(path, strength)
        return self.model_hashes

    def train(self, training: AdapterTraining, run: Run) -> AdapterReport:
        """Trains a personal adapter, from the base whatever is in use; see fastsag.learning.train_mixes."""
        with self._adapters.base():
            return train_mixes(self.model, self._base_hashes, training, run)

    def generate(self, request: GenerationRequest, run: Run) -> Mapping[str, float]:
        """See core.pipeline.Engine.generate."""
        FASTSAG.check(request.controls, request.change)
        if not 1 <= request.candidates <= 8:
            raise StudioError(
                tr("Cannot make that many candidates"), seen=str(request.candidates), expected=tr("1 to 8")
            )
        clock, rate = StageClock(), CONTRACT.sample_rate
        vocal = torch.from_numpy(
            resample(Audio(request.vocal.mono()[None], request.vocal.sample_rate), rate).samples
        )
        windows = plan_windows(vocal.shape[-1], self.model.config)
        calls = network_calls(self._solver, self._steps)
        # In calls of the network: hearing a window costs about three, vocoding a stretch about six.
        hearing, vocoding = 3, 6
        playing = len(windows.starts) * calls + vocoding * vocoded_stretches(windows.frames)
        wanted = [index for index in range(request.candidates) if request.wants(index + 1)]
        total = hearing * len(windows.starts) + len(wanted) * playing
        done = 0

        def step(stage: str, weight: int = 1) -> None:
            nonlocal done
            done += weight
            run.step(stage, done / total)

        began = time.perf_counter()
        with interruptible(self.model, run.cancel.check):
            priors = song_priors(
                self.model,
                scale_audio(vocal)[0],
                windows,
                on_step=lambda: step(tr("Hearing the voice"), hearing),
            )
            began = clock.add("semantic and prior projection", began)
            for index in wanted:
                name = tr(
                    "Playing candidate {index} of {candidates}",
                    index=index + 1,
                    candidates=request.candidates,
                )
                noise = frame_noise(request.seed * 64 + index, _NOISE_ROW, 0, windows.frames, CONTRACT.n_mels)
                mel = sample_song(
                    self.model, priors, windows, torch.from_numpy(noise)[None], steps=self._steps,
                    solver=self._solver, on_step=lambda name=name: step(name),  # type: ignore[misc]
                )  # fmt: skip
                began = clock.add("mel diffusion", began)
                sound = self.model.vocode(mel, on_step=lambda name=name: step(name, vocoding))[0]  # type: ignore[misc]
                began = clock.add("vocoder", began)
                dry = sound[: vocal.shape[-1]].cpu().numpy()
                band = resample(
                    Audio(dry[None], rate), request.vocal.sample_rate, frames=request.vocal.frames
                )
                samples = np.repeat(band.samples * _gain(dry, request.vocal), 2, axis=0)
                began = clock.add("mix", began)
                stems = {BAND: Audio(samples, request.vocal.sample_rate)}
                arrangement = Arrangement(request.analysis.grid, request.analysis.key, FASTSAG.title, (), {})
                run.on_candidate(Candidate(index + 1, arrangement, stems, self._settings(request, index)))
        return clock.seconds

    def _settings(self, request: GenerationRequest, index: int) -> dict[str, object]:
        settings: dict[str, object] = {
            "engine": FASTSAG.name,
            "seed": request.seed,
            "candidate": index + 1,
            "solver": self._solver,
            "network_calls": network_calls(self._solver, self._steps),
            "weights": "untrained" if self.model.never_trained else "trained",
            "licence": "Made with Backline (MIT) and FastSAG. Where the model holds MERT's weights these are "
            "CC BY-NC 4.0: not for commercial use. Rights in the vocal stay with their holder.",
        }
        return settings


def _gain(band: np.ndarray, vocal: Audio) -> np.float32:
    """Puts the band a little under the vocal; a silent vocal is taken for a quiet one."""
    level = active_rms(band)
    if level == 0.0:
        return np.float32(0.0)
    wanted = max(active_rms(vocal.mono()), 0.01) * 10 ** (_UNDER_VOCAL_DB / 20)
    return np.float32(wanted / level)
