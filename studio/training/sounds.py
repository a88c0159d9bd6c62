"""Batches of sound for the mel and vocoder stages, from the rendered corpus held in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.core.arrangement import STEMS, Note
from studio.ml.excitation import noise
from studio.ml.mel import MelContract, log_mel, normalise
from studio.ml.mel_model import frame_features, instrument_index


@dataclass(frozen=True, eq=False)
class StemSound:
    """One rendered stem: audio int16 [T] at half scale, excitation float16 [T], its notes and instrument."""

    stem: str
    instrument: str
    notes: tuple[Note, ...]
    audio: NDArray[np.int16]
    excitation: NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class StemMels:
    """Mel-stage view of a stem: float16 [M, F] mels (normalised) and uint8 [N_FEATURES, F] features."""

    instrument: int
    target: NDArray[np.float16]
    source: NDArray[np.float16]
    features: NDArray[np.uint8]


def load_sounds(folders: list[Path]) -> list[StemSound]:
    """Every stem that sounds, in memory: about 12 MB a song."""
    sounds = []
    for folder in folders:
        audio = np.load(folder / "audio.npy")
        excitation = np.load(folder / "excitation.npy")
        parts = json.loads((folder / "notes.json").read_text())
        for i, stem in enumerate(STEMS):
            notes = tuple(Note(a, b, int(p), int(v)) for a, b, p, v in parts[stem]["notes"])
            if len(notes) >= 4 and np.abs(audio[i]).max() > 200:
                sounds.append(StemSound(stem, parts[stem]["instrument"], notes, audio[i], excitation[i]))
    return sounds


def to_mels(sound: StemSound, contract: MelContract) -> StemMels:
    """Mels and features of a whole stem."""
    audio = torch.from_numpy(sound.audio.astype(np.float32) * (2 / 32767))[None]
    source = torch.from_numpy(sound.excitation.astype(np.float32))[None]
    frames = contract.frames(len(sound.audio))
    features = frame_features(sound.stem, sound.notes, 0, frames, contract)
    return StemMels(
        instrument_index(sound.stem, sound.instrument),
        normalise(log_mel(audio, contract))[0].numpy().astype(np.float16),
        normalise(log_mel(source, contract))[0].numpy().astype(np.float16),
        np.round(features * 255).astype(np.uint8),
    )


def mel_batch(mels: list[StemMels], rng: np.random.Generator, size: int, frames: int) -> dict[str, Tensor]:
    """Random crops: target, source [B, M, F], features [B, N, F], instrument [B]."""
    rows: dict[str, list[NDArray[np.float32]]] = {"target": [], "source": [], "features": []}
    instruments: list[int] = []
    while len(instruments) < size:
        item = mels[int(rng.integers(len(mels)))]
        length = item.target.shape[1]
        if length < frames:
            continue
        start = int(rng.integers(0, length - frames + 1))
        crop = slice(start, start + frames)
        if item.target[:, crop].max() < 0.3 and rng.random() < 0.9:  # mostly silence
            continue
        rows["target"].append(item.target[:, crop].astype(np.float32))
        rows["source"].append(item.source[:, crop].astype(np.float32))
        rows["features"].append(item.features[:, crop] * np.float32(1 / 255))
        instruments.append(item.instrument)
    out = {name: torch.from_numpy(np.stack(values)) for name, values in rows.items()}
    return out | {"instrument": torch.tensor(instruments)}


def wave_batch(
    sounds: list[StemSound], rng: np.random.Generator, size: int, samples: int
) -> dict[str, Tensor]:
    """Random crops: audio, excitation, noise [B, T], kind [B]."""
    audio: list[NDArray[np.float32]] = []
    source: list[NDArray[np.float32]] = []
    white: list[NDArray[np.float32]] = []
    kinds: list[int] = []
    while len(kinds) < size:
        item = sounds[int(rng.integers(len(sounds)))]
        start = 512 * int(rng.integers(0, max(1, (len(item.audio) - samples) // 512)))
        crop = item.audio[start : start + samples] * np.float32(2 / 32767)
        if len(crop) < samples or (np.abs(crop).max() < 0.01 and rng.random() < 0.95):
            continue
        audio.append(crop)
        source.append(item.excitation[start : start + samples].astype(np.float32))
        white.append(noise((int(rng.integers(1 << 30)),), 0, samples))
        kinds.append(STEMS.index(item.stem))
    return {
        "audio": torch.from_numpy(np.stack(audio)), "excitation": torch.from_numpy(np.stack(source)),
        "noise": torch.from_numpy(np.stack(white)), "kind": torch.tensor(kinds),
    }  # fmt: skip
