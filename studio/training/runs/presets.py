"""How long and how large each stage is: the two presets, as data.

`cpu` is for two cores within hours; its speeds were measured (about 1 s a step for the arrangement model, 0.2 to
0.3 s for mel and vocoder). `gpu` is for one data-centre GPU that is lent for ten minutes: songs and sounds are made
and packed beforehand, and each network trains for a time and not for a number of steps, so that it ends in time on
whatever GPU it is. It has been tried on the CPU only, with small sizes and times.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StagePlan:
    """One training loop: steps of `batch` crops.

    Attributes:
        seconds: instead of `steps`, so many as fit into this time by the pace measured at the start.
    """

    steps: int
    batch: int
    learning_rate: float
    warmup: int = 200
    seconds: float | None = None


@dataclass(frozen=True)
class Preset:
    """One way to make all models.

    Attributes:
        songs: scores of the song corpus; sounds: of these, how many stretches are rendered.
        device: 'cpu' or 'cuda'.
        workers: processes that write the corpus; 0 for one a core. Batches too are made ahead when the device
            is CUDA.
        save_every: steps between checkpoints with held-out scores; previews come every fourth.
    """

    songs: int
    sounds: int
    arrangement: StagePlan
    mel: StagePlan
    vocoder: StagePlan
    device: str
    workers: int
    save_every: int


PRESETS = {
    "cpu": Preset(
        songs=16_000,
        sounds=300,
        arrangement=StagePlan(steps=6000, batch=32, learning_rate=1e-3),
        mel=StagePlan(steps=8000, batch=16, learning_rate=8e-4),
        vocoder=StagePlan(steps=8000, batch=12, learning_rate=8e-4),
        device="cpu",
        workers=0,
        save_every=250,
    ),
    "gpu": Preset(
        songs=40_000,
        sounds=600,
        arrangement=StagePlan(steps=8000, batch=256, learning_rate=2e-3, warmup=200, seconds=150.0),
        mel=StagePlan(steps=8000, batch=64, learning_rate=1.2e-3, warmup=200, seconds=150.0),
        vocoder=StagePlan(steps=8000, batch=48, learning_rate=1.2e-3, warmup=200, seconds=150.0),
        device="cuda",
        workers=0,
        save_every=1000,
    ),
}
