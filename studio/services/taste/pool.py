"""The accompaniments a screen is chosen from: new ones, and children of what was liked; arranged, not yet played.

New ones are arranged four at a time, as they are for a user who generates: the first of four is the safest, the last
the boldest, and one of them, drawn by chance, is the screen's unchanged base.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from studio.core.analysis import VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.grid import BeatGrid
from studio.core.pipeline import Run
from studio.core.request import GENES, Breed, GenerationRequest
from studio.core.transplant import fits, fitted
from studio.services.generating.requests import change_request
from studio.taste.features import features_of

#: Among the hashes of the models: the personal adapter in use.
ADAPTER = "adapter"
#: New ones in a request, and requests for a screen, and for one of children of clips that the user named. Chosen of
#: sixteen, the four of a screen teach more than chosen of eight (docs/taste-measured.md).
FRESH, BATCHES, BATCHES_ASKED = 4, 4, 2
#: Children of each pair of parents, and of one pair that the user named.
CHILDREN, CHILDREN_ASKED = 4, 8
#: Share of a child's phrases that is drawn anew: small, or children stop resembling their parents.
MUTATION = 0.1
#: A band of fewer notes in a phrase is no accompaniment.
_FEWEST_NOTES = 8
#: An anchor's singer is so much faster, and sings so many semitones away.
_ANCHOR_FASTER, _ANCHOR_SEMITONES = 1.13, 6


class BandMaker(Protocol):
    """What arranges and plays: studio.services.generating.service.GenerationService, or Engines."""

    @property
    def model_hashes(self) -> Mapping[str, str]: ...

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]: ...

    def play(self, vocal: Audio, plans: Sequence[Candidate], run: Run) -> object: ...

    def unchanged(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, eq=False)
class Plan:
    """One accompaniment of the phrase before it is played.

    Attributes:
        seed: of its request; its number there is the candidate's.
        parents: keys of the clips it was bred from.
        genes: see core.screen.Clip.
        plain: whether it is new, neither bred nor made for another voice.
    """

    key: str
    candidate: Candidate
    seed: int
    features: Mapping[str, float]
    parents: tuple[str, ...] = ()
    genes: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False

    @property
    def adapter(self) -> str:
        """The personal adapter that wrote it; empty for the base model."""
        return self.candidate.models.get(ADAPTER, "")

    @property
    def is_base(self) -> bool:
        """Whether it is the unchanged model's, as it comes."""
        return self.plain and not self.adapter


@dataclass(frozen=True, eq=False)
class PhraseTask:
    """What the pool is made for.

    Attributes:
        vocal, analysis: of the phrase alone.
        seed: of the screen; requests count on from it.
    """

    vocal: Audio
    analysis: VocalAnalysis
    controls: Controls
    seed: int


def fresh(task: PhraseTask, maker: BandMaker, run: Run, batch: int) -> list[Plan]:
    """New accompaniments: one batch of FRESH. Raises StudioError, JobCancelled."""
    seed = task.seed + batch
    request = GenerationRequest(task.vocal, task.analysis, FRESH, seed, task.controls)
    return _plans(maker.arrange(request, run), seed, plain=True)


def children(
    task: PhraseTask,
    maker: BandMaker,
    run: Run,
    parents: tuple[tuple[str, Candidate], tuple[str, Candidate]],
    pair: int,
    count: int = CHILDREN,
) -> list[Plan]:
    """Children of two clips, by key and candidate. Raises StudioError, JobCancelled.

    Of parents from another phrase they have the style and the players' parts; their chords are new, for this melody.
    """
    grid, key = task.analysis.grid, task.analysis.key
    (key_a, a), (key_b, b) = parents
    strangers = [not fits(candidate, grid, key) for candidate in (a, b)]
    # What a child keeps of whom is told by number, whatever the numbers were among others.
    a, b = (
        replace(fitted(candidate, grid, key) if strange else candidate, number=number)
        for candidate, strange, number in zip((a, b), strangers, (1, 2), strict=True)
    )
    chords = {(False, False): {}, (True, True): {"chords": "new"}, (False, True): {"chords": "a"}}
    genes = chords.get((strangers[0], strangers[1]), {"chords": "b"})
    change = Breed((a, b), genes, MUTATION)
    seed = task.seed + 16 + pair
    request = change_request(task.vocal, task.analysis, change, candidates=count, seed=seed)
    request = replace(request, controls=task.controls)
    made = []
    for plan in _plans(maker.arrange(request, run), seed):
        sources = change.genes_of(seed, plan.candidate.number - 1)
        of = {"a": key_a, "b": key_b}
        told = {gene: of.get(sources[gene], sources[gene]) for gene in GENES}
        made.append(replace(plan, parents=(key_a, key_b), genes=told))
    return made


def anchor(task: PhraseTask, elsewhere: VocalAnalysis, maker: BandMaker, run: Run) -> Plan:
    """A band made for another voice: a singer of another phrase, a tritone away, in another tempo and on other bar
    lines.

    Args:
        elsewhere: what was heard in another phrase, or in the same where there is one only.

    Raises:
        StudioError, JobCancelled.
    """
    seed = task.seed + 32
    request = GenerationRequest(task.vocal, _another_singer(elsewhere, task), FRESH, seed, Controls())
    return _plans(maker.arrange(request, run), seed)[-1]


def _another_singer(elsewhere: VocalAnalysis, task: PhraseTask) -> VocalAnalysis:
    grid, length_s = elsewhere.grid, task.analysis.duration_s
    beat_s = grid.beat_s / _ANCHOR_FASTER
    size = grid.meter.quarters_per_bar
    bars = int(np.ceil(length_s / (beat_s * size))) + 1
    # Its first bar line lies half a bar and a bit before the phrase's.
    begin_s = -(size / 2 + 0.4) * beat_s
    notes = tuple(
        replace(n, start_s=n.start_s / _ANCHOR_FASTER, end_s=n.end_s / _ANCHOR_FASTER,
                pitch=n.pitch + _ANCHOR_SEMITONES)
        for n in elsewhere.notes
    )  # fmt: skip
    key = elsewhere.key
    return replace(
        elsewhere,
        duration_s=length_s,
        grid=BeatGrid(tuple(begin_s + i * beat_s for i in range(bars * size + 1)), grid.meter),
        key=replace(key, tonic=(key.tonic + _ANCHOR_SEMITONES) % 12),
        notes=notes,
        syllables=(),
        onsets_s=tuple(note.start_s for note in notes),
        chords=(),
        chords_heard=False,
        alternatives=(),
    )


def _plans(candidates: Sequence[Candidate], seed: int, *, plain: bool = False) -> list[Plan]:
    return [
        Plan(uuid.uuid4().hex[:16], made, seed, features_of(made.arrangement), plain=plain)
        for made in candidates
        if sum(len(part.notes) for part in made.arrangement.parts.values()) >= _FEWEST_NOTES
    ]
