"""What an adapter must not do, looked at before anyone is asked to listen.

The listener's own phrases, held-out ones first (see arrangement_task.Trials), base and adapter from the same noise:
draws for one vocal stay as different, chords fit the melody and bars begin as before, and nothing is a copy of what it
was trained on. The same draws tell whether there is any effect: on the listener's own phrases where there are enough of
them, since that is where it will be heard, and on all else besides where not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from studio.core.language import later
from studio.core.score import Score
from studio.ml.adapting.arrangement_task import Trials
from studio.ml.adapting.clips import Check, RatedClip
from studio.ml.adapting.drawing import diversity, draw_scores
from studio.ml.adapting.effect import Effect, effect_of
from studio.ml.adapting.pull import pull_of
from studio.ml.adapting.score_features import WORDS, beat_fit, chord_fit, score_features, stretches
from studio.ml.arrangement.model import Condition

LEAST_DIVERSITY, MOST_LOSS = 0.90, 0.02
#: A loss of fit must be surer than this many standard errors to be held against an adapter.
_SURE = 1.645
#: Quarters that are a copy when all of their tokens stand in one training item.
_COPIED = 16


def check_scores(
    base: nn.Module,
    adapted: nn.Module,
    trials: Trials,
    draws: int,
    clips: Sequence[RatedClip],
    replayed: Sequence[NDArray[np.int64]],
    check: Callable[[], None],
) -> tuple[list[Check], Effect]:
    """Draws and compares.

    Args:
        draws: of each, base and adapter, over all trials.
        clips, replayed: everything it was trained on; of the replay the tokens, [L, 21] each.
        check: called at every step; may raise JobCancelled.
    """
    conditions = trials.conditions
    each = -(-draws // len(conditions))
    before = draw_scores(base, conditions, each, check)
    after = draw_scores(adapted, conditions, each, check)
    features = [
        np.array([[score_features(s) for s in scores] for scores in drawn]) for drawn in (before, after)
    ]
    effect = effect_of(features[0], features[1], WORDS, pull_of(clips))
    learnt = [*(clip.tokens for clip in clips), *replayed]
    ratio = diversity(after) / max(diversity(before), 1e-9)
    known = set().union(*(stretches(tokens, _COPIED) for tokens in learnt)) if learnt else set()
    copies = copied(after, known) - copied(before, known)
    checks = [
        Check(
            later("bands for one vocal are too much alike"),
            round(ratio, 3),
            LEAST_DIVERSITY,
            ratio >= LEAST_DIVERSITY,
        ),
        _fit(
            later("chords fit the melody less"),
            before,
            after,
            lambda s, i: chord_fit(s, _melody(conditions[i])),
        ),
        _fit(
            later("bars are marked less"),
            before,
            after,
            lambda s, i: beat_fit(s, conditions[i].place[0].numpy()),
        ),
        Check(later("copies what it was trained on"), float(max(0, copies)), 0.0, copies <= 0),
    ]
    return checks, effect


def copied(drawn: Sequence[Sequence[Score]], known: set[bytes]) -> int:
    """How many scores hold a stretch that is known."""
    return sum(bool(stretches(score.tokens, _COPIED) & known) for scores in drawn for score in scores)


def _fit(
    name: str,
    before: Sequence[Sequence[Score]],
    after: Sequence[Sequence[Score]],
    measure: Callable[[Score, int], float],
) -> Check:
    """Relative loss of a measure; held against the adapter where it is both large and surely a loss."""
    pairs = np.array(
        [
            (measure(a, i), measure(b, i))
            for i, (some, others) in enumerate(zip(before, after, strict=True))
            for a, b in zip(some, others, strict=True)
        ]
    )
    difference = pairs[:, 0] - pairs[:, 1]
    loss = float(difference.mean() / max(pairs[:, 0].mean(), 1e-9))
    error = float(difference.std(ddof=1) / np.sqrt(len(pairs))) if len(pairs) > 1 else 0.0
    sure = difference.mean() > _SURE * error
    return Check(name, round(loss, 4), MOST_LOSS, not (loss > MOST_LOSS and sure))


def _melody(condition: Condition) -> NDArray[np.float32]:
    return condition.melody[0].numpy()
