"""Replay: crops of what the arrangement model was trained on, so that it does not forget while it learns a taste.

models/replay.safetensors holds crops of songs of the licensed collections, arranged by our own teacher (see its card):
tokens as bytes, and melody features in steps of 3/127, which is finer than a singer is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.part_path import part_path
from studio.core.score import GLOBALS, N_COLUMNS
from studio.ml.arrangement.melody import N_MELODY
from studio.ml.weights import load_weights

_MELODY_STEP = 3.0 / 127.0
#: Every so many crops one is held out, to measure by.
_HELD_OUT_EVERY = 8


@dataclass(frozen=True, eq=False)
class Replay:
    """Crops of equal length.

    Attributes:
        tokens: int64 [N, L, 21]; globals: int64 [N, 7]; melody: float32 [N, L, N_MELODY]; place: int64 [N, L];
            song: float32 [N, 3].
        sha256: of the file; empty for crops that come from none.
    """

    tokens: NDArray[np.int64]
    globals: NDArray[np.int64]
    melody: NDArray[np.float32]
    place: NDArray[np.int64]
    song: NDArray[np.float32]
    sha256: str = ""

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def kept(self) -> NDArray[np.int64]:
        """Numbers of the crops to train on."""
        return np.array([i for i in range(len(self)) if i % _HELD_OUT_EVERY], dtype=np.int64)

    @property
    def held_out(self) -> NDArray[np.int64]:
        return np.arange(0, len(self), _HELD_OUT_EVERY, dtype=np.int64)


def save_replay(replay: Replay, path: Path) -> None:
    """Writes the file, whole or not at all."""
    melody = np.clip(np.round(replay.melody / _MELODY_STEP), -127, 127).astype(np.int8)
    tensors = {
        "tokens": replay.tokens.astype(np.uint8), "globals": replay.globals.astype(np.uint8), "melody": melody,
        "place": replay.place.astype(np.uint8), "song": replay.song.astype(np.float32),
    }  # fmt: skip
    temporary = part_path(path)
    try:
        save_file(
            {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in tensors.items()},
            temporary,
            metadata={"studio": "{}"},
        )
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load_replay(path: Path) -> Replay:
    """Reads the file; its hash is compared where sources.json lists one. Raises StudioError for a damaged one."""
    weights = load_weights(path)
    try:
        arrays = {name: tensor.numpy() for name, tensor in weights.tensors.items()}
        whole = {name: arrays[name].astype(np.int64) for name in ("tokens", "globals", "place")}
        count, length = whole["place"].shape
        melody = arrays["melody"].reshape(count, length, N_MELODY) * np.float32(_MELODY_STEP)
        return Replay(
            whole["tokens"].reshape(count, length, N_COLUMNS), whole["globals"].reshape(count, len(GLOBALS)),
            melody, whole["place"], arrays["song"].reshape(count, 3), weights.sha256,
        )  # fmt: skip
    except (KeyError, ValueError) as error:
        raise StudioError(
            tr("The file {name} cannot be read", name=path.name),
            seen=str(error),
            todo=tr("Reinstall Backline"),
        ) from error
