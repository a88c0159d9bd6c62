"""From a candidate and how its vocal was heard to a clip that can be learnt from."""

from __future__ import annotations

from dataclasses import replace

from studio.core.analysis import VocalAnalysis
from studio.core.candidate import Candidate, recipe_of
from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.score import Score
from studio.ml.adapting.clips import RatedClip, SoundClip
from studio.ml.arrangement.condition import condition_of


def rated_clip(
    key: str,
    song: str,
    candidate: Candidate,
    analysis: VocalAnalysis,
    *,
    weight: float = 1.0,
    utility: float = 0.0,
    sound_weight: float | None = None,
) -> RatedClip:
    """What the arrangement model drew, for what it was told.

    Args:
        candidate: of the band model, with its recipe; its stems do not matter.
        analysis: what the candidate was made for: `GenerationRequest.analysis_of` its number.
        sound_weight: None where the rating does not speak of sound.

    Raises:
        StudioError: for a candidate without a recipe, or of another stretch of the song.
    """
    sound = None
    if sound_weight is not None:
        sound = SoundClip(candidate.arrangement, recipe_of(candidate).sound_seed, sound_weight)
    clip = rated_score(key, song, recipe_of(candidate).score, analysis, weight=weight, utility=utility)
    return replace(clip, sound=sound)


def rated_score(
    key: str, song: str, score: Score, analysis: VocalAnalysis, *, weight: float = 1.0, utility: float = 0.0
) -> RatedClip:
    """A score by itself. Raises StudioError for one of another stretch of the song."""
    condition = condition_of(analysis)
    if len(score.tokens) != condition.melody.shape[1]:
        raise StudioError(
            tr("Cannot learn from this clip"),
            seen=tr(
                "{count} quarters played to {shape} sung",
                count=len(score.tokens),
                shape=condition.melody.shape[1],
            ),
            expected=tr("the analysis it was made for"),
        )
    return RatedClip(
        key, song, score.tokens, score.globals, condition.melody[0].numpy(), condition.place[0].numpy(),
        condition.song[0].numpy(), weight, utility,
    )  # fmt: skip
