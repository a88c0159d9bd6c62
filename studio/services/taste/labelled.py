"""More to learn from than was rated: arrangements that the base draws for the rated phrases, labelled by the taste.

Some sixty rated clips hardly move an adapter. What they say is in the taste, which tells of any arrangement how well
it would be liked; so several hundred draws are weighted by it, and the adapter learns to write what is otherwise only
chosen (expert iteration, Anthony et al. 2017, arXiv:1705.08439, with the taste in the place of the expert). Only a
taste that foretells answers it was not learnt from is used so, see studio.taste.foretelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from studio.core.analysis import VocalAnalysis
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.language import later, tr
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
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

    def arrange(self, request: GenerationRequest, run: Run) -> Sequence[Candidate]: ...


def labelled_draws(
    maker: Arranging, phrases: Sequence[tuple[str, VocalAnalysis]], taste: Taste, run: Run, draws: int = DRAWS
) -> list[RatedClip]:
    """Draws for phrases of the songs that are learnt from, weighted by what the taste says; the same for the same.

    Args:
        phrases: song and what was heard in the phrase alone.

    Raises:
        StudioError, JobCancelled.
    """
    from studio.ml.adapting.making import rated_clip

    requests = -(-draws // _AT_ONCE)
    made: list[tuple[str, VocalAnalysis, str, Candidate]] = []
    for number in range(requests):
        run.pause.wait(run.cancel)
        run.step(tr(STAGE), number / requests)
        song, analysis = phrases[number % len(phrases)]
        # Only the height of the voicings hears the vocal, and neither the taste nor the adapter hears that.
        unheard = Audio(np.zeros((1, int(analysis.duration_s * _RATE)), dtype=np.float32), _RATE)
        request = GenerationRequest(unheard, analysis, _AT_ONCE, _FIRST_SEED + number)
        drawn = maker.arrange(request, replace(run, on_step=lambda _: None))
        made += [(song, analysis, f"drawn {number}/{i}", candidate) for i, candidate in enumerate(drawn)]
    songs = [song for song, _, _, _ in made]
    means, weights = labels([features_of(candidate.arrangement) for *_, candidate in made], songs, taste)
    return [
        rated_clip(key, song, candidate, analysis, weight=float(weight), utility=float(mean))
        for (song, analysis, key, candidate), mean, weight in zip(made, means, weights, strict=True)
    ]
