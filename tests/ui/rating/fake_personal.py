"""A personal model that learns in no time, on a real shelf; its pairs are tones."""

from __future__ import annotations

import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np

from studio.core.audio import Audio
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.pipeline import Run
from studio.ml.adapting.clips import AdapterReport, Check
from studio.services.taste.adapters import AdapterShelf
from studio.services.taste.pairs import NEW, OLD, Pair
from studio.services.taste.screens import ClipSound, SongContext
from studio.services.taste.training import Learned
from tests.services.taste.adapter_files import BASE, write_adapter

RATE = 44100


class FakePersonal:
    """
    Attributes:
        clips: how many there are to learn from.
        audible: whether the next training has an effect.
        go: set to let a training end.
        applied: what was in use each time it was put into the engine.
    """

    def __init__(self, folder: Path) -> None:
        self.shelf = AdapterShelf(folder / "adapters")
        self._files = folder
        self.clips, self.audible = 44, True
        self.go = threading.Event()
        self.go.set()
        self.applied: list[str | None] = []
        self.paused = False
        self._trained = 0

    def apply(self) -> None:
        self.applied.append(self.shelf.promoted)

    def rated_clips(self, listener: str) -> int:
        return self.clips

    def memory_needed(self) -> int:
        return 900_000_000

    def train(self, listener: str, run: Run) -> Learned:
        run.step("Learning", 0.25)
        while not self.go.wait(0.01):
            self.paused = run.pause.paused
            run.cancel.check()
        self._trained += 1
        file = write_adapter(self._files / f"{self._trained}.safetensors", self._trained)
        checks = (Check("variety", 1.0, 0.9, True),)
        report = AdapterReport(
            "",
            BASE,
            "adapter",
            self.clips,
            9,
            300,
            300,
            "finished",
            120.0,
            "cpu",
            self.audible,
            ("busier drums",),
            checks,
        )
        state = "candidate" if report.fit_for_test else "rejected"
        at = f"2026-11-2{self._trained}T10:00:00+00:00"
        return Learned(self.shelf.keep(file, asdict(report), made_at=at, state=state), report, report.verdict)

    def make(
        self, song: SongContext, number: int, new: Path, *, on_step: StepCallback, cancel: CancelToken
    ) -> Pair:
        on_step(Progress("Making", 0.5))
        t = np.arange(2 * RATE) / RATE
        sounds = {}
        for hz, name in ((220, OLD), (330, NEW)):
            tone = (0.1 * np.sin(2 * np.pi * hz * t)).astype(np.float32)
            sounds[name] = ClipSound(Audio(np.stack([tone, tone]), RATE))
        return Pair(number, (0.5, 2.5), (OLD, NEW) if number % 2 else (NEW, OLD), sounds)
