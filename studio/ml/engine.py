"""The band engine: request in, candidates out. Loads the three bundled networks and runs them in order."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from studio.core.arrangement import Arrangement
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.instruments import SOUNDS
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest, Regenerate
from studio.ml.allocation import keep_freed_memory
from studio.ml.arrangement.arranging import Arranged, Arranger, load_arranger
from studio.ml.arrangement.model import ArrangementModel
from studio.ml.arrangement.regenerating import part_span_s, play_part
from studio.ml.arrangement.sampler import CALLS
from studio.ml.device import choose_device, describe_device, supports_bfloat16
from studio.ml.sound.mel import MelContract
from studio.ml.sound.mel_model import MelModel, MelModelConfig
from studio.ml.sound.mel_vocoder import MelVocoder, load_mel_vocoder
from studio.ml.sound.rendering import Rendering, vocal_level
from studio.ml.sound.synthesis import Performance, StageClock, SynthesisConfig, Synthesiser
from studio.ml.sound.vocoder import Vocoder, VocoderConfig
from studio.ml.weights import file_hash, load_into, read_weights
from studio.ml.workers import Workers

#: Share of a request's work that is spent on arranging, for progress.
_ARRANGING_SHARE = 0.08

#: Stems at the vocal's rate, in the mix, and the gains they got.
_Band = tuple[Mapping[str, Audio], Mapping[str, float]]


def load_engine(models_dir: Path, device: str = "auto", vocoder_file: Path | None = None) -> BandEngine:
    """Loads the bundled band model.

    Args:
        models_dir: holds arrangement.safetensors, mel.safetensors and vocoder.safetensors.
        device: 'auto', 'cpu' or 'cuda'.
        vocoder_file: a public BigVGAN of 44.1 kHz and 128 bands instead of the bundled vocoder.

    Raises:
        StudioError: for a missing or damaged file, a vocoder of another mel, or a device this machine does not have.
    """
    keep_freed_memory()
    place = choose_device(device)
    tensors, header = read_weights(models_dir / "mel.safetensors")
    mel_model = MelModel(MelModelConfig(**header["config"]), MelContract(**header["contract"]))
    load_into(mel_model, tensors, "the mel model")
    sounds = SOUNDS[: mel_model.config.sounds]
    arranger = load_arranger(models_dir / "arrangement.safetensors", place, sounds)
    vocoder: Vocoder | MelVocoder
    if vocoder_file is not None:
        vocoder = load_mel_vocoder(vocoder_file)
    else:
        tensors, header = read_weights(models_dir / "vocoder.safetensors")
        vocoder = Vocoder(VocoderConfig(**header["config"]), MelContract(**header["contract"]))
        load_into(vocoder, tensors, "the vocoder")
    hashes = {name: file_hash(models_dir / f"{name}.safetensors") for name in ("arrangement", "mel")}
    hashes["vocoder"] = file_hash(vocoder_file or models_dir / "vocoder.safetensors")
    return BandEngine(arranger, mel_model, vocoder, place, hashes)


class BandEngine:
    """See core.pipeline.Engine."""

    def __init__(
        self,
        arranger: Arranger,
        mel_model: MelModel,
        vocoder: Vocoder | MelVocoder,
        device: torch.device,
        hashes: Mapping[str, str],
        *,
        config: SynthesisConfig | None = None,
    ) -> None:
        self._arranger = arranger
        self._device = device
        self._hashes = dict(hashes)
        self._synthesiser = Synthesiser(mel_model, vocoder, device, bfloat16=supports_bfloat16(device))
        self._config = config or SynthesisConfig()

    @property
    def device(self) -> str:
        return describe_device(self._device)

    @property
    def model_hashes(self) -> Mapping[str, str]:
        return self._hashes

    @property
    def networks(self) -> tuple[ArrangementModel, MelModel, Vocoder | MelVocoder]:
        """For counting their parameters and calls."""
        return self._arranger.model, self._synthesiser.mel_model, self._synthesiser.vocoder

    @property
    def sample_rate(self) -> int:
        """Rate the networks work at; candidates are resampled once to the vocal's."""
        return self._synthesiser.contract.sample_rate

    def generate(self, request: GenerationRequest, run: Run) -> Mapping[str, float]:
        """See core.pipeline.Engine.generate."""
        clock = StageClock()
        began = time.perf_counter()
        arranged = self._arrange(request, run)
        clock.add("arrangement", began)
        steps = _Steps(len(arranged), run)
        if isinstance(request.change, Regenerate):
            bands = self._parts(request, request.change, arranged, steps, clock)
        else:
            bands = self._songs(request, arranged, steps, clock)
        # Closed however this ends, so that no thread works on.
        with contextlib.closing(bands):
            for index, (plan, (stems, gains)) in enumerate(zip(arranged, bands, strict=True)):
                recipe = replace(plan.recipe, gains=gains)
                settings = self._settings(request, plan.arrangement, index)
                run.on_candidate(Candidate(index + 1, plan.arrangement, stems, settings, recipe))
        return clock.seconds

    def arrange(self, request: GenerationRequest, run: Run) -> list[Arrangement]:
        """The semantic projection alone: an arrangement for each candidate."""
        return [a.arrangement for a in self._arrange(request, run)]

    def _arrange(self, request: GenerationRequest, run: Run) -> list[Arranged]:
        done, calls = 0, CALLS * len(set(request.readings))

        def step() -> None:
            nonlocal done
            done += 1
            run.step("Arranging", _ARRANGING_SHARE * done / calls)

        return self._arranger.arrange(request, on_step=step)

    def _songs(
        self, request: GenerationRequest, arranged: Sequence[Arranged], steps: _Steps, clock: StageClock
    ) -> Generator[_Band]:
        """Whole songs, one after the other. The next is begun while one is mixed and while the caller has it."""
        vocal = request.vocal
        vocal_rms = vocal_level(vocal)
        with Workers() as workers:

            def begin(index: int) -> Rendering:
                performance = self._performance(arranged[index], partial(steps.did, index), clock)
                return Rendering(self._synthesiser, workers, performance, vocal)

            current = begin(0)
            for index in range(len(arranged)):
                steps.expect(index, current.steps)
                current.await_windows(steps.report)
                current.begin_mix(vocal_rms)
                following = begin(index + 1) if index + 1 < len(arranged) else None
                yield current.stems(steps.report), current.gains
                if following:
                    current = following

    def _parts(
        self,
        request: GenerationRequest,
        change: Regenerate,
        arranged: Sequence[Arranged],
        steps: _Steps,
        clock: StageClock,
    ) -> Generator[_Band]:
        """Parts of songs, spliced into their parent."""
        first_s, last_s = part_span_s(request, change)
        windows = math.ceil(
            (last_s - first_s) * self.sample_rate / self._synthesiser.contract.hop_length
            / self._config.window_frames
        )  # fmt: skip
        for index, plan in enumerate(arranged):
            steps.expect(index, windows * len(change.stems) * self._synthesiser.steps(self._config))

            def step(index: int = index) -> None:
                steps.did(index)
                steps.report()

            performance = self._performance(plan, step, clock)
            yield play_part(self._synthesiser, performance, request, change)

    def _performance(self, plan: Arranged, on_step: Callable[[], None], clock: StageClock) -> Performance:
        return Performance(plan.arrangement, plan.recipe.sound_seed, self._config, on_step, clock)

    def _settings(
        self, request: GenerationRequest, arrangement: Arrangement, index: int
    ) -> dict[str, object]:
        controls = request.controls
        change = request.change
        lineage = {} if change is None else {"parent": change.parent.number, "change": str(change)}
        return {
            "engine": "band",
            "seed": request.seed,
            "candidate": index + 1,
            "style": arrangement.style,
            "density": controls.density or "auto",
            "energy": " ".join(controls.energy) if controls.energy else "auto",
            "follow": controls.follow or "normal",
            "chords": "given" if controls.chords else "auto",
            "tuning_cents": round(arrangement.tuning_cents, 1),
            "instruments": {stem: part.instrument for stem, part in arrangement.parts.items()},
            "diffusion_steps": self._config.steps,
            "device": self._device.type,
            **lineage,
        }


class _Steps:
    """Counts what the workers did; reports it, as progress, on the thread that asked."""

    def __init__(self, candidates: int, run: Run) -> None:
        self._run = run
        self._done, self._expected = [0] * candidates, [0] * candidates
        self._index = 0

    def expect(self, index: int, steps: int) -> None:
        """A candidate is the one to be reported now, and this is how often it will call `did`."""
        self._index, self._expected[index] = index, steps

    def did(self, index: int) -> None:
        """One step; raises JobCancelled. Two threads may at worst lose one."""
        self._run.cancel.check()
        self._done[index] += 1

    def report(self) -> None:
        """Tells how far it is; raises JobCancelled."""
        index, count = self._index, len(self._done)
        whole = index + min(1.0, self._done[index] / max(1, self._expected[index]))
        fraction = _ARRANGING_SHARE + (1 - _ARRANGING_SHARE) * whole / count
        self._run.step(f"Playing band {index + 1} of {count}", fraction)
