"""A WAV file that can be cut off at any moment and still opens.

Choices: 32-bit float, so that what the device gave is kept bit for bit and cannot clip; one header of fixed size,
written again after every few blocks, so that it never promises more than is there; unbuffered writes, so that a
killed process loses nothing it had handed over; a sync about once a second against a failing machine. A file that
was cut off holds more than its last header says: `repair_take` counts again.
"""

from __future__ import annotations

import os
import struct
import time
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEADER = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
_FLOAT_FORMAT = 3
_HEADER_EVERY_S, _SYNC_EVERY_S = 0.1, 1.0
#: What an interface may have.
_MOST_CHANNELS, _HIGHEST_RATE_HZ = 1024, 768_000
#: RIFF sizes are 32 bits; a take is ended well before.
MAX_BYTES = 2**32 - 2**20


def _header(channels: int, sample_rate: int, frames: int) -> bytes:
    frame_bytes = 4 * channels
    data_bytes = frames * frame_bytes
    return _HEADER.pack(
        b"RIFF", _HEADER.size - 8 + data_bytes, b"WAVE",
        b"fmt ", 18, _FLOAT_FORMAT, channels, sample_rate, sample_rate * frame_bytes, frame_bytes, 32, 0,
        b"fact", 4, frames,
        b"data", data_bytes,
    )  # fmt: skip


class TakeFile:
    """Open for writing. Every method belongs to one thread.

    Args:
        path: must not exist yet.

    Raises:
        OSError: from any method, when the disk is full or gone. What was written before stays.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int) -> None:
        self.path, self.sample_rate, self.channels = path, sample_rate, channels
        self._bytes = 0
        self._file = FileIO(path, "xb")
        self._file.write(_header(channels, sample_rate, 0))
        self._patched_s = self._synced_s = time.monotonic()

    @property
    def frames(self) -> int:
        """Whole frames in the file."""
        return self._bytes // (4 * self.channels)

    def append(self, block: NDArray[np.float32]) -> None:
        """Adds frames [N, C]; the header follows at once or a moment later."""
        left = memoryview(np.ascontiguousarray(block, dtype="<f4").tobytes())
        while left:
            # A disk that fills up takes a part first and refuses afterwards.
            done = self._file.write(left)
            self._bytes += done
            left = left[done:]
        now = time.monotonic()
        if now - self._patched_s >= _HEADER_EVERY_S:
            self._patch()
            self._patched_s = now
        if now - self._synced_s >= _SYNC_EVERY_S:
            os.fsync(self._file.fileno())
            self._synced_s = time.monotonic()

    def _patch(self) -> None:
        self._file.seek(0)
        self._file.write(_header(self.channels, self.sample_rate, self.frames))
        self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Cuts off half a frame, if any, and makes the header final. Works on a full disk too."""
        if self._file.closed:
            return
        try:
            self._file.truncate(_HEADER.size + self.frames * 4 * self.channels)
            self._patch()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()


def repair_take(path: Path) -> int:
    """Makes the header of a cut-off take tell its real length; returns the frames, 0 where nothing can be kept."""
    with path.open("rb+") as file:
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size:
            return 0
        fields = _HEADER.unpack(head)
        channels, sample_rate = fields[6], fields[7]
        if fields[0] != b"RIFF" or fields[5] != _FLOAT_FORMAT:
            return 0
        if not (1 <= channels <= _MOST_CHANNELS and 1 <= sample_rate <= _HIGHEST_RATE_HZ):
            return 0  # no take of ours: a header that is damaged
        size = file.seek(0, os.SEEK_END)
        frames = int(min(size - _HEADER.size, MAX_BYTES) // (4 * channels))
        file.truncate(_HEADER.size + frames * 4 * channels)
        file.seek(0)
        file.write(_header(channels, sample_rate, frames))
        file.flush()
        os.fsync(file.fileno())
    return frames
