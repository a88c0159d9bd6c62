"""Paired recordings for FastSAG: a folder of vocals and one of accompaniments under the same names.

Everything is held in memory at 24 kHz mono, 2.9 MB a minute and file. Clips begin every half clip, and a pair of
which one side is near silence is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.dsp.resample import resample
from studio.ml.fastsag.config import CONTRACT
from studio.ml.fastsag.front_end import scale_audio
from studio.training.runs.feed import Batch

_SUFFIXES = (".wav", ".flac", ".aiff", ".ogg", ".mp3")
#: RMS in dBFS below which a clip is quiet.
QUIET_DB = -45.0
#: Deviation of the noise on every vocal, and how far it may rise on LOUDER of them: nobody's vocal is clean.
NOISE, MOST_NOISE, LOUDER = 0.01, 0.05, 0.3


@dataclass(frozen=True)
class Pair:
    """One song: the files of its vocal and its accompaniment."""

    name: str
    vocal: Path
    accompaniment: Path


def find_pairs(vocals: Path, accompaniments: Path) -> list[Pair]:
    """Files of the same name (without suffix, below the same subfolders), in the order of their names.

    Raises:
        StudioError: when there is no pair.
    """
    sides = []
    for folder in (vocals, accompaniments):
        files = [p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES]
        sides.append({p.relative_to(folder).with_suffix("").as_posix(): p for p in files})
    names = sorted(sides[0].keys() & sides[1].keys())
    if not names:
        raise StudioError(
            "There is nothing to train on",
            seen=f"{len(sides[0])} files in {vocals}, {len(sides[1])} in {accompaniments}, no name in both",
            expected="a vocal and its accompaniment under the same name in both folders",
            todo="Separate the songs into vocals and the rest, and name both alike",
        )
    return [Pair(name, sides[0][name], sides[1][name]) for name in names]


def _read(path: Path) -> NDArray[np.int16]:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = resample(Audio(samples.mean(1)[None].astype(np.float32), rate), CONTRACT.sample_rate)
    return (np.clip(audio.samples[0], -1, 1) * 32767).astype(np.int16)


def _loud(samples: NDArray[np.int16]) -> bool:
    power = float(np.mean((samples.astype(np.float32) / 32767) ** 2))
    return power > 10 ** (QUIET_DB / 10)


class PairedClips:
    """Draws batches of clips; what a step draws depends on its number and the seed alone.

    Args:
        clip_samples: length of a clip; shorter songs are left out.

    Raises:
        StudioError: when no clip is loud on both sides.
    """

    def __init__(self, pairs: list[Pair], clip_samples: int, batch: int, *, seed: int = 0) -> None:
        self._clip, self._batch, self._seed = clip_samples, batch, seed
        self._songs: list[tuple[NDArray[np.int16], NDArray[np.int16]]] = []
        self._clips: list[tuple[int, int]] = []
        for pair in pairs:
            vocal, band = _read(pair.vocal), _read(pair.accompaniment)
            for start in range(0, min(len(vocal), len(band)) - clip_samples + 1, clip_samples // 2):
                inside = slice(start, start + clip_samples)
                if _loud(vocal[inside]) and _loud(band[inside]):
                    self._clips.append((len(self._songs), start))
            self._songs.append((vocal, band))
        if not self._clips:
            raise StudioError(
                "There is nothing to train on", seen=f"no loud clip in {len(pairs)} pairs",
                expected=f"songs of {clip_samples / CONTRACT.sample_rate:g} s or more with singing in them",
            )  # fmt: skip

    def __len__(self) -> int:
        return len(self._clips)

    def __call__(self, step: int) -> Batch:
        """`vocal` with noise and `accompaniment`, both scaled, float32 [B, clip]."""
        rng = np.random.default_rng([self._seed, 13, step])
        sides: tuple[list[torch.Tensor], list[torch.Tensor]] = ([], [])
        for number in rng.integers(len(self._clips), size=self._batch):
            song, start = self._clips[number]
            for side, samples in zip(sides, self._songs[song], strict=True):
                side.append(torch.from_numpy(samples[start : start + self._clip].astype(np.float32)))
        vocal, accompaniment = (scale_audio(torch.stack(side)) for side in sides)
        deviation = np.where(
            rng.random(self._batch) < LOUDER, rng.uniform(NOISE, MOST_NOISE, self._batch), NOISE
        )
        noise = rng.standard_normal(vocal.shape, dtype=np.float32) * deviation[:, None].astype(np.float32)
        return {"vocal": vocal + torch.from_numpy(noise), "accompaniment": accompaniment}
