"""What an adapter is to learn from: the rated clips of a listener, weighted by what is believed of their taste.

A fifth of the songs is held out, chosen by their keys, so that a song that was held out once is never trained on later
(held-out vocals never enter training). With few songs clips are held out instead, and less can be said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import VocalAnalysis
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.services.project.clips import KeptClip, clip_of_content
from studio.services.taste.ratings import OWN, TasteRatings
from studio.taste.aggregate import Rating, aggregated, loss_weights, scaled, top_quartile
from studio.taste.features import FROM_SOUND, NAMES, as_rows
from studio.taste.foretelling import foretelling, is_believed
from studio.taste.judgement import Judgement
from studio.taste.model import Taste
from studio.taste.weights import advantages, effective_size, weights_of

if TYPE_CHECKING:
    from studio.ml.adapting.clips import RatedClip

_HELD_OUT_EVERY = 5
#: Fewer songs than this, and clips are held out rather than songs.
_FEWEST_SONGS = 4
#: A feature of sound counts as spoken of when its weight is this many deviations from none.
_SURE = 2.0
_SOUND = np.array([NAMES.index(name) for name in FROM_SOUND])


@dataclass(frozen=True, eq=False)
class Lesson:
    """Rated clips, ready to be learnt from.

    Attributes:
        effective: how many equally weighted clips the weights amount to.
        unknown: rated clips whose notes are no longer there.
        by_song: whether whole songs are held out.
        phrases: song and what was heard, of the phrases that are learnt from.
        taste: what more draws for these phrases can be labelled by; None where it does not foretell the answers.
    """

    clips: tuple[RatedClip, ...]
    held_out: tuple[RatedClip, ...]
    effective: float
    unknown: int
    by_song: bool
    phrases: tuple[tuple[str, VocalAnalysis], ...] = ()
    taste: Taste | None = None

    def check(self, least: int) -> None:
        """Raises StudioError where there is too little to learn from."""
        if len(self.clips) < least:
            raise StudioError(
                tr("There is too little to train a personal model on"),
                seen=tr(
                    "{count} rated clips, and {count_2} to test by",
                    count=len(self.clips),
                    count_2=len(self.held_out),
                ),
                expected=tr(
                    "about {least}; what was rated already guides which bands are shown", least=least
                ),
                todo=tr("Rate some more screens"),
            )


def make_lesson(
    ratings: TasteRatings, taste: Taste, listener: str = OWN, *, method: str = "adapter"
) -> Lesson:
    """The lesson of a listener's ratings.

    Args:
        method: 'paper' weights the top quartile by mean ratings, see studio.taste.aggregate.

    Raises:
        StudioError: the database cannot be read.
    """
    judgements = ratings.judgements(listener)
    roles = {clip.key: clip.role for judgement in judgements for clip in judgement.clips}
    stored = ratings.clips([key for key, role in roles.items() if role != "anchor"])
    found: list[tuple[str, KeptClip]] = []
    for clip in stored:
        try:
            found.append((clip.song, clip_of_content(clip.content)))
        except StudioError:
            continue  # clips without notes, or of a newer program: they still teach the taste
    weights = _paper_weights(judgements) if method == "paper" else None
    lesson = lesson_of(found, taste, weights, unknown=len(stored) - len(found))
    if method == "adapter" and is_believed(taste, foretelling(judgements, taste.prior)):
        return replace(lesson, taste=taste)
    return lesson


def lesson_of(
    found: Sequence[tuple[str, KeptClip]],
    taste: Taste,
    weights: Mapping[str, float] | None = None,
    *,
    unknown: int = 0,
) -> Lesson:
    """The lesson of clips, each with its song.

    Args:
        weights: by key, instead of those that follow from the taste; clips without one are left out.
    """
    from studio.ml.adapting.making import rated_clip

    known = []
    for song, clip in found:
        try:
            known.append((song, clip, taste.utility(clip.key)))
        except KeyError:
            unknown += 1
    if not known:
        return Lesson((), (), 0.0, unknown, False)
    songs = [song for song, _, _ in known]
    utilities = np.array([utility for _, _, utility in known])
    tilted = weights_of(advantages(utilities[:, 0], utilities[:, 1], utilities[:, 2], songs)).weights
    sounds = sound_weights([clip.features for _, clip, _ in known], songs, taste)
    made = [
        rated_clip(
            clip.key, song, clip.candidate, clip.analysis, utility=float(utility[0]),
            weight=float(tilted[i]) if weights is None else weights.get(clip.key, 0.0),
            sound_weight=None if sounds is None else float(sounds[i]),
        )
        for i, (song, clip, utility) in enumerate(known)
    ]  # fmt: skip
    held_out = held_out_songs(songs)
    by_song = len(set(songs)) >= _FEWEST_SONGS
    is_out = [clip.song in held_out if by_song else _draw(clip.key) == 0 for clip in made]
    learnt = [clip for clip, out in zip(made, is_out, strict=True) if not out and clip.weight > 0.0]
    mean = float(np.mean([clip.weight for clip in learnt])) if learnt else 1.0
    learnt = [replace(clip, weight=clip.weight / mean) for clip in learnt]
    effective = effective_size(np.array([clip.weight for clip in learnt]))
    out = tuple(clip for clip, is_it in zip(made, is_out, strict=True) if is_it)
    learnt_from = {clip.key for clip in learnt}
    phrases = {
        (song, clip.phrase_s): clip.analysis
        for song, clip, _ in known
        if clip.key in learnt_from and clip.role != "anchor"
    }
    return Lesson(
        tuple(learnt), out, effective, unknown, by_song,
        tuple((song, analysis) for (song, _), analysis in phrases.items()),
    )  # fmt: skip


def held_out_songs(songs: Sequence[str]) -> frozenset[str]:
    """About a fifth of the songs, by their keys alone; one at least where there are four or more."""
    names = sorted(set(songs), key=_hash)
    chosen = frozenset(name for name in names if _draw(name) == 0)
    return chosen or frozenset(names[:1])


def sound_weights(
    features: Sequence[Mapping[str, float]], songs: Sequence[str], taste: Taste
) -> NDArray[np.float64] | None:
    """Weights by the features of sound alone; None where the ratings do not speak of sound."""
    mean, covariance = taste.mean[_SOUND], taste.covariance[np.ix_(_SOUND, _SOUND)]
    sds = np.sqrt(np.diag(covariance))
    if not (np.abs(mean) > _SURE * sds).any():
        return None
    rows = as_rows(features)[:, _SOUND]
    sd = np.sqrt(np.einsum("ni,ij,nj->n", rows, covariance, rows))
    prior_sd = np.sqrt(
        (rows**2) @ (taste.strength * np.broadcast_to(taste.prior.spread, len(NAMES))[_SOUND]) ** 2
    )
    return weights_of(advantages(rows @ mean, sd, np.maximum(prior_sd, 1e-9), songs)).weights


def _paper_weights(judgements: Sequence[Judgement]) -> Mapping[str, float]:
    """The paper's: means of scaled ratings, the top quartile, weighted by how far they lie above the mean.

    Answers without stars stand for some: best for 5, worst for 1, the others for 3.
    """
    given = []
    for judgement in judgements:
        verdict = judgement.verdict
        for key in judgement.keys:
            stars = verdict.stars.get(key, 5 if key == verdict.best else 1 if key == verdict.worst else 3)
            given.append(Rating(judgement.listener, key, float(stars), judgement.weight))
    rated = aggregated(scaled(given))
    return loss_weights(top_quartile(rated), rated)


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def _draw(key: str) -> int:
    return _hash(key) % _HELD_OUT_EVERY
