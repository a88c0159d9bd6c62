"""A screen of the blind rating: a few accompaniments of one phrase, and what the listener said of them.

The listener never sees what a clip's role is before voting; roles, order and repeats are kept so that votes can be
checked afterwards (ITU-R BS.2132: hidden repeats, a hidden low anchor, a stated rule for leaving listeners out).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.core.names import is_file_name
from studio.core.opinion import MOST_STARS
from studio.core.origin import Origin

#: Why a clip is on a screen. `exploit`: best by what is known of the taste. `child`: bred from liked ones. `different`:
#: least like the rest. `base`: the unchanged model, as it comes. `anchor`: a band made for another voice; whoever likes
#: it best does not listen.
ROLES = ("exploit", "child", "different", "base", "anchor")
#: How the sitting of a pilot kit begins: screens that somebody made for others to rate.
KIT = "pilot-"


@dataclass(frozen=True)
class Clip:
    """One accompaniment of a screen's phrase.

    Attributes:
        key: unique among all clips of all projects; names the clip's folder in the project's `screens`.
        role: of ROLES.
        origin: what it was made from; `seed` and `number_in_request` count in the request for the phrase.
        features: of its sound and arrangement, by the names of studio.taste.features; what a taste is learnt from.
        parents: keys of the clips it was bred from, or of the one it was varied from.
        genes: what it has of whom, by gene of studio.core.request.GENES: a parent's key, or 'new'.
        gain_db: what was added to the band's level so that all clips of the screen are equally loud.
    """

    key: str
    role: str
    origin: Origin
    features: Mapping[str, float] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    genes: Mapping[str, str] = field(default_factory=dict)
    gain_db: float = 0.0

    def __post_init__(self) -> None:
        if not (self.key and is_file_name(self.key)):
            raise ValueError("a clip's key of a name that no folder has")
        if self.role not in ROLES:
            raise ValueError(f"a clip of the role {self.role!r}")


@dataclass(frozen=True)
class Screen:
    """Clips of one phrase, in the order they are shown in.

    Attributes:
        number: from 1, within the project.
        sitting: names the sitting it belongs to.
        phrase_s: first and last second of the vocal.
        repeat_of: the number of the screen that it shows again, in another order; None for a new one.
        generation: how many trainings the model in use has behind it: 0 for the bundled one.
        made_at: ISO 8601, with the zone.
    """

    number: int
    sitting: str
    phrase_s: tuple[float, float]
    clips: tuple[Clip, ...]
    repeat_of: int | None = None
    generation: int = 0
    made_at: str = ""

    def __post_init__(self) -> None:
        if not 2 <= len(self.clips) <= 8 or len({clip.key for clip in self.clips}) != len(self.clips):
            raise ValueError("a screen of other than 2 to 8 different clips")
        if not 0.0 <= self.phrase_s[0] < self.phrase_s[1]:
            raise ValueError("a phrase that ends before it begins")

    @property
    def is_given(self) -> bool:
        """Whether it came in a pilot kit: what is known of a taste there is the taste of who made the kit."""
        return self.sitting.startswith(KIT)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(clip.key for clip in self.clips)

    def clip(self, key: str) -> Clip:
        """Raises KeyError for a clip that there is not."""
        for clip in self.clips:
            if clip.key == key:
                return clip
        raise KeyError(f"no clip {key}")


@dataclass(frozen=True)
class Verdict:
    """What was said of one screen; every mapping is by the clip's key.

    Attributes:
        best, worst: None where none was named.
        none_usable: no clip was good enough to be used.
        tie: none is better than the others.
        stars: 1 to 5, where any were given.
        heard_s: seconds that each clip was heard; how long is a sign of attention, never of liking.
        plays: how often each clip was turned to.
        took_s: seconds from the first sound to the vote.
    """

    best: str | None = None
    worst: str | None = None
    none_usable: bool = False
    tie: bool = False
    stars: Mapping[str, int] = field(default_factory=dict)
    heard_s: Mapping[str, float] = field(default_factory=dict)
    plays: Mapping[str, int] = field(default_factory=dict)
    took_s: float = 0.0

    def __post_init__(self) -> None:
        if self.best is not None and self.best == self.worst:
            raise ValueError("a clip that is best and worst")
        if self.tie and (self.best is not None or self.worst is not None):
            raise ValueError("a tie with a best or a worst")
        if any(not 1 <= stars <= MOST_STARS for stars in self.stars.values()):
            raise ValueError(f"stars other than 1 to {MOST_STARS}")

    def fits(self, screen: Screen) -> bool:
        """Whether it speaks of that screen's clips only."""
        named = {key for key in (self.best, self.worst) if key is not None}
        return named | set(self.stars) | set(self.heard_s) | set(self.plays) <= set(screen.keys)
