"""Which clip was bred from which, among those that were voted on: nothing else may be seen before its vote. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.core.language import tr
from studio.core.project import Project
from studio.core.screen import Clip, Screen
from studio.ui.rating.words import clip_names, genes_in_words, role_in_words


@dataclass(frozen=True)
class Member:
    """One clip.

    Attributes:
        name: '3B'.
        has: what it has of whom, or why it was there.
        said: 'best', 'worst', stars.
        screen: the first it was on.
        children: their keys; each stands below its first parent.
    """

    clip: Clip
    name: str
    has: str
    said: str
    screen: Screen
    children: tuple[str, ...]

    @property
    def is_liked(self) -> bool:
        return "best" in self.said or "★★★★" in self.said


def members(project: Project) -> Mapping[str, Member]:
    """By key, in the order they were made in."""
    voted = tuple(screen for screen in project.screens if screen.number in project.verdicts)
    names = clip_names(project.screens)
    first: dict[str, Screen] = {}
    for screen in voted:
        for clip in screen.clips:
            first.setdefault(clip.key, screen)
    children: dict[str, list[str]] = {}
    for key, screen in first.items():
        known = [parent for parent in screen.clip(key).parents if parent in first]
        if known:
            children.setdefault(known[0], []).append(key)
    made = {}
    for key, screen in first.items():
        clip = screen.clip(key)
        has = genes_in_words(clip, names) or role_in_words(clip, screen)
        made[key] = Member(
            clip, names[key], has, _said(project, voted, key), screen, tuple(children.get(key, ()))
        )
    return made


def roots(family: Mapping[str, Member]) -> list[str]:
    """Where the tree begins: clips without parents that were liked, or that others were bred from."""
    below = {child for member in family.values() for child in member.children}
    return [key for key, m in family.items() if key not in below and (m.children or m.is_liked)]


def _said(project: Project, voted: tuple[Screen, ...], key: str) -> str:
    """What was said of a clip, on all screens it was on."""
    words: list[str] = []
    for screen in voted:
        verdict = project.verdicts[screen.number]
        words += [tr("best")] * (verdict.best == key) + [tr("worst")] * (verdict.worst == key)
        words += ["★" * verdict.stars[key]] if key in verdict.stars else []
    return tr(", ").join(dict.fromkeys(words))
