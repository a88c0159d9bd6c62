"""The sound corpus in two files, as training wants it: mels computed, waves end to end.

A GPU that is lent for minutes is not to wait for folders to be read and mels to be computed. The files say which songs
they hold; others, or none, and the folders are read instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from studio.core.arrangement import STEMS
from studio.ml.sound.mel import MelContract
from studio.ml.sound.mel_model import instrument_rows
from studio.training.sounds.sounds import StemMels, StemSound, load_mels, load_sounds

_MELS, _WAVES = "mels.safetensors", "waves.safetensors"


def pack(
    folders: Sequence[Path], target: Path, contract: MelContract, sounds: int, *, workers: int = 1
) -> None:
    """Writes the songs of these folders; `sounds` as in `load_mels`."""
    target.mkdir(parents=True, exist_ok=True)
    words = {"songs": _names(folders)}
    mels = load_mels(folders, contract, sounds, workers=workers)
    tables: dict[str, NDArray[Any]] = {
        name: np.concatenate([getattr(m, name).T for m in mels]) for name in ("target", "source", "features")
    }
    tables["length"] = np.array([m.target.shape[1] for m in mels])
    tables["instrument"] = np.array([m.instrument for m in mels])
    _write(tables, target / _MELS, words)
    waves = load_sounds(folders)
    _write(
        {
            "audio": np.concatenate([w.audio for w in waves]),
            "excitation": np.concatenate([w.excitation for w in waves]),
            "length": np.array([len(w.audio) for w in waves]),
            "stem": np.array([STEMS.index(w.stem) for w in waves]),
        },
        target / _WAVES,
        words,
    )


def packed_mels(packed: Path, folders: Sequence[Path], sounds: int) -> list[StemMels] | None:
    """What `load_mels` would read from the folders; None when these are not what is packed."""
    tables = _read(packed / _MELS, folders)
    if tables is None:
        return None
    ends = np.cumsum(tables["length"])
    rows = instrument_rows(sounds)
    return [
        StemMels(int(instrument), *(tables[name][end - length : end].T for name in ("target", "source", "features")))
        for instrument, length, end in zip(tables["instrument"], tables["length"], ends, strict=True)
        if instrument < rows
    ]  # fmt: skip


def packed_sounds(packed: Path, folders: Sequence[Path]) -> list[StemSound] | None:
    """What `load_sounds` would read, without notes and names of instruments; None when others are packed."""
    tables = _read(packed / _WAVES, folders)
    if tables is None:
        return None
    ends = np.cumsum(tables["length"])
    return [
        StemSound(STEMS[stem], "", (), *(tables[name][end - length : end] for name in ("audio", "excitation")))
        for stem, length, end in zip(tables["stem"], tables["length"], ends, strict=True)
    ]  # fmt: skip


def _names(folders: Sequence[Path]) -> str:
    return " ".join(folder.name for folder in folders)


def _write(tables: dict[str, NDArray[Any]], path: Path, words: dict[str, str]) -> None:
    unfinished = path.with_suffix(".tmp")
    save_file({name: np.ascontiguousarray(table) for name, table in tables.items()}, unfinished, words)
    unfinished.replace(path)


def _read(path: Path, folders: Sequence[Path]) -> dict[str, NDArray[Any]] | None:
    if not path.exists():
        return None
    with safe_open(path, "numpy") as file:
        if (file.metadata() or {}).get("songs") != _names(folders):
            return None
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
