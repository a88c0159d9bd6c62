"""Batches of sound for the mel and vocoder stages.

The rendered corpus lies end to end on the training device, and a batch is cut out of it there: what a step
draws is only where its crops begin.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.arrangement import STEMS, Note
from studio.ml.sound.mel import MelContract, log_mel, normalise
from studio.ml.sound.mel_model import frame_features, instrument_index, instrument_rows
from studio.training.runs.feed import Batch
from studio.training.runs.parallel import map_items

#: Of crops that are mostly silence, this share is drawn again.
_SILENCE_REFUSED = 0.9


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


def load_sounds(folders: Sequence[Path]) -> list[StemSound]:
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


def load_mels(
    folders: Sequence[Path], contract: MelContract, sounds: int, *, workers: int = 1
) -> list[StemMels]:
    """Mels and features of every stem whose instrument is known to a model of so many SOUNDS."""
    rows = instrument_rows(sounds)
    loaded = map_items(partial(_mels_of, contract), folders, workers)
    return [m for _, mels in loaded for m in mels if m.instrument < rows]


def _mels_of(contract: MelContract, folder: Path) -> list[StemMels]:
    return [to_mels(sound, contract) for sound in load_sounds([folder])]


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


class _Crops:
    """Draws crops from stems that lie end to end.

    Args:
        loud: for each stem, whether each of its units (frames, hops) sounds.
        length: units of a crop; shorter stems are never drawn.
    """

    def __init__(self, loud: Sequence[NDArray[np.bool_]], length: int) -> None:
        ends = np.cumsum([len(part) for part in loud])
        long_enough = [i for i, part in enumerate(loud) if len(part) >= length]
        if not long_enough:
            raise ValueError(f"no stem is as long as a crop of {length}")
        self._stems = np.array(long_enough)
        self._firsts = (ends - [len(part) for part in loud])[self._stems]
        self._room = np.array([len(loud[i]) for i in long_enough]) - length + 1
        self._sounding = np.concatenate([[0], np.cumsum(np.concatenate(loud))])
        self._length = length

    def draw(self, rng: np.random.Generator, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(stem, first unit) [size] each, where something sounds but for a few."""
        stems, firsts = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        for row in range(size):
            while True:
                k = int(rng.integers(len(self._stems)))
                first = int(self._firsts[k] + rng.integers(self._room[k]))
                sounds = self._sounding[first + self._length] > self._sounding[first]
                if sounds or rng.random() >= _SILENCE_REFUSED:
                    break
            stems[row], firsts[row] = self._stems[k], first
        return stems, firsts


class MelCrops:
    """Random crops of mels. Calling it with a step draws them; `batch` cuts them out on the device."""

    def __init__(
        self, mels: Sequence[StemMels], device: torch.device, *, seed: int, size: int, frames: int
    ) -> None:
        self._crops = _Crops([m.target.max(axis=0) >= 0.3 for m in mels], frames)
        self._seed, self._size, self._frames = seed, size, frames
        self._instruments = np.array([m.instrument for m in mels])
        self._target, self._source, self._features = (
            torch.from_numpy(np.concatenate([getattr(m, name).T for m in mels])).to(device)
            for name in ("target", "source", "features")
        )

    def __call__(self, step: int) -> Batch:
        stems, firsts = self._crops.draw(np.random.default_rng([self._seed, step]), self._size)
        return {"first": torch.from_numpy(firsts), "instrument": torch.from_numpy(self._instruments[stems])}

    def batch(self, drawn: Batch) -> Batch:
        """target, source [B, M, F], features [B, N, F], instrument [B]."""
        rows = drawn["first"][:, None] + torch.arange(self._frames, device=drawn["first"].device)
        return {
            "target": self._target[rows].float().transpose(1, 2),
            "source": self._source[rows].float().transpose(1, 2),
            "features": self._features[rows].float().transpose(1, 2) / 255,
            "instrument": drawn["instrument"],
        }


class WaveCrops:
    """Random crops of audio that begin on a hop. Calling it with a step draws them; `batch` cuts them out."""

    def __init__(
        self,
        sounds: Sequence[StemSound],
        device: torch.device,
        *,
        seed: int,
        size: int,
        hops: int,
        hop_length: int,
    ) -> None:
        whole = [len(s.audio) // hop_length * hop_length for s in sounds]
        loud = [
            np.abs(s.audio[:n].reshape(-1, hop_length)).max(axis=1) >= 164
            for s, n in zip(sounds, whole, strict=True)
        ]
        self._crops = _Crops(loud, hops)
        self._seed, self._size, self._hops, self._hop_length = seed, size, hops, hop_length
        self._kinds = np.array([STEMS.index(s.stem) for s in sounds])
        self._audio, self._excitation = (
            torch.from_numpy(
                np.concatenate([getattr(s, name)[:n] for s, n in zip(sounds, whole, strict=True)])
            ).to(device)
            for name in ("audio", "excitation")
        )

    def __call__(self, step: int) -> Batch:
        stems, firsts = self._crops.draw(np.random.default_rng([self._seed, step]), self._size)
        return {"first": torch.from_numpy(firsts), "kind": torch.from_numpy(self._kinds[stems])}

    def batch(self, drawn: Batch) -> Batch:
        """audio, excitation, noise [B, T], kind [B]; the noise comes from torch's generator."""
        first = drawn["first"][:, None] * self._hop_length
        rows = first + torch.arange(self._hops * self._hop_length, device=first.device)
        audio = self._audio[rows].float() * (2 / 32767)
        return {
            "audio": audio,
            "excitation": self._excitation[rows].float(),
            "noise": torch.randn_like(audio),
            "kind": drawn["kind"],
        }
