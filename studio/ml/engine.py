"""The band engine: request in, candidates out. Loads the three bundled networks and runs them in order."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

import torch

from studio.core.arrangement import Arrangement
from studio.core.audio import Audio
from studio.core.candidate import Candidate, recipe_of
from studio.core.controls import NETWORK, RECORDED
from studio.core.errors import StudioError
from studio.core.instruments import SOUNDS
from studio.core.language import tr
from studio.core.pipeline import Run
from studio.core.request import (
    MOST_PLAYED,
    Breed,
    GenerationRequest,
    PlayedAnew,
    Regenerate,
    Reinstrument,
    Vary,
)
from studio.core.workload import arranging_work, work_of
from studio.dsp.sampler.recipes import RECIPES
from studio.dsp.sampler.samples import SampleSets
from studio.ml.adapting.band import BandParts, train_band
from studio.ml.adapting.clips import AdapterReport, AdapterTraining
from studio.ml.adapting.slot import AdapterSlot
from studio.ml.allocation import keep_freed_memory
from studio.ml.arrangement.arranging import Arranged, Arranger, make_arranger
from studio.ml.arrangement.model import ArrangementModel
from studio.ml.arrangement.regenerating import part_span_s, play_part
from studio.ml.arrangement.sampler import CALLS
from studio.ml.device import choose_device, describe_device, supports_bfloat16
from studio.ml.sound.mel import MelContract
from studio.ml.sound.mel_model import MelModel, MelModelConfig
from studio.ml.sound.mel_vocoder import MelVocoder, load_mel_vocoder
from studio.ml.sound.players import Players
from studio.ml.sound.rendering import Rendering, rendering_steps, vocal_level
from studio.ml.sound.synthesis import Performance, StageClock, SynthesisConfig, Synthesiser
from studio.ml.sound.vocoder import Vocoder, VocoderConfig
from studio.ml.weights import configured, file_hash, load_into, load_weights
from studio.ml.workers import Workers

#: Stems at the vocal's rate, in the mix, and the gains they got.
_Band = tuple[Mapping[str, Audio], Mapping[str, float]]


class Recordings(Protocol):
    """Recorded instruments, as audio.sample_sets.InstalledSets has them."""

    @property
    def sets(self) -> SampleSets:
        """By name."""

    @property
    def attribution(self) -> Mapping[str, str]:
        """Whose they are, by name of the set."""

    @property
    def sha256(self) -> str:
        """Of all of them together."""


def load_engine(
    models_dir: Path,
    device: str = "auto",
    vocoder_file: Path | None = None,
    recordings: Recordings | None = None,
    *,
    adapter: Path | None = None,
    strength: float = 1.0,
) -> BandEngine:
    """Loads the bundled band model.

    Args:
        models_dir: holds arrangement.safetensors, mel.safetensors and vocoder.safetensors.
        device: 'auto', 'cpu' or 'cuda'.
        vocoder_file: a public BigVGAN of 44.1 kHz and 128 bands instead of the bundled vocoder.
        adapter, strength: see BandEngine.use_adapter.
        recordings: instruments that stems may be played with instead of the networks.

    Raises:
        StudioError: for a missing or damaged file, a vocoder of another mel, an adapter of another model, or a device
            this machine does not have.
    """
    keep_freed_memory()
    place = choose_device(device)
    mel = load_weights(models_dir / "mel.safetensors")
    mel_model = configured(
        lambda: MelModel(MelModelConfig(**mel.header["config"]), MelContract(**mel.header["contract"])),
        "mel.safetensors",
    )
    load_into(mel_model, mel.tensors, tr("the mel model"))
    sounds = SOUNDS[: mel_model.config.sounds]
    arranging = load_weights(models_dir / "arrangement.safetensors")
    arranger = make_arranger(arranging, place, sounds)
    hashes = {"arrangement": arranging.sha256, "mel": mel.sha256}
    vocoder: Vocoder | MelVocoder
    if vocoder_file is not None:
        vocoder = load_mel_vocoder(vocoder_file)
        hashes["vocoder"] = file_hash(vocoder_file)
    else:
        sound = load_weights(models_dir / "vocoder.safetensors")
        vocoder = configured(
            lambda: Vocoder(VocoderConfig(**sound.header["config"]), MelContract(**sound.header["contract"])),
            "vocoder.safetensors",
        )
        load_into(vocoder, sound.tensors, tr("the vocoder"))
        hashes["vocoder"] = sound.sha256
    if recordings is not None:
        hashes["instruments"] = recordings.sha256
    engine = BandEngine(arranger, mel_model, vocoder, place, hashes, recordings=recordings)
    engine.use_adapter(adapter, strength)
    return engine


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
        recordings: Recordings | None = None,
    ) -> None:
        self._arranger = arranger
        self._device = device
        self._base_hashes = dict(hashes)
        self._synthesiser = Synthesiser(mel_model, vocoder, device, bfloat16=supports_bfloat16(device))
        self._recordings = recordings
        self._players = Players(self._synthesiser, recordings.sets if recordings else None)
        self._config = config or SynthesisConfig()
        self._adapters = AdapterSlot({"arrangement": arranger.model, "mel": mel_model}, hashes)

    @property
    def device(self) -> str:
        return describe_device(self._device)

    @property
    def model_hashes(self) -> Mapping[str, str]:
        return {**self._base_hashes, **self._adapters.hashes}

    def use_adapter(self, path: Path | None, strength: float = 1.0) -> Mapping[str, str]:
        """Plays with a personal adapter from now on; returns `model_hashes`.

        Args:
            path: None for the base model, which is then bit by bit what it was.
            strength: 0 to 1, how much of the adapter's change is made; 0 is the base too.

        Raises:
            StudioError: for a missing or damaged file, or one of another base; what was in use stays.
        """
        self._adapters.use(path, strength)
        return self.model_hashes

    def train(self, training: AdapterTraining, run: Run) -> AdapterReport:
        """Trains a personal adapter, from the base whatever is in use; see adapting.band.train_band."""
        with self._adapters.base():
            parts = BandParts(self._arranger.model, self._synthesiser, self._base_hashes, self._device)
            return train_band(parts, training, run)

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
        if request.played > MOST_PLAYED:
            raise StudioError(
                tr("Cannot play that many candidates"),
                seen=str(request.played),
                expected=tr("1 to {most_played}", most_played=MOST_PLAYED),
            )
        clock = StageClock()
        began = time.perf_counter()
        # All are arranged, whatever is wanted: none is to be like another, and it costs little.
        wanted = [(i, plan) for i, plan in enumerate(self._arrange(request, run)) if request.wants(i + 1)]
        arranged = [plan for _, plan in wanted]
        clock.add("arrangement", began)
        steps = _Steps(len(arranged), arranging_work(request) / work_of(request), run)
        if isinstance(request.change, PlayedAnew):
            bands = self._parts(request, request.change, arranged, steps, clock)
        else:
            bands = self._songs(request.vocal, arranged, steps, clock)
        # Closed however this ends, so that no thread works on.
        with contextlib.closing(bands):
            for (index, plan), (stems, gains) in zip(wanted, bands, strict=True):
                settings = self._settings(request, plan, index)
                recipe = replace(plan.recipe, gains=gains)
                run.on_candidate(Candidate(index + 1, plan.arrangement, stems, settings, recipe))
        return clock.seconds

    def arrange(self, request: GenerationRequest, run: Run) -> list[Candidate]:
        """The semantic projection alone: the candidates that `generate` would play, without their stems.

        Raises:
            JobCancelled: within a second of `run.cancel`.
        """
        return [
            Candidate(i + 1, plan.arrangement, {}, self._settings(request, plan, i), plan.recipe)
            for i, plan in enumerate(self._arrange(request, run))
        ]

    def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> Mapping[str, float]:
        """Plays arrangements to a vocal, those of `arrange` or of anything else; see core.pipeline.BandEngine.play."""
        clock = StageClock()
        arranged = [Arranged(plan.arrangement, recipe_of(plan)) for plan in plans]
        steps = _Steps(len(plans), 0.0, run)
        with contextlib.closing(self._songs(vocal, arranged, steps, clock)) as bands:
            for plan, (stems, gains) in zip(plans, bands, strict=True):
                run.on_candidate(replace(plan, stems=stems, recipe=replace(recipe_of(plan), gains=gains)))
        return clock.seconds

    def _arrange(self, request: GenerationRequest, run: Run) -> list[Arranged]:
        done, calls = 0, CALLS * len(set(request.readings))
        share, count = arranging_work(request) / work_of(request), request.candidates
        stage = tr("Arranging {count} candidates", count=count) if count > 1 else tr("Arranging")

        def step() -> None:
            nonlocal done
            done += 1
            run.step(stage, share * done / calls)

        return [
            replace(plan, recipe=replace(plan.recipe, renderers=self._renderers(plan.arrangement, request)))
            for plan in self._arranger.arrange(request, on_step=step)
        ]

    def _songs(
        self, vocal: Audio, arranged: Sequence[Arranged], steps: _Steps, clock: StageClock
    ) -> Generator[_Band]:
        """Whole songs, one after the other. The next is begun while one is mixed and while the caller has it."""
        vocal_rms = vocal_level(vocal)
        with Workers() as workers:
            performances = [
                self._performance(plan, partial(steps.did, index), clock)
                for index, plan in enumerate(arranged)
            ]
            steps.expect([rendering_steps(self._players, p, vocal) for p in performances])

            def begin(index: int) -> Rendering:
                return Rendering(self._players, workers, performances[index], vocal)

            current = begin(0)
            for index in range(len(arranged)):
                report = partial(steps.report, index)
                current.await_windows(report)
                current.begin_mix(vocal_rms)
                following = begin(index + 1) if index + 1 < len(arranged) else None
                stems = current.stems(report)
                steps.finish(index)
                yield stems, current.gains
                if following:
                    current = following

    def _parts(
        self,
        request: GenerationRequest,
        change: PlayedAnew,
        arranged: Sequence[Arranged],
        steps: _Steps,
        clock: StageClock,
    ) -> Generator[_Band]:
        """Parts of songs, or stems, spliced into their parent."""
        first_s, last_s = part_span_s(request, change)
        windows = math.ceil(
            (last_s - first_s) * self.sample_rate / self._synthesiser.contract.hop_length
            / self._config.window_frames
        )  # fmt: skip
        steps.expect([self._part_steps(plan, change, windows) for plan in arranged])
        for index, plan in enumerate(arranged):

            def step(index: int = index) -> None:
                steps.did(index)
                steps.report(index)

            performance = self._performance(plan, step, clock)
            band = play_part(self._players, performance, request, change)
            steps.finish(index)
            yield band

    def _part_steps(self, plan: Arranged, change: PlayedAnew, windows: int) -> int:
        renderers = plan.recipe.renderers
        each = [self._players.steps(self._config, renderers.get(stem, NETWORK)) for stem in change.stems]
        return windows * sum(each) + len(each) + 1

    def _performance(self, plan: Arranged, on_step: Callable[[], None], clock: StageClock) -> Performance:
        recipe = plan.recipe
        return Performance(
            plan.arrangement, recipe.sound_seed, self._config, on_step, clock, recipe.renderers
        )

    def _renderers(self, arrangement: Arrangement, request: GenerationRequest) -> dict[str, str]:
        """Who plays each stem. What stays is played by whoever played it: the rest of a stem of which a part is new, a
        stem on another instrument, those of a near variation, which keeps its parent's instruments."""
        chosen = self._players.renderers(arrangement, request.controls.sound)
        change = request.change
        if isinstance(change, PlayedAnew) or (isinstance(change, Vary) and change.is_near):
            before = recipe_of(change.parent).renderers
            for stem in chosen:
                wanted = before.get(stem, NETWORK)
                if isinstance(change, PlayedAnew) and stem not in change.stems:
                    chosen[stem] = wanted  # its samples stay
                    continue
                if isinstance(change, Regenerate) and change.bars is None:
                    continue
                able = self._players.can_record(stem, arrangement.parts[stem])
                if isinstance(change, Reinstrument) and change.sound is not None:
                    wanted = change.sound
                    if wanted == RECORDED and not able:
                        raise _not_recorded(arrangement.parts[stem].instrument)
                chosen[stem] = wanted if able else NETWORK
        return chosen

    def _settings(self, request: GenerationRequest, plan: Arranged, index: int) -> dict[str, object]:
        controls, arrangement = request.controls, plan.arrangement
        change = request.change
        lineage: dict[str, object] = {}
        if change is not None:
            lineage = {"parent": change.parent.number, "change": str(change)}
        if isinstance(change, Breed):
            numbers = {"a": change.parents[0].number, "b": change.parents[1].number}
            genes = change.genes_of(request.seed, index)
            lineage["other_parent"] = change.parents[1].number
            lineage["genes"] = {gene: numbers.get(source, source) for gene, source in genes.items()}
        return {
            "engine": "band",
            "seed": request.seed,
            "candidate": index + 1,
            "candidates": request.candidates,
            "style": arrangement.style,
            "density": controls.density or "auto",
            "energy": " ".join(controls.energy) if controls.energy else "auto",
            "follow": controls.follow or "normal",
            "chords": "given" if controls.chords else "auto",
            "tuning_cents": round(arrangement.tuning_cents, 1),
            "instruments": {stem: part.instrument for stem, part in arrangement.parts.items()},
            "renderers": dict(plan.recipe.renderers),
            "recordings": self._credits(arrangement, plan.recipe.renderers),
            "diffusion_steps": self._config.steps,
            "device": self._device.type,
            **lineage,
        }

    def _credits(self, arrangement: Arrangement, renderers: Mapping[str, str]) -> list[str]:
        """Whose recordings are heard, with their licences."""
        if self._recordings is None:
            return []
        played = [stem for stem, renderer in renderers.items() if renderer == RECORDED]
        used = [RECIPES[stem, arrangement.parts[stem].instrument] for stem in played]
        return sorted({self._recordings.attribution[recipe.set] for recipe in used if not recipe.made})


def _not_recorded(instrument: str) -> StudioError:
    return StudioError(
        tr("There are no recordings of the {instrument}", instrument=tr(instrument)),
        expected=tr("an instrument that was recorded, or the network's sound"),
        todo=tr("Leave the sound to the network, or choose another instrument"),
    )


class _Steps:
    """Counts what the workers did; reports it, as progress, on the thread that asked.

    Args:
        arranging: share of the request that is done before the first step.
    """

    def __init__(self, candidates: int, arranging: float, run: Run) -> None:
        self._arranging, self._run = arranging, run
        self._done, self._expected = [0] * candidates, [1] * candidates

    def expect(self, steps: Sequence[int]) -> None:
        """How often each candidate will call `did`."""
        self._expected = list(steps)

    def did(self, index: int) -> None:
        """One step; raises JobCancelled. Two threads may at worst lose one."""
        self._run.cancel.check()
        self._done[index] += 1

    def finish(self, index: int) -> None:
        """A candidate is whole; windows in which nothing sounds took fewer steps than expected."""
        self._done[index] = self._expected[index]
        self.report(index)

    def report(self, index: int) -> None:
        """Tells how far it is with a candidate, and with those begun after it; raises JobCancelled."""
        done = sum(min(did, expected) for did, expected in zip(self._done, self._expected, strict=True))
        fraction = self._arranging + (1 - self._arranging) * done / sum(self._expected)
        self._run.step(
            tr("Playing candidate {index} of {count}", index=index + 1, count=len(self._done)), fraction
        )
