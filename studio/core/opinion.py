"""What a listener says of a candidate, and the order and names of a blind comparison."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

MOST_STARS = 5


@dataclass(frozen=True)
class Opinion:
    """About one candidate. `stars` 0 is unrated; `hidden` None leaves it to the fit report."""

    favourite: bool = False
    stars: int = 0
    note: str = ""
    hidden: bool | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.stars <= MOST_STARS:
            raise ValueError(f"{self.stars} stars of {MOST_STARS}")

    @property
    def is_liked(self) -> bool:
        return self.favourite or self.stars > 0


NO_OPINION = Opinion()


def blind_order(numbers: Sequence[int], chance: random.Random) -> tuple[int, ...]:
    """The candidates in an order that says nothing; never the one they stand in, where there are two or more."""
    order = list(numbers)
    while len(order) > 1 and order == list(numbers):
        chance.shuffle(order)
    return tuple(order)


def blind_label(place: int) -> str:
    """'A' for the first place, then 'B'; after 'Z' 'AA'."""
    label = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        label = chr(65 + letter) + label
    return label
