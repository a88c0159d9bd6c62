"""Clips of a band that is busy or calm, and replay material, for tiny models."""

from __future__ import annotations

import numpy as np
import torch

from studio.core.music import Key, Meter
from studio.core.score import BASS_OFFSET, COLUMNS, GLOBALS, HOLD, N_COLUMNS
from studio.ml.adapting.clips import RatedClip
from studio.ml.adapting.replay import Replay
from studio.ml.arrangement.melody import N_MELODY
from studio.ml.arrangement.model import places, song_features

CPU = torch.device("cpu")
BEATS = 8


def busy_and_calm(count: int = 8, seed: int = 1) -> list[RatedClip]:
    """By turns a busy clip (utility 1) and a calm one (-1), two vocals."""
    rng = np.random.default_rng(seed)
    clips = []
    for i in range(count):
        busy = i % 2 == 0
        tokens = np.zeros((BEATS, N_COLUMNS), dtype=np.int64)
        tokens[:, 0] = 1 + rng.integers(12)
        tokens[:, COLUMNS["energy"]] = 3 if busy else 1
        tokens[:, COLUMNS["drums"]] = 80 if busy else 0
        tokens[:, COLUMNS["bass"]] = [BASS_OFFSET] * 4 if busy else [BASS_OFFSET, HOLD, HOLD, HOLD]
        clips.append(
            RatedClip(
                f"clip {seed} {i}", f"song {i * 2 // count}", tokens, np.zeros(len(GLOBALS), np.int64),
                rng.normal(0, 0.3, (BEATS, N_MELODY)).astype(np.float32),
                places(Meter(4, 4), BEATS).numpy(), song_features(100.0, Key(0, "major")).numpy(),
                utility=1.0 if busy else -1.0,
            )
        )  # fmt: skip
    return clips


def replay_material(crops: int = 16) -> Replay:
    """Crops without any taste."""
    rng = np.random.default_rng(4)
    tokens = rng.integers(0, 4, (crops, BEATS, N_COLUMNS))
    place = np.tile(places(Meter(4, 4), BEATS).numpy(), (crops, 1))
    song = np.tile(song_features(110.0, Key(0, "minor")).numpy(), (crops, 1))
    melody = np.clip(rng.normal(0, 0.5, (crops, BEATS, N_MELODY)), -3, 3).astype(np.float32)
    return Replay(tokens, rng.integers(0, 3, (crops, len(GLOBALS))), melody, place, song)
