"""The audio files of a candidate: measured and written block by block.

Memory does not grow with the song: a stem may lie on the disk, and is looked at where it is needed only. Every
PCM stem is put on the integer grid once, and band and mix are sums of those integers.
"""

from __future__ import annotations

import contextlib
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.audio.click import ClickSource
from studio.audio.wav import Encoding, WavWriter
from studio.core.arrangement import BAND, STEMS
from studio.core.audio import Audio, Samples
from studio.core.grid import BeatGrid
from studio.core.mapped_copy import copied
from studio.core.mix import VOCAL
from studio.dsp.dither import is_on_grid, quantise
from studio.dsp.loudness import IntegratedLoudness, TruePeak
from studio.services.exporting.contents import CLICK, MIX

#: Of a candidate with the usual stems; an engine that makes the band as one sound gives vocal, band and mix.
AUDIO_FILES = ("vocal.wav", *(f"{stem}.wav" for stem in STEMS), "band.wav", "mix.wav")
BITS: Mapping[Encoding, int] = {"PCM_16": 16, "PCM_24": 24}
BLOCK = 1 << 18

#: Called with the share of the work that is done; may raise JobCancelled.
Step = Callable[[float], None]


@dataclass(frozen=True)
class Measured:
    """One file as the candidate has it: levels (`peak` linear), and the integer grids (bits) it lies on already."""

    channels: int
    peak: float
    true_peak_db: float
    loudness_lufs: float
    grids: frozenset[int]


@dataclass(frozen=True)
class Planned:
    """One file to write."""

    name: str
    encoding: Encoding
    channels: int


@dataclass(frozen=True)
class Written:
    """What a file must read back as: SHA-256 of its samples in their order, little-endian: 32-bit floats, or integers
    in the upper bits of 32."""

    sha256: str


class Tracks:
    """A vocal and its band. A mono vocal is in both channels of the mix."""

    def __init__(self, vocal: Audio, stems: Mapping[str, Audio], grid: BeatGrid | None = None) -> None:
        self._vocal, self._stems = vocal, stems
        self._click = ClickSource(grid, vocal.duration_s, vocal.sample_rate) if grid is not None else None

    def measure(self, on_step: Step) -> dict[str, Measured]:
        """What every file is like, by role."""
        rate, meters = self._vocal.sample_rate, dict[str, _Meter]()
        for done, block in self._blocks():
            on_step(done)
            for role, samples in with_sums(block).items():
                if role not in meters:
                    meters[role] = _Meter(rate, len(samples))
                meters[role].feed(samples)
        return {role: meter.read() for role, meter in meters.items()}

    def write(
        self,
        folder: Path,
        planned: Mapping[str, Planned],
        encoding: Encoding,
        measured: Mapping[str, Measured],
        on_step: Step,
        *,
        gain_db: float = 0.0,
        vocal_file_db: float = 0.0,
    ) -> dict[str, Written]:
        """Writes files; PCM is dithered where rounding loses something.

        Args:
            planned: by role, what is to be written; the sums are of all stems all the same.
            encoding: of all but a vocal that is planned otherwise.
            gain_db: of the stems, and of the vocal in the mix; 0.0 for float.
            vocal_file_db: of the vocal file: this gain, or none.
        """
        rate, frames, bits = self._vocal.sample_rate, self._vocal.frames, BITS.get(encoding)
        gain = np.float32(10 ** (gain_db / 20))
        dithers = {
            role: np.random.default_rng(zlib.crc32(f"{role}.wav".encode()))
            for role in (VOCAL, *self._stems)
            if measured[role].peak and (gain_db or bits not in measured[role].grids)
        }
        alone = vocal_file_db != gain_db
        alone_dither = None
        if alone and bits not in measured[VOCAL].grids:
            alone_dither = np.random.default_rng(zlib.crc32(b"vocal alone"))
        click_dither = np.random.default_rng(zlib.crc32(b"click.wav"))
        digests = {role: hashlib.sha256() for role in planned}
        with contextlib.ExitStack() as stack:
            sinks = {
                role: stack.enter_context(
                    WavWriter(folder / plan.name, rate, plan.channels, frames, plan.encoding)
                )
                for role, plan in planned.items()
            }
            for start, (done, block) in zip(range(0, frames, BLOCK), self._blocks(), strict=True):
                on_step(done)
                raw = block[VOCAL]
                if gain_db:
                    block = {role: x * gain for role, x in block.items()}
                stored: dict[str, NDArray[Any]] = dict(block)
                if bits is not None:
                    stored = {role: quantise(x, bits, dithers.get(role)) for role, x in block.items()}
                files = with_sums(stored)
                if alone:
                    files[VOCAL] = raw if bits is None else quantise(raw, bits, alone_dither)
                if CLICK in planned and self._click is not None:
                    click = np.zeros((1, raw.shape[1]), np.float32)
                    self._click.read(start, click)
                    files[CLICK] = click if bits is None else quantise(click, bits, click_dither)
                for role, plan in planned.items():
                    if role == VOCAL and plan.encoding != encoding:
                        rows = np.ascontiguousarray(raw.T)
                    elif bits is None:
                        rows = np.ascontiguousarray(files[role].T)
                    else:  # libsndfile takes the upper bits of an int32
                        rows = np.ascontiguousarray(files[role].T << (32 - bits))
                    sinks[role].write(rows)
                    digests[role].update(rows.data)
        return {role: Written(digest.hexdigest()) for role, digest in digests.items()}

    def _blocks(self) -> Iterator[tuple[float, dict[str, Samples]]]:
        """The share done, and the next frames [C, T] of vocal and stems by name."""
        frames = self._vocal.frames
        for start in range(0, frames, BLOCK):
            stop = start + BLOCK
            # Copies: a mapped stem is let go of at once, and may be cut meanwhile.
            block = {VOCAL: copied(self._vocal.samples, start, stop)}
            block |= {stem: np.array(copied(self._stems[stem].samples, start, stop)) for stem in self._stems}
            yield start / frames, block


class _Meter:
    """All levels of one file."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._channels, self._peak = channels, 0.0
        self._true_peak, self._loudness = TruePeak(channels), IntegratedLoudness(sample_rate, channels)
        self._grids = set(BITS.values())

    def feed(self, samples: Samples) -> None:
        self._peak = max(self._peak, float(samples.max()), float(-samples.min()))
        self._true_peak.feed(samples)
        self._loudness.feed(samples)
        self._grids -= {bits for bits in self._grids if not is_on_grid(samples, bits)}

    def read(self) -> Measured:
        loudness, grids = self._loudness.lufs(), frozenset(self._grids)
        return Measured(self._channels, self._peak, self._true_peak.db(), loudness, grids)


def with_sums(tracks: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Vocal and stems, float or integer [C, T] by name -> what the files hold, by role and in their order."""
    stems = [samples for name, samples in tracks.items() if name != VOCAL]
    band = stems[0]
    for samples in stems[1:]:
        band = band + samples
    files = {role: tracks[role] for role in (VOCAL, *STEMS) if role in tracks}
    return {**files, BAND: band, MIX: band + tracks[VOCAL]}
