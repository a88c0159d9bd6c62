"""Screens of tones, made in no time: a stand-in for the model, with what a real maker promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.origin import Origin
from studio.core.screen import Clip, Screen
from studio.services.taste.judged import judgements_of
from studio.services.taste.screens import ClipSound, ScreenOrder, SongContext
from studio.storage.project_folder import ProjectFolder
from studio.taste.model import Taste, learn

RATE = 44100
ROLES = ("exploit", "child", "different", "base")
PHRASE_S = (0.5, 2.5)


class FakeScreens:
    """Every fifth screen repeats the first in another order.

    Attributes:
        orders: as they came.
        gone: keys of clips whose sound is gone.
        before_make: called first, on the worker.
    """

    def __init__(self) -> None:
        self.orders: list[ScreenOrder] = []
        self.gone: set[str] = set()
        self.before_make: Callable[[ScreenOrder, CancelToken], None] = lambda *_: None

    def make(
        self, song: SongContext, order: ScreenOrder, *, on_step: StepCallback, cancel: CancelToken
    ) -> Screen:
        self.orders.append(order)
        self.before_make(order, cancel)
        cancel.check()
        number, phrase = order.number, order.phrase_s or PHRASE_S
        if number % 5 == 0:
            first = song.project.screens[0]
            return Screen(number, order.sitting, first.phrase_s, first.clips[::-1], repeat_of=1)
        clips = []
        for place, role in enumerate(ROLES):
            parents = (f"s{number - 1}-0", f"s{number - 1}-1") if role == "child" and number > 1 else ()
            parents = order.parents or parents if role == "child" else ()
            genes = dict(zip(("drums", "chords"), parents, strict=False))
            origin = Origin("0" * 64, "an analysis", number_in_request=place + 1)
            features = {"drums": float(place), "brightness": -float(place)}
            clips.append(Clip(f"s{number}-{place}", role, origin, features, parents, genes))
        return Screen(number, order.sitting, phrase, tuple(clips))

    def taste(self, song: SongContext, listener: str) -> Taste | None:
        judged = judgements_of(song.project, listener)
        return learn(judged) if judged else None

    def sound(self, folder: ProjectFolder, clip: Clip) -> ClipSound:
        if clip.key in self.gone:
            raise StudioError(f"Clip {clip.key} is gone")
        place = int(clip.key[-1])
        t = np.arange(round(2.0 * RATE)) / RATE
        tone = (0.1 * np.sin(2 * np.pi * 220 * (place + 1) * t)).astype(np.float32)
        style = ("disco", "folk", "soul", "reggae")[place]
        return ClipSound(Audio(np.stack([tone, tone]), RATE), style, "piano, bass", -1.0)
