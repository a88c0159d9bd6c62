"""An archive of liked and different clips, so that a search never narrows to one kind of band.

Where a newcomer resembles one that is kept, the better of the two stays; where it resembles none, it is kept, and
once the archive is full the worse of the two most alike goes (novelty search with local competition, Lehman and
Stanley 2011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.taste.features import NAMES, as_row, as_rows

#: Root mean square difference of the features, in units of their usual scatter, below which two clips are alike: two
#: candidates of one vocal differ by about 1.4.
ALIKE = 0.6
MOST = 24


@dataclass(frozen=True)
class Kept:
    """A clip, its features and its utility when it was added."""

    key: str
    features: Mapping[str, float] = field(hash=False)
    value: float = 0.0


def distance(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Root mean square difference over the features that both have; 0 where they share none."""
    shared = [name for name in NAMES if name in a and name in b]
    if not shared:
        return 0.0
    rows = as_row(a) - as_row(b)
    return float(np.sqrt((rows**2).sum() / len(shared)))


def distances(features: Mapping[str, float], others: Sequence[Mapping[str, float]]) -> list[float]:
    """To each of the others."""
    return [distance(features, other) for other in others]


@dataclass(frozen=True)
class Archive:
    """What is kept, in the order it was added."""

    kept: tuple[Kept, ...] = ()

    def adding(self, new: Kept) -> Archive:
        """The archive after a newcomer; a clip that is there already gets its new value."""
        others = [old for old in self.kept if old.key != new.key]
        apart = distances(new.features, [old.features for old in others])
        if apart and min(apart) < ALIKE:
            near = others[int(np.argmin(apart))]
            if near.value >= new.value:
                return Archive(tuple(others))
            others.remove(near)
        others.append(new)
        if len(others) > MOST:
            others.remove(_most_dispensable(others))
        return Archive(tuple(others))

    def novelty(self, features: Mapping[str, float]) -> float:
        """Distance to the most alike that is kept; infinite while the archive is empty."""
        return min(distances(features, [old.features for old in self.kept]), default=float("inf"))


def _most_dispensable(kept: Sequence[Kept]) -> Kept:
    rows = as_rows([each.features for each in kept])
    apart = ((rows[:, None] - rows[None]) ** 2).sum(-1)
    np.fill_diagonal(apart, np.inf)
    pair = np.unravel_index(int(apart.argmin()), apart.shape)
    return min((kept[int(i)] for i in pair), key=lambda each: each.value)
