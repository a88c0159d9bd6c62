"""What is played, wherever it lies: a song's stem on the disk, a short sound in memory, a metronome made as it goes.

Choices: a source knows the rate it was prepared for and what it was prepared from, so that it cannot be played at
another speed and can always be prepared anew; what is long is mapped from the disk as it is, or converted block by
block into a scratch file, and never all in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from studio.core.audio import Audio, Samples
from studio.core.mapped_copy import copied
from studio.core.scratch import ScratchFile, fetch_pages, is_mapped, release_pages
from studio.dsp.resample import resample, resample_blocks

#: Sources up to this length stay in memory.
SHORT_S = 4.0
_BLOCK_FRAMES = 1 << 16


class Source(Protocol):
    """Stereo at one rate. `read` belongs to the reading thread, `at_rate` to any but the main thread."""

    @property
    def sample_rate(self) -> int:
        """Hz; of the device it was prepared for."""

    @property
    def frames(self) -> int: ...

    def fetch(self, start: int, frames: int) -> None:
        """Says what will be read next, and does not wait."""

    def read(self, start: int, out: Samples) -> None:
        """Fills [2, n] with the frames from `start` on, all of which exist. May wait for the disk; raises OSError."""

    def at_rate(self, sample_rate: int) -> Source:
        """The same for a device of another rate; may take as long as converting the song."""


@dataclass(frozen=True, eq=False)
class AudioSource:
    """Samples at a device's rate.

    Attributes:
        origin: what it was prepared from, at its own rate.
        samples: float32 [2, T], any layout; mapped from a file where it is long.
    """

    origin: Audio
    samples: Samples
    sample_rate: int

    @property
    def frames(self) -> int:
        return int(self.samples.shape[1])

    @property
    def is_short(self) -> bool:
        return self.frames <= SHORT_S * self.sample_rate

    def fetch(self, start: int, frames: int) -> None:
        fetch_pages(self.samples, start, start + frames)

    def read(self, start: int, out: Samples) -> None:
        stop = start + out.shape[1]
        out[:] = copied(self.samples, start, stop)
        release_pages(self.samples, start, stop)

    def at_rate(self, sample_rate: int) -> Source:
        return prepare(self.origin, sample_rate)


def prepare(audio: Audio, sample_rate: int) -> AudioSource:
    """A source for a device of this rate; shares memory, or the mapping, where nothing has to change.

    A mono source plays at full level on both sides; more than two channels are folded down to their mean.

    Raises:
        StudioError: there is no room on the disk for a long source that must be converted.
    """
    if audio.frames <= SHORT_S * audio.sample_rate:
        samples = _stereo(audio.samples)
        if is_mapped(samples):
            samples = np.array(samples)
        return AudioSource(
            audio, resample(Audio(samples, audio.sample_rate), sample_rate).samples, sample_rate
        )
    if audio.sample_rate == sample_rate and audio.channels <= 2:
        return AudioSource(audio, _stereo(audio.samples), sample_rate)
    frames = round(audio.frames * sample_rate / audio.sample_rate)
    mono = audio.channels != 2
    file = ScratchFile(1 if mono else 2, frames)
    at = 0
    for block in resample_blocks(_blocks(audio, mono), audio.sample_rate, sample_rate, frames=frames):
        file.write(at, block)
        at += block.shape[1]
    return AudioSource(audio, _stereo(file.mapped()), sample_rate)


def _stereo(samples: Samples) -> Samples:
    """[2, T] of [C, T]; a view where there are one or two channels."""
    if samples.shape[0] == 2:
        return samples
    mono = samples[0] if samples.shape[0] == 1 else samples.mean(axis=0, dtype=np.float32)
    return np.broadcast_to(mono, (2, samples.shape[1]))


def _blocks(audio: Audio, mono: bool) -> Iterator[Samples]:
    """Everything in order; a block's mapped pages are let go of once it was used."""
    for start in range(0, audio.frames, _BLOCK_FRAMES):
        block = copied(audio.samples, start, start + _BLOCK_FRAMES)
        yield block.mean(axis=0, keepdims=True, dtype=np.float32) if mono else block
        release_pages(audio.samples, start, start + _BLOCK_FRAMES)
