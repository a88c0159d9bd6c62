"""Which clips a screen shows, and which are bred from: a genetic search guided by the taste model.

A screen of four shows two that the taste expects to be liked (children of liked clips among them), one unlike all
others, and one of the unchanged model, drawn blindly so that it can be compared with. Selection takes the posterior
mean less one standard deviation: a cautious search that breeds from what is known to be liked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.taste.archive import ALIKE, Archive, distance, distances
from studio.taste.model import Taste

#: Places of a screen of four by what they are for; exploits come out as 'exploit' or 'child'.
EXPLOITS = 2
#: Share of the judged clips that may become parents: the paper's top quartile (arXiv 2506.04852).
PARENT_SHARE = 0.25
#: Standard deviations that are taken off the mean.
CAUTION = 1.0
#: The same for the last choice, from which nothing more is to be learnt.
PICK_CAUTION = 0.5
#: Root mean square difference of the features that two picks for one vocal have at least; of two candidates of the
#: bundled model it is 1.4 on average.
UNLIKE = 1.0
#: Pairs, by weight, before which no children are bred for screens: one sitting. Children resemble each other, and a
#: taste learns from differences (docs/taste-measured.md). For a vocal to be accompanied, breeding pays at once.
LEAST_PAIRS = 55.0


@dataclass(frozen=True)
class Entry:
    """A candidate of the pool; `is_child` tells those that were bred from the model's own."""

    key: str
    features: Mapping[str, float] = field(hash=False)
    is_child: bool = False


@dataclass(frozen=True)
class Place:
    """A clip chosen for the screen, with its role of studio.core.screen.ROLES."""

    key: str
    role: str


def choose(
    pool: Sequence[Entry],
    taste: Taste | None,
    archive: Archive,
    rng: np.random.Generator,
    *,
    song: str = "",
    places: int = 4,
    asked: bool = False,
) -> tuple[Place, ...]:
    """The clips of one screen, in random order.

    Args:
        pool: all of one phrase, at least as many as places, at least one of them no child.
        taste: None before the first answer.
        places: 2 to 8; one is the base and two, once something is known, exploits or children.
        asked: whether the user wants children: then they are shown whatever is known.

    Raises:
        ValueError: for a pool too small, or of children only.
    """
    if len(pool) < places:
        raise ValueError(f"a pool of {len(pool)} for {places} places")
    own = [entry for entry in pool if not entry.is_child]
    if not own:
        raise ValueError("a pool without a candidate of the unchanged model")
    base = own[int(rng.integers(len(own)))]
    rest = [entry for entry in pool if entry is not base]
    values = dict(zip((e.key for e in rest), worth(rest, taste, rng, song=song), strict=True))
    chosen = [Place(base.key, "base")]
    taken, exploited = [base], list[Mapping[str, float]]()
    # Before the first answer nothing is likelier than the rest: then all are as unlike as they come.
    exploits = EXPLOITS if asked or (taste is not None and taste.says_something) else 0
    for _ in range(min(exploits, places - 1)):
        # No two exploits alike; the base, which chance chose, stands in nobody's way.
        wanted = [e for e in rest if e.is_child] if asked else []
        fresh = [e for e in wanted or rest if all(a >= ALIKE for a in distances(e.features, exploited))]
        fresh = fresh or wanted or rest
        best = max(fresh, key=lambda e: values[e.key])
        chosen.append(Place(best.key, "child" if best.is_child else "exploit"))
        exploited.append(best.features)
        taken.append(best)
        rest.remove(best)
    while len(chosen) < places:
        new = max(rest, key=lambda e: _unlike(e, taken, archive))
        chosen.append(Place(new.key, "different"))
        taken.append(new)
        rest.remove(new)
    order = rng.permutation(len(chosen))
    return tuple(chosen[int(i)] for i in order)


def may_breed(taste: Taste | None) -> bool:
    """Whether a screen may hold children yet."""
    return taste is not None and taste.pairs >= LEAST_PAIRS


def pick(
    pool: Sequence[Entry],
    taste: Taste | None,
    rng: np.random.Generator,
    *,
    beside: Sequence[Mapping[str, float]] = (),
    song: str = "",
) -> Entry:
    """The most promising of a pool that is not too like what is there already, so that
    a search that converges still offers different bands. Where none is that unlike, the most unlike.

    Args:
        beside: features of what was picked for the same vocal before.

    Raises:
        ValueError: for an empty pool.
    """
    if not pool:
        raise ValueError("nothing to pick from")
    near = [min(distances(entry.features, beside), default=UNLIKE) for entry in pool]
    values = worth(pool, taste, rng, song=song, caution=PICK_CAUTION)
    far = [i for i, apart in enumerate(near) if apart >= UNLIKE] or [int(np.argmax(near))]
    return pool[max(far, key=lambda i: float(values[i]))]


def worth(
    entries: Sequence[Entry],
    taste: Taste | None,
    rng: np.random.Generator,
    *,
    song: str = "",
    caution: float = CAUTION,
) -> NDArray[np.float64]:
    """Mean less `caution` standard deviations of each, [n]; by chance before there is a taste to speak of.

    Before that the deviation says only how unusual a clip is, and caution would show the most ordinary ones.
    """
    chance = rng.random(len(entries))
    if taste is None or not taste.pairs:
        return chance
    mean, sd = taste.scores([entry.features for entry in entries], song)
    sure = min(1.0, taste.pairs / 60.0)
    return np.asarray(mean - caution * sure * sd + 1e-6 * chance)


def _unlike(entry: Entry, taken: Sequence[Entry], archive: Archive) -> float:
    """How far from all that is on the screen, and, half as important, from what was liked before."""
    near = min(distances(entry.features, [t.features for t in taken]))
    return near + 0.5 * min(archive.novelty(entry.features), 2.0)


def parents(
    taste: Taste,
    judged: Mapping[str, Mapping[str, float]],
    rng: np.random.Generator,
    *,
    pairs: int = 1,
) -> tuple[tuple[str, str], ...]:
    """Pairs of judged clips to breed from: the first of the best quarter, the second another that is liked or unlike
    it.

    Args:
        judged: features of the clips that may be bred from, by key.
    """
    known = [(key, *taste.utility(key)[:2]) for key in judged if _is_known(taste, key)]
    ranked = [key for key, *_ in sorted(known, key=lambda k: -(k[1] - CAUTION * k[2]))]
    best = ranked[: max(2, round(PARENT_SHARE * len(ranked)))]
    if len(best) < 2:
        return ()
    chosen = []
    for _ in range(pairs):
        first = best[int(rng.integers(len(best)))]
        others = [key for key in best if key != first]
        apart = np.array([distance(judged[first], judged[key]) + 1e-6 for key in others])
        chosen.append((first, others[int(rng.choice(len(others), p=apart / apart.sum()))]))
    return tuple(chosen)


def _is_known(taste: Taste, key: str) -> bool:
    try:
        taste.utility(key)
    except KeyError:
        return False
    return True
