"""Copies of mapped samples that survive the file being cut: an error where a look at the pages would end the process.

Reading memory whose file became shorter is SIGBUS, for which Python has no answer, and asking for the length before
leaves a gap between question and look. Linux reads a process's memory on request as it reads a file (/proc/self/mem),
and there a page that is gone is an error like any other. Elsewhere the length is asked for: Windows does not let a
mapped file be cut, and on macOS the gap remains.
"""

from __future__ import annotations

import os
import sys

import numpy as np

from studio.core.audio import Samples
from studio.core.errors import StudioError
from studio.core.scratch import is_cut_short, is_mapped

_MEMORY = "/proc/self/mem"


class CutShort(StudioError, OSError):
    """A file became shorter while it was in use: a failure to read for those who read, with words for the user."""


def copied(samples: Samples, start: int, stop: int) -> Samples:
    """Frames [start, stop) of [C, T], as far as there are any; a copy where they are mapped, else a view.

    Raises:
        CutShort: their file was cut.
    """
    part = samples[:, start:stop]
    if not part.size or not is_mapped(samples):
        return part
    if is_cut_short(samples):
        raise _cut_short()
    if sys.platform != "linux":
        return np.array(part)
    try:
        memory = os.open(_MEMORY, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # a system without /proc
        return np.array(part)
    try:
        # Interleaved channels lie within each other and are one read; others lie far apart.
        interleaved = abs(part.strides[1]) > abs(part.strides[0])
        return _read(memory, part) if interleaved else np.stack([_read(memory, row) for row in part])
    finally:
        os.close(memory)


def _read(memory: int, part: Samples) -> Samples:
    """All bytes from the first of the samples to the last, seen as they were."""
    low, high = np.lib.array_utils.byte_bounds(part)
    block = bytearray(high - low)
    try:
        read = os.preadv(memory, [block], low)
    except OSError as error:
        raise _cut_short() from error
    if read != len(block):
        raise _cut_short()
    at = part.__array_interface__["data"][0] - low
    return np.ndarray(part.shape, part.dtype, block, at, part.strides)


def _cut_short() -> CutShort:
    return CutShort(
        "Sound can no longer be read", seen="its file was cut short", expected="the file as it was written",
        todo="Bring it back from a copy, or make the candidate anew",
    )  # fmt: skip
