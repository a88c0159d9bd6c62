"""What the rating screen asks of whoever makes its clips: studio.services.taste.screens.ScreenMaker, or what stands in
its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from studio.core.jobs import CancelToken, StepCallback
from studio.core.screen import Clip, Screen
from studio.services.taste.liked_music import LikedMusic
from studio.services.taste.ratings import TasteRatings
from studio.services.taste.screens import ClipSound, ScreenOrder, SongContext
from studio.storage.project_folder import ProjectFolder
from studio.taste.model import Taste
from studio.ui.rating.adapter_control import Personal


class ScreenSource(Protocol):
    """Its methods are called off the main thread."""

    def make(
        self, song: SongContext, order: ScreenOrder, *, on_step: StepCallback, cancel: CancelToken
    ) -> Screen:
        """A screen whose clips stand in the project's folder. Raises StudioError, JobCancelled."""

    def taste(self, song: SongContext, listener: str) -> Taste | None:
        """What is known of a listener; None where nothing was said, or it is not to be used."""

    def sound(self, folder: ProjectFolder, clip: Clip) -> ClipSound:
        """Raises StudioError for a clip that is gone."""


@dataclass(frozen=True)
class Teaching:
    """Everything the pages of taste work on."""

    screens: ScreenSource
    personal: Personal
    ratings: TasteRatings
    music: LikedMusic
