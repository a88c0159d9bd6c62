"""What a taste is worth on vocals that were never rated: hidden utility, wins, diversity, and the blind test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from studio.services.measuring.bench_taste_course import Course, promising
from studio.services.measuring.bench_taste_listeners import Heard, Listener
from studio.services.measuring.bench_taste_material import Material, Take
from studio.taste.model import Taste
from studio.taste.search import Entry, pick
from studio.taste.sequential import MOST_TRIALS, BlindTest

#: Generations of crossings that the search adds to a pool of the base, pairs in each, and children of a pair.
GENERATIONS, PAIRS, CHILDREN = 3, 4, 4
#: A way to choose one take for a vocal from a pool that the base drew, given what was chosen for it before.
Chooser = Callable[[list[Take], Sequence[Take]], Take]
#: A take, and the base's takes it stands against.
Choice = tuple[Take, Sequence[Take]]


@dataclass(frozen=True)
class Outcome:
    """Of one way to choose, on held-out vocals.

    Attributes:
        gain: mean hidden utility above the mean of the same pools, in standard deviations of the base.
        wins: share of blind comparisons with the base won, without ties, by a listener with noise and slips.
        diversity: of the choices for one vocal, against that of as many of the base's.
    """

    gain: float
    wins: float
    diversity: float


def outcome(
    material: Material, listener: Listener, chosen: Sequence[Sequence[Choice]]
) -> tuple[Outcome, list[tuple[Heard, Heard]]]:
    """The outcome, and pairs (chosen, one of the base) for the blind test.

    Args:
        chosen: by held-out vocal, what was chosen, and the base's takes it stands against.
    """
    gains, spread, usual = list[float](), list[float](), list[float]()
    pairs: list[tuple[Heard, Heard]] = []
    for of_vocal in chosen:
        heard = [material.heard(take) for take, _ in of_vocal]
        base = [[material.heard(take) for take in pool] for _, pool in of_vocal]
        for one, others in zip(heard, base, strict=True):
            gains.append(listener.utility(one) - float(np.mean([listener.utility(o) for o in others])))
            pairs += [(one, other) for other in others]
        spread += [_apart(a, b) for a, b in combinations(heard, 2)]
        every = {clip.key: clip for clips in base for clip in clips}
        usual += [_apart(a, b) for a, b in combinations(every.values(), 2)]
    told = [listener.prefers(new, old) for new, old in pairs]
    decided = max(told.count("win") + told.count("loss"), 1)
    diversity = float(np.mean(spread) / np.mean(usual)) if spread else 1.0
    return Outcome(float(np.mean(gains)), told.count("win") / decided, diversity), pairs


def chosen_by(choose: Chooser, pools: Sequence[Sequence[list[Take]]]) -> list[list[Choice]]:
    """What is chosen of each pool, by vocal, against the pool itself."""
    chosen: list[list[Choice]] = []
    for of_vocal in pools:
        choices: list[Choice] = []
        for pool in of_vocal:
            choices.append((choose(pool, [take for take, _ in choices]), pool))
        chosen.append(choices)
    return chosen


def best_of(taste: Taste, rng: np.random.Generator) -> Chooser:
    """The pool's best by the taste, as on a vocal of which nothing is known."""
    return lambda pool, _: _picked(pool, taste, rng, [])


def _picked(pool: list[Take], taste: Taste, rng: np.random.Generator, beside: Sequence[Take]) -> Take:
    by_key = {take.key: take for take in pool}
    entries = [Entry(take.key, take.features, take.is_child) for take in pool]
    return by_key[pick(entries, taste, rng, beside=[take.features for take in beside]).key]


def bred(course: Course, rng: np.random.Generator) -> Chooser:
    """The best of the pool, of children of what was liked elsewhere, and of crossings of the best of all these; unlike
    what was chosen before, since descendants of the same parents are alike.

    Crossings copy everything, so that they cost next to nothing, and there can be many.
    """

    def chosen(pool: list[Take], before: Sequence[Take]) -> Take:
        taste, material, name = course.taste, course.material, pool[0].phrase
        assert taste is not None
        grown = list(pool)
        key = f"{pool[0].key}/{course.screens} {course.listener.name}"
        liked = course.liked(rng)
        if liked:
            grown += material.breed(name, *liked, CHILDREN, 5000, f"{key}/0", 0.0)
        for generation in range(1, GENERATIONS + 1):
            for pair in range(PAIRS):
                a, b = promising(taste, grown, "", rng, best=6)
                seed, own = 5000 + 16 * generation + pair, f"{key}/{generation}/{pair}"
                grown += material.breed(name, a, b, CHILDREN, seed, own, 0.0)
        return _picked(grown, taste, rng, before)

    return chosen


def any_of(rng: np.random.Generator) -> Chooser:
    """One by chance: the base as it comes."""
    return lambda pool, _: pool[int(rng.integers(len(pool)))]


def blind_test(
    listener: Listener, pairs: Sequence[tuple[Heard, Heard]], may_promote: bool, rng: np.random.Generator
) -> BlindTest:
    """The sequential test over randomly drawn pairs of new and old.

    Args:
        may_promote: False where the listener's answers are not to be trusted; then nothing is asked.
    """
    test = BlindTest()
    if not may_promote:
        return BlindTest(("loss",) * 3)
    for i in rng.integers(len(pairs), size=MOST_TRIALS):
        if test.decision is not None:
            break
        test = test.after(listener.prefers(*pairs[int(i)]))
    return test


def _apart(a: Heard, b: Heard) -> float:
    return float(np.sqrt(((a.measures - b.measures) ** 2).mean()))
