"""Whether candidates of one vocal count it alike, and in words how they do not.

Where the beat is in doubt, one request makes candidates to several readings of it (core.request): their bars lie at
other moments, so that neither notes nor bars can be handed from one to the other.
"""

from __future__ import annotations

import numpy as np

from studio.core.candidate import Candidate, recipe_of
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.language import tr
from studio.core.request import Breed
from studio.core.tempos import said_bpm

#: Two grids are the same if no beat of theirs differs by more: two frames of the curve that beats are heard in
#: (analysis.onsets), so that one reading heard twice is one; and no more than is heard, for notes and bars go from one
#: to the other: a beat out of its place is noticed from about 2.5 % of the time between beats on (Friberg & Sundberg,
#: Time discrimination in a monotonic, isochronous sequence, JASA 98, 1995), which is 10 ms at 150 bpm.
SAME_BEAT_S = 0.01
#: A beat that lies just so far off is the same still, however its time is rounded.
_ROUNDING_S = 1e-6
#: How the command line is told the beat, see StudioError.typed.
BEAT_TYPED = "(studio generate --tempo BPM --downbeat S says it.)"


def counts_alike(a: BeatGrid, b: BeatGrid) -> bool:
    """Whether two grids have the same beats and bar lines, as far as both go."""
    return a.meter == b.meter and _apart_s(a, b) <= SAME_BEAT_S + _ROUNDING_S


def difference(a: BeatGrid, b: BeatGrid) -> str:
    """How two grids count, each in words, so that what differs is in them; empty where nothing does."""
    if counts_alike(a, b):
        return "" if a.beats == b.beats else tr("{beats} beats and {beats_2}", beats=a.beats, beats_2=b.beats)
    told = _told(a), _told(b)
    if told[0] == told[1]:  # one of them drifts off in the middle
        return tr("beats that lie up to {apart_s:.2f} s apart", apart_s=_apart_s(a, b))
    return tr("{counted} and {counted_2}", counted=told[0], counted_2=told[1])


def told_since(number: int, own: BeatGrid, now: BeatGrid | None) -> str:
    """A sentence where a candidate was made to another reading of the beat than the song's now; else empty.

    Args:
        now: how the song is counted now; None while nobody knows.
    """
    if now is None or counts_alike(own, now):
        return ""
    told = _told(own), _told(now)
    if told[0] == told[1]:
        return tr(
            "Candidate {number} was made to other beats than the song has now, up to {apart_s:.2f} s from them.",
            number=number,
            apart_s=_apart_s(own, now),
        )
    return tr(
        "Candidate {number} was made to {counted}; the song is counted {now} now.",
        number=number,
        counted=told[0],
        now=told[1],
    )


def told_downbeat(grid: BeatGrid) -> str:
    """Where the first bar inside the song begins: a moment that --downbeat takes."""
    return tr("bar at {downbeat_s:.2f} s", downbeat_s=grid.first_downbeat_s or 0.0)


def same_beat_wanted() -> str:
    """What to do about candidates that count differently."""
    return tr("Choose two with the same beat, or say how the song is counted, and generate again")


def check_parents(change: Breed) -> None:
    """Raises StudioError for parents that cannot have children: without recipes, or for other beats or another key."""
    a, b = (parent.arrangement for parent in change.parents)
    recipes = [recipe_of(parent) for parent in change.parents]
    differs = difference(a.grid, b.grid)
    if differs or a.key != b.key:
        raise StudioError(
            _cannot(change.parents),
            seen=differs or tr("{key} and {key_2}", key=a.key, key_2=b.key),
            expected=tr("two candidates made for the same beats, bar lines and key"),
            todo=same_beat_wanted() if differs else tr("Choose two of one key"),
            typed=BEAT_TYPED if differs else "",
        )
    for recipe in recipes:
        if len(recipe.score.tokens) != a.grid.beats:
            raise StudioError(_cannot(change.parents), seen=tr("a score of another length"))


def _cannot(parents: tuple[Candidate, Candidate]) -> str:
    return tr(
        "Cannot breed candidates {numbers}",
        numbers=tr(" and ").join(str(parent.number) for parent in parents),
    )


def _apart_s(a: BeatGrid, b: BeatGrid) -> float:
    """How far beats of the same number lie apart at most, as far as both go."""
    both = min(len(a.times_s), len(b.times_s))
    return float(np.abs(np.subtract(a.times_s[:both], b.times_s[:both])).max())


def _told(grid: BeatGrid) -> str:
    return tr(
        "{meter} at {tempo} bpm ({bar})",
        meter=grid.meter,
        tempo=said_bpm(grid.tempo_bpm),
        bar=told_downbeat(grid),
    )
