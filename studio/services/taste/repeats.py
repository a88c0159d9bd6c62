"""Hidden repeats: an earlier screen of a sitting shown again, in another order."""

from __future__ import annotations

import numpy as np

from studio.core.project import Project
from studio.core.screen import Screen
from studio.services.project.clips import has_clip
from studio.services.project.document import now
from studio.storage.project_folder import ProjectFolder


def screen_stands(folder: ProjectFolder, screen: Screen) -> bool:
    """Whether every clip of a screen can still be heard."""
    return all(has_clip(folder, key) for key in screen.keys)


def shown_at(folder: ProjectFolder, project: Project, sitting: str, place: int) -> Screen | None:
    """The screen at a place of a sitting, if it was voted on and stands."""
    shown = [screen for screen in project.screens if screen.sitting == sitting]
    if place > len(shown):
        return None
    screen = shown[place - 1]
    voted = screen.number in project.verdicts
    return screen if voted and screen_stands(folder, screen) else None


def repeated(screen: Screen, number: int, sitting: str, generation: int) -> Screen:
    """The same clips in another order."""
    clips = list(screen.clips)
    while clips == list(screen.clips):
        seed = [*sitting.encode(), number, sum(map(ord, clips[0].key))]
        np.random.default_rng(seed).shuffle(clips)
        if clips == list(screen.clips):
            clips = [*clips[1:], clips[0]]
    return Screen(number, sitting, screen.phrase_s, tuple(clips), screen.number, generation, now())
