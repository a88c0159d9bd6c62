"""More to learn from than was rated: arrangements that the base draws for the rated phrases, labelled by the taste.

Some sixty rated clips hardly move an adapter. What they say is in the taste, which tells of any arrangement how well
it would be liked; so several hundred draws are weighted by it, and the adapter learns to write what is otherwise only
chosen (expert iteration, Anthony et al. 2017, arXiv:1705.08439, with the taste in the place of the expert). Only a
taste that foretells answers it was not learnt from is used so, see studio.taste.foretelling.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from studio.core.analysis import VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate, recipe_of
from studio.core.errors import StudioError
from studio.core.language import later, tr
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.core.score import Score
from studio.storage.atomic import write_bytes
from studio.storage.codec import from_json, to_json
from studio.taste.features import features_of
from studio.taste.labels import DRAWS, labels
from studio.taste.model import Taste

if TYPE_CHECKING:
    from studio.ml.adapting.clips import RatedClip

#: Draws in a request, and seeds no request of a user or screen has.
_AT_ONCE = 8
_FIRST_SEED = 7_300_000
_RATE = 8000
STAGE = later("Writing accompaniments to learn from")


class Arranging(Protocol):
    """What writes them: the base, without a personal adapter."""

    @property
    def model_hashes(self) -> Mapping[str, str]: ...

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]: ...


@dataclass(frozen=True)
class Drawn:
    """One arrangement that was written: what the taste hears of it, and its score."""

    features: Mapping[str, float]
    tokens: tuple[tuple[int, ...], ...]
    globals: tuple[int, ...]

    @property
    def score(self) -> Score:
        """Raises ValueError for tokens that no score has."""
        return Score(np.array(self.tokens, dtype=np.int64), np.array(self.globals, dtype=np.int64))


def labelled_draws(
    maker: Arranging,
    phrases: Sequence[tuple[str, VocalAnalysis]],
    taste: Taste,
    run: Run,
    draws: int = DRAWS,
    keep: Path | None = None,
) -> list[RatedClip]:
    """Draws for phrases of the songs that are learnt from, weighted by what the taste says; the same for the same.

    Args:
        phrases: song and what was heard in the phrase alone.
        keep: a folder for what was written, so that a training that is asked for again does not write it again.

    Raises:
        StudioError, JobCancelled.
    """
    from studio.ml.adapting.making import rated_score

    requests = -(-draws // _AT_ONCE)
    made: list[tuple[str, VocalAnalysis, str, Drawn]] = []
    for number in range(requests):
        if run.pause.paused:
            run.step(tr("Paused"), number / requests)
        run.pause.wait(run.cancel)
        run.step(tr(STAGE), number / requests)
        song, analysis = phrases[number % len(phrases)]
        drawn = _kept_or_drawn(maker, analysis, _FIRST_SEED + number, run, keep)
        made += [(song, analysis, f"drawn {number}/{i}", one) for i, one in enumerate(drawn)]
    songs = [song for song, _, _, _ in made]
    means, weights = labels([drawn.features for *_, drawn in made], songs, taste)
    return [
        rated_score(key, song, drawn.score, analysis, weight=float(weight), utility=float(mean))
        for (song, analysis, key, drawn), mean, weight in zip(made, means, weights, strict=True)
    ]


def _kept_or_drawn(
    maker: Arranging, analysis: VocalAnalysis, seed: int, run: Run, keep: Path | None
) -> Sequence[Drawn]:
    """What a request gives; kept under what it follows from, so that another base or phrase has none of it."""
    file = None
    if keep is not None:
        content = f"{seed} {_AT_ONCE} {maker.model_hashes.get('arrangement')}".encode() + to_json(analysis)
        file = keep / f"{hashlib.sha256(content).hexdigest()[:32]}.json"
        with contextlib.suppress(OSError, StudioError, ValueError):
            kept = from_json(tuple[Drawn, ...], file.read_bytes(), file.name)
            for one in kept:
                _ = one.score
            return kept
    # Only the height of the voicings hears the vocal, and neither the taste nor the adapter hears that.
    unheard = Audio(np.zeros((1, int(analysis.duration_s * _RATE)), dtype=np.float32), _RATE)
    request = GenerationRequest(unheard, analysis, _AT_ONCE, seed)
    made = tuple(
        _drawn(candidate) for candidate in maker.arrange(request, replace(run, on_step=lambda _: None))
    )
    if file is not None:
        with contextlib.suppress(OSError):  # no room: it is written again another time
            file.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(file, to_json(made))
    return made


def _drawn(candidate: Candidate) -> Drawn:
    score = recipe_of(candidate).score
    features = {name: float(value) for name, value in features_of(candidate.arrangement).items()}
    return Drawn(features, tuple(map(tuple, score.tokens.tolist())), tuple(score.globals.tolist()))
