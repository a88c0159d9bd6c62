"""Which of the pool a screen shows, and whom its children come of.

The pool is known by its notes; how a band sounds is known once it was played. Where a taste speaks of sound, two more
than are needed are played, and the best by all features are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from studio.core.candidate import Candidate
from studio.core.errors import StudioError
from studio.core.project import Project
from studio.core.screen import Clip, Screen
from studio.services.project.clips import has_clip, read_clip
from studio.services.taste.pool import Plan
from studio.storage.project_folder import ProjectFolder
from studio.taste.archive import ALIKE, Archive, Kept, distances
from studio.taste.features import FROM_SOUND, NAMES, features_of
from studio.taste.model import Taste
from studio.taste.search import Entry, choose, may_breed, parents, worth

PLACES = 4
#: Pairs of liked clips that are bred from for one screen.
_PAIRS = 2
#: How many more are played where the taste speaks of sound.
_MORE = 2
#: Roles that are chosen by taste.
_LIKED = ("exploit", "child")
_SOUND = [NAMES.index(name) for name in FROM_SOUND]


def pairs_to_breed(
    project: Project,
    folder: ProjectFolder,
    asked: tuple[str, ...],
    taste: Taste | None,
    rng: np.random.Generator,
) -> list[tuple[tuple[str, Candidate], tuple[str, Candidate]]]:
    """Whom to breed from: whom the user named, else the liked ones of this project.

    Args:
        asked: keys of two clips, or none.

    Raises:
        StudioError: for clips that are gone, or other than two.
    """
    if asked:
        if len(asked) != 2:
            raise StudioError("More of these two needs two", seen=f"{len(asked)}", expected="two clips")
        named = [(asked[0], asked[1])]
    elif taste is not None and may_breed(taste):
        judged = {
            clip.key: clip.features
            for number in project.verdicts
            for clip in project.screen(number).clips
            if clip.role != "anchor"
        }
        named = list(parents(taste, judged, rng, pairs=_PAIRS))
    else:
        named = []
    found = []
    for a, b in named:
        if asked or (has_clip(folder, a) and has_clip(folder, b)):
            found.append(((a, read_clip(folder, a).candidate), (b, read_clip(folder, b).candidate)))
    return found


def choose_plans(
    pool: Sequence[Plan],
    taste: Taste | None,
    project: Project,
    song: str,
    rng: np.random.Generator,
    *,
    asked: bool,
) -> list[tuple[Plan, str]]:
    """Plans and roles, in the order they are shown in.

    Args:
        song: its key, see judged.song_of.
        asked: whether the user named the parents.

    Raises:
        StudioError: where the pool is too small.
    """
    if asked:  # more of these two: all but two of the others step aside
        others = [plan for plan in pool if not plan.parents]
        pool = [*[plan for plan in pool if plan.parents], *others[: PLACES - 2]]
    entries = [Entry(plan.key, plan.features, not plan.is_base) for plan in pool]
    try:
        archive = _archive(taste, project.screens)
        places = choose(entries, taste, archive, rng, song=song, asked=asked)
    except ValueError as error:
        raise StudioError(
            "Too few accompaniments came out to choose from",
            seen=f"{len(pool)} with enough notes",
            expected=f"{PLACES} or more",
            todo="Choose another phrase",
        ) from error
    by_key = {plan.key: plan for plan in pool}
    return [(by_key[p.key], _role(p.role, by_key[p.key])) for p in places]


def _role(role: str, plan: Plan) -> str:
    """By descent: what the personal model made anew is no child."""
    if role in ("exploit", "child"):
        return "child" if plan.parents else "exploit"
    return role


def _archive(taste: Taste | None, screens: Iterable[Screen]) -> Archive:
    """What was judged so far, by how it is liked."""
    archive = Archive()
    if taste is None:
        return archive
    seen: Mapping[str, Clip] = {clip.key: clip for screen in screens for clip in screen.clips}
    for key, clip in seen.items():
        try:
            value = taste.utility(key)[0]
        except KeyError:
            continue
        if clip.role != "anchor":
            archive = archive.adding(Kept(key, clip.features, value))
    return archive


def speaks_of_sound(taste: Taste | None) -> bool:
    """Whether what is known of a taste says more of the sound than nothing."""
    if taste is None:
        return False
    sure = np.abs(taste.mean[_SOUND]) > np.sqrt(np.diag(taste.covariance)[_SOUND])
    return bool(sure.any() or taste.prior.mean[_SOUND].any())


def runners_up(
    pool: Sequence[Plan],
    chosen: Sequence[tuple[Plan, str]],
    taste: Taste | None,
    song: str,
    rng: np.random.Generator,
) -> list[Plan]:
    """The next best that were not chosen, to be heard before it is settled."""
    taken = {plan.key for plan, _ in chosen}
    left = [plan for plan in pool if plan.key not in taken]
    values = worth([Entry(plan.key, plan.features) for plan in left], taste, rng, song=song)
    return [left[int(i)] for i in np.argsort(-values)[:_MORE]]


def settled_by_sound(
    chosen: Sequence[tuple[Plan, str]],
    more: Sequence[Plan],
    played: Sequence[Candidate],
    taste: Taste,
    song: str,
) -> tuple[list[tuple[Plan, str]], list[Candidate]]:
    """The screen once its bands were heard: in the places of the liked ones, the best of them and of the runners-up.

    Args:
        played: of `chosen`, then of `more`.
    """
    kept, sounds = list(chosen), list(played[: len(chosen)])
    places = [i for i, (_, role) in enumerate(kept) if role in _LIKED]
    contenders = [(kept[i][0], played[i]) for i in places]
    contenders += list(zip(more, played[len(chosen) :], strict=True))
    heard = [{**plan.features, **features_of(made.arrangement, made.stems)} for plan, made in contenders]
    mean, _ = taste.scores(heard, song)
    left = [int(i) for i in np.argsort(-mean, kind="stable")]
    shown: list[Mapping[str, float]] = []
    for place in places:
        unlike = [i for i in left if all(apart >= ALIKE for apart in distances(heard[i], shown))]
        best = (unlike or left)[0]
        left.remove(best)
        shown.append(heard[best])
        plan, made = contenders[best]
        kept[place], sounds[place] = (plan, "child" if plan.parents else "exploit"), made
    return kept, sounds
