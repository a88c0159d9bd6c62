"""What simulated listeners are played: synthetic vocals, and the bundled model's arrangements for them, not
rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.analysis.analyse import analyse
from studio.core.analysis import Given, VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.music import Meter
from studio.core.request import Breed, GenerationRequest
from studio.core.transplant import fitted
from studio.ml.arrangement.arranging import Arranged, Arranger, load_arranger
from studio.ml.device import choose_device
from studio.services.measuring.bench_taste_hidden import heard_of, standards
from studio.services.measuring.bench_taste_listeners import Heard
from studio.services.measuring.synthetic_singer import sing_song
from studio.taste.features import features_of

PHRASE_S = 8.0
#: Candidates of one request, which are unlike each other.
POOL = 8
#: Seeds of the singer; those of listening and of the scales of studio.taste.features are others.
_SINGER = 400


@dataclass(frozen=True, eq=False)
class Phrase:
    """A vocal of 8 s; `character` is standard normal over all vocals: the tempo."""

    name: str
    audio: Audio
    analysis: VocalAnalysis
    character: float


@dataclass(frozen=True, eq=False)
class Take:
    """An arrangement with what the learner knows of it."""

    key: str
    phrase: str
    arranged: Arranged
    features: Mapping[str, float]
    is_child: bool = False

    @property
    def candidate(self) -> Candidate:
        return Candidate(1, self.arranged.arrangement, {}, recipe=self.arranged.recipe)


@dataclass(eq=False)
class Material:
    """Phrases by name, and the candidates that were made for them so far.

    Args:
        arranger: of the bundled model.
        check: called at every step of the model; may raise JobCancelled.
    """

    arranger: Arranger
    check: Callable[[], None]
    phrases: dict[str, Phrase] = field(default_factory=dict)
    pools: dict[tuple[str, int], list[Take]] = field(default_factory=dict)
    _standards: tuple[np.ndarray, np.ndarray] | None = None
    _measured: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def load(cls, models_dir: Path, device: str, check: Callable[[], None]) -> Material:
        """Raises StudioError for missing weights."""
        arranger = load_arranger(models_dir / "arrangement.safetensors", choose_device(device))
        return cls(arranger, check)

    def sing(self, names: Sequence[str], first_seed: int = 0) -> None:
        """Adds vocals; tempo, bar lines and key are given, as by a user who set them right."""
        for number, name in enumerate(names):
            song = sing_song(_SINGER + first_seed + number, PHRASE_S)
            given = Given(
                song.tempo_bpm, song.key, float(song.downbeats_s[0]), Meter(4, 4), tuning=song.cents
            )
            character = float(np.log(song.tempo_bpm / 100) / 0.2)
            self.phrases[name] = Phrase(name, song.audio, analyse(song.audio, given), character)

    def pool(self, name: str, number: int) -> list[Take]:
        """The number-th request of 8 candidates for a vocal, with the unchanged model."""
        if (name, number) not in self.pools:
            self.pools[name, number] = self.draw(self.arranger, name, number, f"{name}/{number}")
        return self.pools[name, number]

    def draw(self, arranger: Arranger, name: str, number: int, key: str) -> list[Take]:
        """The same request to any model: the same number is the same noise."""
        phrase = self.phrases[name]
        request = GenerationRequest(phrase.audio, phrase.analysis, POOL, 1000 + number)
        made = arranger.arrange(request, on_step=self.check)
        return [self._take(f"{key}/{i}", phrase, arranged) for i, arranged in enumerate(made)]

    def breed(
        self, name: str, a: Take, b: Take, count: int, seed: int, key: str, mutation: float = 0.1
    ) -> list[Take]:
        """Children of two takes for a vocal; each gene is of either, by chance. What was liked elsewhere is carried
        over, but for its chords. Without mutation, children of one vocal cost next to nothing: all is copied."""
        phrase = self.phrases[name]
        grid, tonality = phrase.analysis.grid, phrase.analysis.key
        strange = [take.phrase != name for take in (a, b)]
        pair = [
            fitted(take.candidate, grid, tonality) if stranger else take.candidate
            for take, stranger in zip((a, b), strange, strict=True)
        ]
        chords = {(False, False): {}, (True, True): {"chords": "new"}, (False, True): {"chords": "a"}}
        genes = chords.get((strange[0], strange[1]), {"chords": "b"})
        change = Breed((pair[0], pair[1]), genes, mutation)
        request = GenerationRequest(phrase.audio, phrase.analysis, count, seed, change=change)
        made = self.arranger.arrange(request, on_step=self.check)
        return [self._take(f"{key}/{i}", phrase, arranged, is_child=True) for i, arranged in enumerate(made)]

    def settle(self) -> None:
        """Fixes the listeners' scale by all pools made so far."""
        by_phrase: dict[str, list[np.ndarray]] = {}
        for (name, _), takes in sorted(self.pools.items()):
            by_phrase.setdefault(name, []).extend(self.measures(take) for take in takes)
        self._standards = standards(list(by_phrase.values()))

    def heard(self, take: Take, phrase: str | None = None) -> Heard:
        """A take as listeners hear it; beside another vocal than its own it is the anchor.

        Raises ValueError before `settle`.
        """
        if self._standards is None:
            raise ValueError("listeners without a scale")
        mean, scatter = self._standards
        beside = phrase or take.phrase
        return Heard(
            take.key, np.clip((self.measures(take) - mean) / scatter, -4, 4), self.phrases[beside].character,
            take.features["force"], beside != take.phrase,
        )  # fmt: skip

    def measures(self, take: Take) -> np.ndarray:
        """The hidden measures, raw; only of what somebody hears, for most children nobody does."""
        if take.key not in self._measured:
            analysis = self.phrases[take.phrase].analysis
            self._measured[take.key] = heard_of(take.arranged.arrangement, analysis)
        return self._measured[take.key]

    def _take(self, key: str, phrase: Phrase, arranged: Arranged, is_child: bool = False) -> Take:
        span = (0.0, phrase.analysis.duration_s)
        features = features_of(arranged.arrangement, span_s=span)
        return Take(key, phrase.name, arranged, features, is_child)
