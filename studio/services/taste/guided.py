"""Candidates of a whole song, chosen by the taste: more are arranged than were asked for, the most promising played.
Arranging eight instead of four costs a sixteenth of the time of a request (see core.workload).

What comes out is an ordinary request for more candidates of which only some are wanted (`GenerationRequest.only`), so
it can be made again, and its rest after a crash, without the taste of that day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from studio.core.candidate import Candidate
from studio.core.engines import BAND_MODEL
from studio.core.request import MOST_ARRANGED, GenerationRequest
from studio.taste.features import features_of
from studio.taste.model import Taste
from studio.taste.search import Entry, pick

#: So many are arranged for each that is wanted, and so many at least.
_POOL, _SMALLEST_POOL = 2, 8


def can_be_guided(request: GenerationRequest) -> bool:
    """Whether there is a choice: new candidates of the band model, all of them wanted."""
    return request.engine == BAND_MODEL.name and request.change is None and request.only is None


def widened(request: GenerationRequest) -> GenerationRequest:
    """The request for the pool, of which the first are wanted until `choice` has chosen."""
    count = min(MOST_ARRANGED, max(_SMALLEST_POOL, _POOL * request.candidates))
    return replace(request, candidates=count, only=frozenset(range(1, request.candidates + 1)))


def choice(
    taste: Taste, song: str, wanted: int, seed: int, on_chosen: Callable[[tuple[int, ...]], None]
) -> Callable[[Sequence[Candidate]], list[Candidate]]:
    """Chooses from a pool, no two more alike than candidates usually are.

    Args:
        song: its key, see judged.song_of.
        on_chosen: is told the numbers, in order, before anything is played.
    """

    def choose(plans: Sequence[Candidate]) -> list[Candidate]:
        by_key = {str(plan.number): plan for plan in plans}
        left = [Entry(key, features_of(plan.arrangement)) for key, plan in by_key.items()]
        taken: list[Entry] = []
        rng = np.random.default_rng(seed)
        while left and len(taken) < wanted:
            best = pick(left, taste, rng, beside=[entry.features for entry in taken], song=song)
            taken.append(best)
            left.remove(best)
        chosen = sorted((by_key[entry.key] for entry in taken), key=lambda plan: plan.number)
        on_chosen(tuple(plan.number for plan in chosen))
        # In the manifest: why these and not the first ones.
        return [replace(p, settings={**p.settings, "chosen_by_taste_of": len(plans)}) for p in chosen]

    return choose
