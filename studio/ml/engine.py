"""The band engine: request in, candidates out. Loads the three bundled networks and runs them in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch

from studio.core.arrangement import STEMS, Arrangement
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.perform import perform
from studio.core.request import DENSITIES, Candidate, GenerationRequest
from studio.core.score import N_COLUMNS, STYLES, chord_token, repair
from studio.dsp.band_mix import active_rms, mix_band
from studio.dsp.resample import resample
from studio.ml.arrangement_model import ArrangementConfig, ArrangementModel, Condition, places, song_features
from studio.ml.arrangement_sampler import CALLS, Wishes, genome, sample_scores
from studio.ml.device import choose_device, supports_bfloat16
from studio.ml.mel import MelContract
from studio.ml.mel_model import MelModel, MelModelConfig
from studio.ml.melody import melody_features
from studio.ml.synthesis import StageClock, SynthesisConfig, Synthesiser
from studio.ml.vocoder import Vocoder, VocoderConfig
from studio.ml.weights import file_hash, load_into, read_weights

#: Share of a request's work that is spent on arranging, for progress.
_ARRANGING_SHARE = 0.08


def load_engine(models_dir: Path, device: str = "auto") -> BandEngine:
    """Loads the bundled band model.

    Args:
        models_dir: holds arrangement.safetensors, mel.safetensors and vocoder.safetensors.
        device: 'auto', 'cpu' or 'cuda'.

    Raises:
        StudioError: for a missing or damaged file, or a device this machine does not have.
    """
    place = choose_device(device)
    tensors, header = read_weights(models_dir / "arrangement.safetensors")
    arranger = ArrangementModel(ArrangementConfig(**header["config"]))
    load_into(arranger, tensors, "the arrangement model")
    styles = {meter: tuple(STYLES.index(s) for s in names) for meter, names in header["styles"].items()}
    tensors, header = read_weights(models_dir / "mel.safetensors")
    mel_model = MelModel(MelModelConfig(**header["config"]), MelContract(**header["contract"]))
    load_into(mel_model, tensors, "the mel model")
    tensors, header = read_weights(models_dir / "vocoder.safetensors")
    vocoder = Vocoder(VocoderConfig(**header["config"]), MelContract(**header["contract"]))
    load_into(vocoder, tensors, "the vocoder")
    hashes = {
        name: file_hash(models_dir / f"{name}.safetensors") for name in ("arrangement", "mel", "vocoder")
    }
    return BandEngine(arranger, styles, mel_model, vocoder, place, hashes)


class BandEngine:
    """See core.pipeline.Engine."""

    def __init__(
        self,
        arranger: ArrangementModel,
        styles: Mapping[str, tuple[int, ...]],
        mel_model: MelModel,
        vocoder: Vocoder,
        device: torch.device,
        hashes: Mapping[str, str],
        *,
        config: SynthesisConfig | None = None,
    ) -> None:
        self._arranger = arranger.to(device).eval()
        self._styles = styles
        self._device = device
        self._hashes = dict(hashes)
        self._synthesiser = Synthesiser(mel_model, vocoder, device, bfloat16=supports_bfloat16(device))
        self._config = config or SynthesisConfig()

    @property
    def device(self) -> str:
        if self._device.type == "cuda":
            return f"cuda ({torch.cuda.get_device_name(self._device)})"
        return self._device.type

    @property
    def model_hashes(self) -> Mapping[str, str]:
        return self._hashes

    @property
    def sample_rate(self) -> int:
        """Rate the networks work at; candidates are resampled once to the vocal's."""
        return self._synthesiser.contract.sample_rate

    def generate(
        self,
        request: GenerationRequest,
        *,
        on_step: StepCallback,
        on_candidate: Callable[[Candidate], None],
        cancel: CancelToken,
    ) -> Mapping[str, float]:
        """See core.pipeline.Engine.generate."""
        clock = StageClock()
        began = time.perf_counter()
        arrangements = self.arrange(request, on_step=on_step, cancel=cancel)
        clock.add("arrangement", began)
        rate = self._synthesiser.contract.sample_rate
        samples = max(1, round(request.vocal.frames * rate / request.vocal.sample_rate))
        calls = self._synthesiser.calls(samples, self._config) * len(arrangements)
        vocal_rms = active_rms(request.vocal.mono())
        done = 0
        for index, arrangement in enumerate(arrangements):
            name = f"Playing band {index + 1} of {len(arrangements)}"

            def step(name: str = name) -> None:
                nonlocal done
                cancel.check()
                done += 1
                on_step(Progress(name, _ARRANGING_SHARE + (1 - _ARRANGING_SHARE) * min(1.0, done / calls)))

            seed = request.seed * 64 + index
            dry = self._synthesiser.play(
                arrangement, samples, seed=seed, config=self._config, on_step=step, clock=clock
            )
            began = time.perf_counter()
            mixed = mix_band(dry, rate, vocal_rms=vocal_rms)
            cancel.check()
            stems = {}
            for stem in STEMS:
                stems[stem] = resample(
                    Audio(mixed.pop(stem), rate), request.vocal.sample_rate, frames=request.vocal.frames
                )
                cancel.check()
            clock.add("mix", began)
            on_candidate(
                Candidate(index + 1, arrangement, stems, self._settings(request, arrangement, index))
            )
        return clock.seconds

    def arrange(
        self, request: GenerationRequest, *, on_step: StepCallback, cancel: CancelToken
    ) -> list[Arrangement]:
        """The semantic projection alone: an arrangement for each candidate."""
        if not 1 <= request.candidates <= 8:
            raise StudioError(
                "Cannot make that many candidates", seen=str(request.candidates), expected="1 to 8"
            )
        analysis = request.analysis
        melody = melody_features(analysis.notes, analysis.grid, analysis.key)
        condition = Condition(
            torch.from_numpy(melody)[None],
            places(analysis.grid.meter, analysis.grid.beats)[None],
            song_features(analysis.tempo_bpm, analysis.key)[None],
        )
        done = 0

        def step() -> None:
            nonlocal done
            cancel.check()
            done += 1
            on_step(Progress("Arranging", _ARRANGING_SHARE * done / CALLS))

        noise = [genome(request.seed, i, analysis.grid.beats) for i in range(request.candidates)]
        scores = sample_scores(self._arranger, condition, noise, self._wishes(request), on_step=step)
        return [
            perform(repair(score), analysis.grid, analysis.key, seed=request.seed * 64 + i)
            for i, score in enumerate(scores)
        ]

    def _wishes(self, request: GenerationRequest) -> Wishes:
        """What the request fixes, in tokens."""
        controls, grid = request.controls, request.analysis.grid
        fixed: dict[str, int] = {}
        if controls.style is not None:
            if controls.style not in STYLES:
                raise StudioError(
                    "There is no such style",
                    seen=repr(controls.style),
                    expected="one of " + ", ".join(STYLES),
                )
            fixed["style"] = STYLES.index(controls.style)
        if controls.density is not None:
            if controls.density not in DENSITIES:
                raise StudioError(
                    "There is no such density", seen=repr(controls.density), expected=", ".join(DENSITIES)
                )
            fixed["density"] = DENSITIES.index(controls.density)
        tokens = None
        if controls.chords:
            tokens = np.full((grid.beats, N_COLUMNS), -1, dtype=np.int64)
            bars = np.arange(grid.beats) // grid.meter.quarters_per_bar
            chords = [chord_token(c, request.analysis.key) for c in controls.chords]
            tokens[:, 0] = [chords[bar % len(chords)] for bar in bars]
        return Wishes(tokens=tokens, globals=fixed, styles=self._styles.get(str(grid.meter)))

    def _settings(
        self, request: GenerationRequest, arrangement: Arrangement, index: int
    ) -> dict[str, object]:
        return {
            "engine": "band",
            "seed": request.seed,
            "candidate": index + 1,
            "style": arrangement.style,
            "density": request.controls.density or "auto",
            "chords": "given" if request.controls.chords else "auto",
            "instruments": {stem: part.instrument for stem, part in arrangement.parts.items()},
            "diffusion_steps": self._config.steps,
            "device": self._device.type,
        }
