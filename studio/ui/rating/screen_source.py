"""What the rating screen asks of whoever makes its clips: an order for one screen, and a clip to hear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from studio.core.audio import Audio
from studio.core.jobs import CancelToken, StepCallback
from studio.core.screen import Clip, Screen
from studio.services.project.song import Song
from studio.storage.project_folder import ProjectFolder


@dataclass(frozen=True)
class ScreenOrder:
    """One screen to be made.

    Attributes:
        number: from 1, within the project.
        sitting: names the sitting; `place` is the screen's in it, from 1.
        phrase_s: where the user wants it; None leaves it to the maker.
        parents: keys of two clips of which more is wanted.
        listener: whose taste it is for.
    """

    number: int
    sitting: str
    place: int
    phrase_s: tuple[float, float] | None = None
    parents: tuple[str, ...] = ()
    listener: str = ""


@dataclass(frozen=True, eq=False)
class ClipSound:
    """A clip as it is heard.

    Attributes:
        band: the accompaniment of the phrase, at its level beside the vocal.
        vocal_gain: linear; what the vocal is played with beside all clips of the screen.
        style, instruments: in words, for the reveal.
    """

    band: Audio
    vocal_gain: float = 1.0
    style: str = ""
    instruments: str = ""


class ScreenSource(Protocol):
    """Both methods are called off the main thread."""

    def make(self, song: Song, order: ScreenOrder, *, on_step: StepCallback, cancel: CancelToken) -> Screen:
        """A screen whose clips stand in the project's folder. Raises StudioError, JobCancelled."""

    def sound(self, folder: ProjectFolder, clip: Clip) -> ClipSound:
        """Raises StudioError for a clip that is gone."""
