"""What a sitting is made of: how many screens, which of them are shown twice, and which hide an anchor.

One screen in six is an earlier one again, in another order: whoever answers alike is believed more (see
studio.taste.reliability). One new one in three hides an anchor, so that after one sitting or two the rule of
studio.taste.exclusion has its four. Which they are follows from the sitting's name, so that it is the same after a
crash, and no listener can learn it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

SHORTEST, USUAL, LONGEST = 10, 12, 15
#: One screen in so many is a repeat; at least so many lie between it and the first showing.
REPEAT_EVERY, REPEAT_AFTER = 6, 3
#: Every so many new screens one hides an anchor.
ANCHOR_EVERY = 3
#: A phrase is kept for so many screens, so that children of what was liked come back in it.
PHRASE_FOR = 3
SECONDS_A_SCREEN = 45.0


@dataclass(frozen=True)
class Slot:
    """One screen of a sitting.

    Attributes:
        place: from 1.
        repeat_of: place of the screen that is shown again; None for a new one.
        anchor: whether a band made for another voice is among the clips.
        phrase: which of the song's phrases, from 0; the song may have fewer, and begins again then.
    """

    place: int
    repeat_of: int | None = None
    anchor: bool = False
    phrase: int = 0


def new_sitting() -> str:
    """A name for a sitting."""
    return uuid.uuid4().hex[:12]


def plan(sitting: str, screens: int = USUAL) -> tuple[Slot, ...]:
    """The sitting of that name.

    Args:
        screens: SHORTEST to LONGEST are advised; any number is planned.
    """
    rng, hiding = (np.random.default_rng([*sitting.encode(), which]) for which in (0, 1))
    slots: list[Slot] = []
    new: list[int] = []
    for first in range(1, screens + 1, REPEAT_EVERY):
        block = range(first, first + REPEAT_EVERY)
        late = [place for place in block if place > REPEAT_AFTER + 1]
        repeated = int(late[int(rng.integers(len(late)))])
        for place in block:
            if place > screens:
                break
            sources = [p for p in new if p < place - REPEAT_AFTER and not _is_repeated(p, slots)]
            if place == repeated and sources:
                slots.append(Slot(place, int(sources[int(rng.integers(len(sources)))])))
                continue
            slots.append(Slot(place, phrase=len(new) // PHRASE_FOR))
            new.append(place)
    # Drawn as if every group were whole, so that a longer sitting begins like a shorter one.
    hidden = [first + int(hiding.integers(ANCHOR_EVERY)) for first in range(0, len(new), ANCHOR_EVERY)]
    anchors = {new[index] for index in hidden if index < len(new)}
    return tuple(Slot(slot.place, slot.repeat_of, slot.place in anchors, slot.phrase) for slot in slots)


def slot_of(sitting: str, place: int) -> Slot:
    """One screen of a sitting, however long it becomes."""
    return plan(sitting, max(LONGEST, place))[place - 1]


@dataclass(frozen=True)
class Progress:
    """How far a sitting is: screens voted on, of how many."""

    voted: int
    screens: int

    @property
    def done(self) -> bool:
        return self.voted >= self.screens

    @property
    def left_s(self) -> float:
        """About how long the rest takes a practised user."""
        return max(0, self.screens - self.voted) * SECONDS_A_SCREEN


def progress(voted: Collection[int], of_sitting: Collection[int], screens: int = USUAL) -> Progress:
    """How far a sitting is.

    Args:
        voted, of_sitting: numbers of the screens with a verdict, and of those of the sitting.
    """
    return Progress(len(set(voted) & set(of_sitting)), screens)


def _is_repeated(place: int, slots: list[Slot]) -> bool:
    return any(slot.repeat_of == place for slot in slots)
