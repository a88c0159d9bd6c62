"""What the audio callback may read of a source: all of it in memory, or the pages that were read ahead.

Choices: time is cut into pages of one length, so that a look-up is one dictionary access, which never waits and makes
nothing; a page that is not there is an answer, not a fault.
"""

from __future__ import annotations

from typing import Protocol

from studio.audio.source import Source
from studio.core.audio import Samples

#: 0.17 s at 48 kHz; longer than a crossfade and a block together, so that two pages carry any of them.
PAGE_FRAMES = 8192


class Sound(Protocol):
    """Of the callback: no method waits, opens a file, or touches memory that may have to be fetched."""

    @property
    def frames(self) -> int: ...

    def ready(self, start: int, stop: int) -> bool:
        """Whether all that there is of frames [start, stop) can be read at once."""

    def part(self, start: int, frames: int) -> Samples | None:
        """A view [2, n] of frames from `start` on, n up to `frames` and never beyond a page; None where it is not
        there."""


class Memory:
    """A short source, float32 [2, T]."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self.frames = int(samples.shape[1])

    def ready(self, start: int, stop: int) -> bool:
        return True

    def part(self, start: int, frames: int) -> Samples | None:
        return self._samples[:, start : start + frames]


class Window:
    """A long source; a ReadAhead puts pages in and takes them out.

    Attributes:
        pages: by number, float32 [2, PAGE_FRAMES] each; single insertions and removals are atomic.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.frames = source.frames
        self.pages: dict[int, Samples] = {}

    def ready(self, start: int, stop: int) -> bool:
        stop = min(stop, self.frames)
        page, pages = max(0, start) // PAGE_FRAMES, self.pages
        while page * PAGE_FRAMES < stop:
            if page not in pages:
                return False
            page += 1
        return True

    def part(self, start: int, frames: int) -> Samples | None:
        number = start // PAGE_FRAMES
        page = self.pages.get(number)
        if page is None:
            return None
        at = start - number * PAGE_FRAMES
        return page[:, at : min(at + frames, self.frames - number * PAGE_FRAMES)]
