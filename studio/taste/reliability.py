"""How far answers can be trusted: r = g a d, times the weight an answer came with.

g  1 where every clip was heard for 5 s, or to its end; else 0. How long somebody listened is a sign of attention
   and never of liking (arXiv 2506.04852 drops ratings with little listening).
a  max(0, 2 h - 1), h = (agree + 3) / (n + 4) over n hidden repeats: a listener starts as fairly reliable.
d  2^(-age / 200), age in judgements; halved for what is older than the latest of eight or more repeats over
   sittings of which fewer than 60 % agree: the taste has moved, and the listener is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio.core.language import tr, trn
from studio.taste.judgement import Judgement

LEAST_HEARD_S = 5.0
#: Counts a listener starts with: three repeats of four answered alike.
_PRIOR_AGREED, _PRIOR_REPEATS = 3.0, 4.0
HALF_LIFE = 200.0
#: How far above chance, .5, listeners are who are trusted fully.
_HONEST = 0.2
_LEAST_SENTINELS, _LEAST_AGREEMENT, _DRIFTED = 8, 0.6, 0.5


@dataclass(frozen=True)
class Repeat:
    """A screen shown twice: places in the list of judgements, and the share of comparable pairs answered alike."""

    first: int
    second: int
    agreement: float
    over_sittings: bool


@dataclass(frozen=True)
class Reliability:
    """Of one listener's judgements.

    Attributes:
        weights: r for each judgement, 0 to 1.
        consistency: h.
        repeats: how many could be compared.
        has_drifted: whether old answers no longer hold.
        told: sentences for the listener.
    """

    weights: tuple[float, ...]
    consistency: float
    repeats: int
    has_drifted: bool
    told: tuple[str, ...] = ()

    @property
    def trust(self) -> float:
        """a, 0 to 1."""
        return min(max((self.consistency - 0.5) / _HONEST, 0.0), 1.0)


def is_heard(judgement: Judgement, length_s: float = LEAST_HEARD_S) -> bool:
    """Whether every clip of a blind screen was heard long enough. Opinions given in the open are not timed."""
    if not judgement.blind:
        return True
    heard = judgement.verdict.heard_s
    return all(heard.get(key, 0.0) >= min(LEAST_HEARD_S, length_s) for key in judgement.keys)


def repeats_of(judgements: Sequence[Judgement]) -> list[Repeat]:
    """Repeats whose first showing is known and of which some pair can be compared."""
    places = {judgement.screen: place for place, judgement in enumerate(judgements)}
    found = []
    for second, judgement in enumerate(judgements):
        first = places.get(judgement.repeat_of, second) if judgement.repeat_of else second
        if first == second:
            continue
        before = judgements[first]
        told, now = set(before.preferred), set(judgement.preferred)
        alike = len(told & now)
        against = len(told & {(b, a) for a, b in now})
        if alike + against:
            share = alike / (alike + against)
            found.append(Repeat(first, second, share, before.sitting != judgement.sitting))
    return found


def consistency_of(repeats: Sequence[Repeat]) -> float:
    """h; 0.75 without a repeat. Pairs of one screen hang together, so a repeat counts once."""
    agreed = sum(repeat.agreement for repeat in repeats)
    return (agreed + _PRIOR_AGREED) / (len(repeats) + _PRIOR_REPEATS)


def reliability(judgements: Sequence[Judgement], length_s: float = LEAST_HEARD_S) -> Reliability:
    """Weights of one listener's judgements, the oldest first.

    Args:
        length_s: how long the clips were; shorter ones count when heard to the end.
    """
    heard = [is_heard(judgement, length_s) for judgement in judgements]
    repeats = [r for r in repeats_of(judgements) if heard[r.first] and heard[r.second]]
    found = Reliability((), consistency_of(repeats), len(repeats), False)
    sentinels = [r for r in repeats if r.over_sittings]
    agreement = sum(r.agreement for r in sentinels) / len(sentinels) if sentinels else 1.0
    drifted = len(sentinels) >= _LEAST_SENTINELS and agreement < _LEAST_AGREEMENT
    turn = max((r.first for r in sentinels), default=-1) if drifted else -1
    weights = []
    for place, judgement in enumerate(judgements):
        fresh = 2.0 ** (-(len(judgements) - 1 - place) / HALF_LIFE) * (_DRIFTED if place <= turn else 1.0)
        weights.append(judgement.weight * float(heard[place]) * found.trust * fresh)
    told = []
    if missed := heard.count(False):
        told.append(
            trn(
                "{count} of {screens} screens does not count: a clip was heard for less than 5 s.",
                "{count} of {screens} screens do not count: a clip was heard for less than 5 s.",
                missed,
                screens=len(heard),
            )
        )
    if found.trust < 0.25:
        told.append(tr("Repeated screens were answered so differently that the answers count little."))
    if drifted:
        told.append(tr("Your answers to repeated screens have changed; older ones now count half."))
    return replace(found, weights=tuple(weights), has_drifted=drifted, told=tuple(told))
