"""What the learner reads: one answer of one listener, with the features of what was heard. Independent of storage.

Answers come from blind screens and, with less weight, from what is said anywhere else in the program: stars, hearts,
hidden candidates, the one that was exported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studio.core.opinion import Opinion
from studio.core.screen import Screen, Verdict

#: What an answer given outside of a blind screen counts: the listener saw names and pictures, and heard other music
#: in between.
OPEN_WEIGHT = 0.4
#: Stars that a heart and a hidden candidate stand for, where none were given.
_HEART_STARS, _HIDDEN_STARS = 5, 2


@dataclass(frozen=True)
class JudgedClip:
    """A clip as the learner knows it: `role` of studio.core.screen.ROLES, features by studio.taste.features.NAMES."""

    key: str
    role: str
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Judgement:
    """One answer.

    Attributes:
        listener: who answered.
        song: the vocal's SHA-256 or another key; songs are groups whose taste may differ a little.
        at: when, ISO 8601; judgements are kept in order, the oldest first.
        screen: key, unique among all screens of all songs.
        clips: in the order they were shown in.
        sitting: stars of one sitting share an offset.
        repeat_of: key of the screen that this one showed again; empty for a new one.
        blind: whether names, marks and pictures were hidden.
        weight: 1 for a screen, less for what was said in passing.
    """

    listener: str
    song: str
    at: str
    screen: str
    clips: tuple[JudgedClip, ...]
    verdict: Verdict
    sitting: str = ""
    repeat_of: str = ""
    blind: bool = True
    weight: float = 1.0

    def __post_init__(self) -> None:
        if len({clip.key for clip in self.clips}) != len(self.clips):
            raise ValueError("a judgement of a clip that is there twice")
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(f"a weight of {self.weight}")

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(clip.key for clip in self.clips)

    @property
    def preferred(self) -> tuple[tuple[str, str], ...]:
        """Pairs (better, worse) that the verdict implies by best and worst; stars are not among them."""
        best, worst = self.verdict.best, self.verdict.worst
        pairs = [(best, key) for key in self.keys if best in self.keys and best != key]
        pairs += [(key, worst) for key in self.keys if worst in self.keys and key not in (worst, best)]
        return tuple((a, b) for a, b in pairs if a and b)


def of_screen(screen: Screen, verdict: Verdict, *, listener: str, song: str, at: str = "") -> Judgement:
    """The judgement of a project's screen.

    Args:
        song: names the project; with the screen's number it makes the key.
    """
    if not verdict.fits(screen):
        raise ValueError("a verdict of another screen")
    repeats = "" if screen.repeat_of is None else screen_key(song, screen.repeat_of)
    clips = tuple(JudgedClip(clip.key, clip.role, clip.features) for clip in screen.clips)
    key = screen_key(song, screen.number)
    return Judgement(
        listener, song, at or screen.made_at, key, clips, verdict, f"{song}/{screen.sitting}", repeats
    )


def screen_key(song: str, number: int) -> str:
    """The key of a project's screen."""
    return f"{song}/{number}"


def of_opinions(
    opinions: Mapping[str, Opinion],
    features: Mapping[str, Mapping[str, float]],
    *,
    listener: str,
    song: str,
    at: str = "",
) -> Judgement | None:
    """Stars, hearts and hidden marks given to candidates of a song; None where nothing was said.

    Args:
        opinions, features: by the candidate's key.
    """
    stars: dict[str, int] = {}
    for key, opinion in opinions.items():
        said = opinion.stars or (_HEART_STARS if opinion.favourite else 0)
        if not said and opinion.hidden:
            said = _HIDDEN_STARS
        if said and key in features:
            stars[key] = said
    if not stars:
        return None
    clips = tuple(JudgedClip(key, "base", features[key]) for key in stars)
    return Judgement(
        listener, song, at, f"{song}/opinions", clips, Verdict(stars=stars), f"{song}/opinions",
        blind=False, weight=OPEN_WEIGHT,
    )  # fmt: skip


def of_pick(
    picked: str,
    features: Mapping[str, Mapping[str, float]],
    *,
    listener: str,
    song: str,
    at: str = "",
) -> Judgement | None:
    """One candidate taken before its neighbours, by exporting it or going on with it; None if it was the only one."""
    if picked not in features or len(features) < 2:
        return None
    clips = tuple(JudgedClip(key, "base", each) for key, each in features.items())
    return Judgement(
        listener, song, at, f"{song}/pick/{picked}", clips, Verdict(best=picked), blind=False, weight=OPEN_WEIGHT
    )  # fmt: skip


def songs_of(judgements: Sequence[Judgement]) -> tuple[str, ...]:
    """Each song once, in the order they were first judged in."""
    return tuple(dict.fromkeys(judgement.song for judgement in judgements))
