"""A queue of audio frames between one writing and one reading thread that never wait for each other.

Each side owns one counter and only reads the other's; the counters are Python integers, whose assignment is atomic.
All memory is made beforehand: a write or read copies into or out of it and makes nothing but views.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Ring:
    """Holds up to `frames` frames of `channels` float32 samples."""

    def __init__(self, frames: int, channels: int) -> None:
        self._data = np.zeros((frames, channels), np.float32)
        self._written = 0
        self._read = 0

    @property
    def waiting(self) -> int:
        """Frames that can be read."""
        return self._written - self._read

    def write(self, block: NDArray[np.float32]) -> bool:
        """Takes a whole block [N, C] in, or nothing and says False where there is no room."""
        size, count = len(self._data), len(block)
        if count > size - self.waiting:
            return False
        at = self._written % size
        first = min(count, size - at)
        self._data[at : at + first] = block[:first]
        self._data[: count - first] = block[first:]
        self._written += count
        return True

    def read(self, out: NDArray[np.float32]) -> int:
        """Fills the beginning of `out` [N, C] with what waits; returns how many frames that is."""
        size, count = len(self._data), min(len(out), self.waiting)
        at = self._read % size
        first = min(count, size - at)
        out[:first] = self._data[at : at + first]
        out[first:count] = self._data[: count - first]
        self._read += count
        return count
