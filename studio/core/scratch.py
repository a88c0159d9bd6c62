"""Audio that waits on the disk instead of in memory, for as long as something refers to it.

The file has no name (or loses it with the program), so nothing is left behind, whatever happens. A ten-minute
candidate is 920 MB of float32; four of them must not be memory.
"""

from __future__ import annotations

import mmap
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping

import numpy as np

from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError
from studio.core.language import tr

_BYTES = 4
#: The system maps this much around a page that is touched.
_AROUND = 1 << 16


def is_mapped(samples: Samples) -> bool:
    """Whether samples lie in a file, and looking at them may wait for a disk."""
    return _mapping(samples) is not None


def release_pages(samples: Samples, start: int = 0, stop: int | None = None) -> None:
    """Gives back the memory in which frames [start, stop) of mapped [C, T] were seen; the file keeps them.

    Whoever reads a mapped song from one end to the other has all of it in memory otherwise. Samples that are not
    mapped, that could have been changed, or that lie on a system without madvise stay as they are.
    """
    if hasattr(mmap, "MADV_DONTNEED"):
        _advise(samples, start, samples.shape[1] if stop is None else stop, mmap.MADV_DONTNEED, _AROUND)


def fetch_pages(samples: Samples, start: int, stop: int) -> None:
    """Asks for frames [start, stop) of mapped [C, T] and does not wait, so that a disk fetches many at a time."""
    if hasattr(mmap, "MADV_WILLNEED"):
        _advise(samples, start, stop, mmap.MADV_WILLNEED, 0)


def is_cut_short(samples: Samples) -> bool:
    """Whether the file that samples are mapped from became shorter since: to look at what is gone ends the process."""
    mapping, base = _mapping(samples), samples.base
    if mapping is None:
        return False
    while not isinstance(base, np.memmap):
        if not isinstance(base, np.ndarray):
            return False
        base = base.base
    before = base.offset - base.offset % mmap.ALLOCATIONGRANULARITY
    return mapping.size() < before + len(mapping)


def _advise(samples: Samples, start: int, stop: int, advice: int, around: int) -> None:
    mapping = _mapping(samples)
    stop = min(stop, samples.shape[1])
    if mapping is None or stop <= start or not hasattr(mapping, "madvise"):
        return
    base = np.frombuffer(mapping, np.uint8, 1).__array_interface__["data"][0]
    for row in samples:
        ends = [row[i : i + 1].__array_interface__["data"][0] - base for i in (start, stop - 1)]
        first = max(0, min(ends) - around) // mmap.PAGESIZE * mmap.PAGESIZE
        last = min(len(mapping), max(ends) + _BYTES + around)
        mapping.madvise(advice, first, last - first)


def _mapping(samples: Samples) -> mmap.mmap | None:
    """What unchangeable samples are a view of, if that is a mapped file."""
    base: object = samples
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap) and base.mode not in ("r", "r+"):
            return None
        base = base.base
    return base if isinstance(base, mmap.mmap) else None


class ScratchFile:
    """Float32 [channels, frames], zero until written. Several threads may read and write.

    Raises:
        StudioError: when the disk is full, on making it and on `write`.
    """

    def __init__(self, channels: int, frames: int) -> None:
        self.channels, self.frames = channels, frames
        self._lock = threading.Lock()
        try:
            self._file = tempfile.TemporaryFile(prefix="backline-")  # noqa: SIM115  # it lives with this object
            self._file.truncate(channels * frames * _BYTES)
        except OSError as error:
            raise self._no_room(error) from error

    def write(self, start: int, samples: Samples) -> None:
        """Puts [channels, n] at frame `start`; what would lie past the end is left out."""
        rows = np.ascontiguousarray(samples[:, : max(0, self.frames - start)], dtype=np.float32)
        try:
            with self._lock:
                for channel, row in enumerate(rows):
                    self._file.seek((channel * self.frames + start) * _BYTES)
                    self._file.write(row.data)
                self._file.flush()
        except OSError as error:
            raise self._no_room(error) from error

    def read(self, start: int, stop: int) -> Samples:
        """A copy of frames [start, stop), float32 [channels, n]."""
        stop = min(stop, self.frames)
        out = np.empty((self.channels, max(0, stop - start)), dtype=np.float32)
        with self._lock:
            for channel, row in enumerate(out):
                self._file.seek((channel * self.frames + start) * _BYTES)
                self._file.readinto(row.data)
        return out

    def blocks(self, size: int) -> Iterator[Samples]:
        """Everything in order, `size` frames at a time."""
        for start in range(0, self.frames, size):
            yield self.read(start, start + size)

    def mapped(self) -> Samples:
        """All of it, read-only, in memory only where and while it is looked at."""
        if not self.frames:
            return np.zeros((self.channels, 0), dtype=np.float32)
        shape = (self.channels, self.frames)
        return np.asarray(np.memmap(self._file, dtype=np.float32, mode="r", shape=shape))

    def _no_room(self, error: OSError) -> StudioError:
        return StudioError(
            tr("Cannot keep the stems while they are made"),
            seen=error.strerror or str(error),
            expected=tr(
                "{channels:.0f} MB free in {gettempdir}",
                channels=self.channels * self.frames * _BYTES / 1e6,
                gettempdir=tempfile.gettempdir(),
            ),
            todo=tr("Free some space, or set TMPDIR to a folder on another disk"),
        )


class ScratchStems(Mapping[str, Audio]):
    """Stems in scratch files. A stem is mapped while someone holds it: who lets go of it gives its memory back."""

    def __init__(self, files: Mapping[str, ScratchFile], sample_rate: int) -> None:
        self._files, self._sample_rate = dict(files), sample_rate
        self._held: weakref.WeakValueDictionary[str, Audio] = weakref.WeakValueDictionary()

    def __getitem__(self, stem: str) -> Audio:
        audio = self._held.get(stem)
        if audio is None:
            audio = self._held[stem] = Audio(self._files[stem].mapped(), self._sample_rate)
        return audio

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
