"""A vocal, its analysis and a band of tones: what an engine would hand over, with known content."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.core.analysis import Confidence, Given, PitchTrack, VocalAnalysis, VocalNote
from studio.core.arrangement import STEMS, Arrangement, Note, Part
from studio.core.audio import Audio
from studio.core.candidate import Candidate, NoiseStep, Recipe
from studio.core.controls import NETWORK, RECORDED, Controls
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter
from studio.core.other_instrument import played_on
from studio.core.pipeline import Run
from studio.core.request import Breed, GenerationRequest, Reinstrument
from studio.core.score import N_COLUMNS, Score
from studio.services.vocal import Vocal

RATE = 44100
INSTRUMENTS = {"drums": "room kit", "bass": "pick bass", "harmony": "piano", "lead": "none"}


def make_vocal(seconds: float = 3.0, channels: int = 1, level: float = 0.3, rate: int = RATE) -> Vocal:
    wave = level * np.sin(2 * np.pi * 330 * np.arange(round(seconds * rate)) / rate)
    samples = np.repeat(wave.astype(np.float32)[None], channels, axis=0)
    return Vocal(
        Audio(samples, rate), Path("take.wav"), "take", hashlib.sha256(samples.tobytes()).hexdigest()
    )


def make_analysis(
    duration_s: float, grid: BeatGrid | None = None, given: Given | None = None
) -> VocalAnalysis:
    none = np.zeros(0, dtype=np.float32)
    return VocalAnalysis(
        duration_s=duration_s,
        pitch=PitchTrack(np.zeros(0), none, none, none),
        notes=(VocalNote(0.5, 1.0, 64.0),),
        onsets_s=(0.5,),
        loudness_lufs=-18.0,
        grid=grid or BeatGrid.regular(120.0, Meter(4, 4), duration_s, 0.42),
        key=Key.parse("A minor"),
        chords=Chord.parse_many("Am F C G"),
        confidence=Confidence(*[0.5] * 8),
        given=given or Given(),
    )


def make_arrangement(grid: BeatGrid, parts: Mapping[str, tuple[Note, ...]] | None = None) -> Arrangement:
    names = Chord.parse_many("Am F C G")
    quarters = grid.meter.quarters_per_bar
    chords = tuple(names[beat // quarters % 4] for beat in range(grid.beats))
    notes = {stem: (Note(0.5, 0.8, 40, 90),) for stem in STEMS} | dict(parts or {})
    return Arrangement(
        grid, Key.parse("A minor"), "pop", chords, {s: Part(INSTRUMENTS[s], notes[s]) for s in STEMS}
    )


def make_candidate(vocal: Vocal, analysis: VocalAnalysis, number: int = 1, level: float = 0.1) -> Candidate:
    """Four stereo tones and a little noise, so that rounding and dither matter."""
    rng = np.random.default_rng(number)
    stems = {}
    for i, stem in enumerate(STEMS):
        wave = level * np.sin(
            2 * np.pi * 110 * (i + 1) * np.arange(vocal.audio.frames) / vocal.audio.sample_rate
        )
        noise = rng.normal(0, level / 20, (2, vocal.audio.frames))
        stems[stem] = Audio((wave + noise).astype(np.float32), vocal.audio.sample_rate)
    return Candidate(number, make_arrangement(analysis.grid), stems, {"style": "pop", "swing": np.int64(0)})


def make_recipe(candidate: Candidate, controls: Controls | None = None) -> Recipe:
    """A recipe as long as the candidate's grid, with something of everything in it."""
    beats = candidate.arrangement.grid.beats
    tokens = np.random.default_rng(candidate.number).integers(0, 4, (beats, N_COLUMNS))
    bred = NoiseStep(9, 2, 0.5, (0, 4), ("bass", "globals"), (NoiseStep(3, 0), NoiseStep(4, 1, 0.25)))
    noise = (NoiseStep(7, 0), NoiseStep(8, 1, 0.25), NoiseStep(9, 0, 1.0, (0, 4), ("drums",)), bred)
    return Recipe(
        Score(tokens, np.arange(7) % 3),
        noise,
        448,
        controls or Controls(),
        {"drums": 0.5, "bass": np.float64(0.1)},
        {"drums": RECORDED, "bass": NETWORK},
    )


class ToneEngine:
    """An engine of tones that follows the contract: seeded, batched, cancellable at every step.

    Args:
        before_step: called before each step with its number, to cancel from a test.

    Attributes:
        asked: the last request.
    """

    asked: GenerationRequest
    adapter = ""
    device = "cpu"
    model_hashes: Mapping[str, str] = {"tones": "0" * 64}

    def __init__(self, before_step: Callable[[int], None] = lambda _: None) -> None:
        self.before_step = before_step

    def generate(self, request: GenerationRequest, run: Run) -> Mapping[str, float]:
        self.asked = request
        vocal = Vocal(request.vocal, Path("take.wav"), "take", "")
        for number in range(1, request.candidates + 1):
            if not request.wants(number):
                continue
            self.before_step(number)
            run.cancel.check()
            candidate = make_candidate(vocal, request.analysis_of(number), number)
            if request.change is not None:
                lineage: dict[str, object] = {
                    "parent": request.change.parent.number,
                    "change": str(request.change),
                }
                if isinstance(request.change, Breed):
                    lineage["other_parent"] = request.change.parents[1].number
                candidate = replace(candidate, settings=lineage)
            if isinstance(request.change, Reinstrument):
                arrangement, stem = request.change.parent.arrangement, request.change.stem
                played = played_on(stem, arrangement.parts[stem], request.change.instrument)
                arrangement = replace(arrangement, parts={**arrangement.parts, stem: played})
                candidate = replace(candidate, arrangement=arrangement)
            run.on_candidate(replace(candidate, recipe=make_recipe(candidate, request.controls)))
            run.step("Tones", number / request.candidates)
        return {"tones": 0.25}

    def arrange(self, request: GenerationRequest, run: Run) -> list[Candidate]:
        """Bands that differ in how much each stem plays; of children, as their genes say."""
        self.asked = request
        made = []
        for number in range(1, request.candidates + 1):
            self.before_step(number)
            run.cancel.check()
            grid = request.analysis.grid
            rng = np.random.default_rng([request.seed, number])
            notes = {stem: _notes(grid, stem, int(rng.integers(0, 4)), rng) for stem in STEMS}
            change = request.change
            if isinstance(change, Breed):
                for gene, source in change.genes_of(request.seed, number - 1).items():
                    if gene in STEMS and source in "ab":
                        notes[gene] = change.parents["ab".index(source)].arrangement.parts[gene].notes
            arrangement = replace(make_arrangement(grid, notes), key=request.analysis.key)
            models = {**self.model_hashes, **({"adapter": self.adapter} if self.adapter else {})}
            bare = Candidate(number, arrangement, {}, {"style": "pop"}, models=models)
            made.append(replace(bare, recipe=make_recipe(bare, request.controls)))
        return made

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[None]:
        """Without the adapter named in `adapter`."""
        before, self.adapter = self.adapter, ""
        yield
        self.adapter = before

    def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> Mapping[str, float]:
        """Tones as loud as there are notes."""
        for step, plan in enumerate(plans):
            self.before_step(step)
            run.cancel.check()
            notes = sum(len(part.notes) for part in plan.arrangement.parts.values())
            sounding = make_candidate(
                Vocal(vocal, Path("take.wav"), "take", ""),
                make_analysis(vocal.duration_s),
                plan.number,
                0.02 + 0.001 * notes,
            )
            recipe = plan.recipe and replace(plan.recipe, gains={"drums": 1.0})
            models = {**self.model_hashes, **({"adapter": self.adapter} if self.adapter else {})}
            run.on_candidate(replace(plan, stems=sounding.stems, recipe=recipe, models=models))
        return {"tones": 0.25}


def _notes(grid: BeatGrid, stem: str, a_beat: int, rng: np.random.Generator) -> tuple[Note, ...]:
    """So many notes a beat, at a pitch of their own."""
    low, beat_s = {"drums": 36, "bass": 36, "harmony": 55, "lead": 67}[stem], grid.beat_s
    pitch = low if stem == "drums" else low + int(rng.integers(0, 8))
    return tuple(
        Note(at + k * beat_s / a_beat, at + (k + 0.9) * beat_s / a_beat, pitch, 60 + 10 * a_beat)
        for at in grid.times_s[:-1]
        for k in range(a_beat)
    )


def load_tones(models_dir: Path, device: str) -> ToneEngine:
    """For engines in another process, which must import what they load."""
    return ToneEngine()
