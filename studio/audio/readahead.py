"""Reads long sources from the disk before they are heard, so that the audio callback only ever copies memory.

Choices: one thread for all sources of a timeline, audible or not, so that a switch between candidates finds its samples
there; those that sound reach further ahead. What is wanted, nearest first: where the transport is about to go, where it
is, the loop's start, a little behind, the song's start, then far ahead. Pages come from a pool of locked memory, the
longest unwanted ones are used again, and only once the callback cannot be looking at them any more.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from studio.audio.mixer import Mixer, Outlook
from studio.audio.window import PAGE_FRAMES, Window
from studio.core.audio import Samples
from studio.core.errors import StudioError
from studio.core.language import tr

#: How far sources that sound, and those that do not, are read beyond what is heard.
_AHEAD_S, _NEAR_S = 3.0, 0.7
#: The playhead is looked at so often; an order is seen at once.
_EVERY_S = 0.05
#: After so long in one pass the playhead is looked at again.
_PASS_S = 0.05
_PAGE_BYTES = 2 * PAGE_FRAMES * 4
_POOL_PAGES = 64
#: Unwanted pages that stay for each source: where a tail fades out, and where one comes back to.
_KEPT = 4
#: So many pages are asked of the disk at a time.
_FETCHED = 16

_Key = tuple[Window, int]


class ReadAhead:
    """Of one mixer. `wake` and `close` belong to the main thread; the thread starts with the first `wake`.

    Attributes:
        problem: why a page could not be read, in words; it is silent then. Empty while all is well.
    """

    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._pool = _Pool()
        self._there: OrderedDict[_Key, Samples] = OrderedDict()  # longest unwanted first
        self._windows: set[Window] = set()
        self._served: object = None
        self.problem = ""

    def wake(self) -> None:
        """Something was ordered, added or taken away."""
        if self._thread is None:
            # A daemon: a disk that hangs must not keep the program from ending.
            self._thread = threading.Thread(target=self._run, name="read ahead", daemon=True)
            self._thread.start()
        self._wake.set()

    def close(self, timeout_s: float = 0.0) -> None:
        """Reads no more; waits so long for the thread."""
        self._closed = True
        if self._thread is not None:
            self._wake.set()
            if timeout_s:
                self._thread.join(timeout_s)

    @property
    def memory_bytes(self) -> int:
        return self._pool.bytes

    # Reading thread

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(_EVERY_S)
            while not self._closed:
                self._wake.clear()
                if self._pass():
                    break

    def _pass(self) -> bool:
        """Reads what is missing; False where the playhead should be looked at again first."""
        outlook = self._mixer.outlook()
        state = (
            outlook.position // PAGE_FRAMES,
            outlook.place,
            outlook.loop,
            outlook.audible,
            outlook.silent,
        )
        if state == self._served:
            return True
        self._let_go_of_removed(outlook)
        wanted = list(dict.fromkeys(self._wanted(outlook)))
        for key in wanted:
            if key in self._there:
                self._there.move_to_end(key)
        missing = [key for key in wanted if key not in self._there]
        spare = max(0, len(self._there) + len(missing) - len(wanted) - _KEPT * len(self._windows))
        until = time.monotonic() + _PASS_S
        for at, key in enumerate(missing):
            if at % _FETCHED == 0:
                for window, number in missing[at : at + _FETCHED]:
                    window.source.fetch(number * PAGE_FRAMES, PAGE_FRAMES)
            if self._closed or self._wake.is_set() or time.monotonic() > until:
                return False
            page = self._pool.take()
            if page is None and spare:
                page, spare = self._take_back(next(iter(self._there))), spare - 1
            if page is None:
                page = self._pool.grow()
            self._read(key, page)
        self._served = state
        return True

    def _wanted(self, outlook: Outlook) -> Iterator[_Key]:
        """Pages, the most urgent first; some more than once."""
        rate, position, loop = self._mixer.sample_rate, outlook.position, outlook.loop
        near, far = round(_NEAR_S * rate), round(_AHEAD_S * rate)
        places = [(position, 2 * PAGE_FRAMES), *self._path(position, loop, near)]
        if outlook.place is not None:
            places.insert(0, (outlook.place, 2 * PAGE_FRAMES))
        if loop is not None:
            places.append((loop[0], 2 * PAGE_FRAMES))
        places += [(position - PAGE_FRAMES, PAGE_FRAMES), (0, 2 * PAGE_FRAMES)]
        sounding = [s for s in outlook.audible if isinstance(s, Window)]
        everything = sounding + [s for s in outlook.silent if isinstance(s, Window)]
        yield from _pages(sounding, *places[0])  # what a jump waits for
        for start, frames in places:
            yield from _pages(everything, start, frames)
        for start, frames in self._path(position, loop, far):
            yield from _pages(sounding, start, frames)

    def _path(self, position: int, loop: tuple[int, int] | None, frames: int) -> Iterator[tuple[int, int]]:
        """Stretches of so many frames from a position on, as they will be played: (start, frames)."""
        if loop is None or position >= loop[1]:
            yield position, frames
            return
        ramp = self._mixer.ramp_frames  # the tail goes on beyond the end
        yield position, min(frames, loop[1] + ramp - position)
        left = frames - (loop[1] - position)
        if left > 0:
            yield loop[0], min(left, loop[1] + ramp - loop[0])

    def _read(self, key: _Key, page: Samples) -> None:
        window, number = key
        start = number * PAGE_FRAMES
        part = page[:, : min(PAGE_FRAMES, window.frames - start)]
        try:
            window.source.read(start, part)
        except (OSError, ValueError, StudioError) as error:
            part[:] = 0.0
            self.problem = tr("A part of the song could not be read: {error}", error=error)
        self._there[key] = page
        window.pages[number] = page

    def _let_go_of_removed(self, outlook: Outlook) -> None:
        windows = {s for s in (*outlook.audible, *outlook.silent) if isinstance(s, Window)}
        if windows != self._windows:
            for key in [k for k in self._there if k[0] not in windows]:
                self._pool.give(self._take_back(key))
        self._windows = windows

    def _take_back(self, key: _Key) -> Samples:
        """A page that may be written on: nobody finds it any more, and the block is over that may have found it."""
        page = self._there.pop(key)
        del key[0].pages[key[1]]
        turn = self._mixer.turn
        while turn % 2 and self._mixer.turn == turn and not self._closed:
            time.sleep(0.0005)
        return page


def _pages(windows: list[Window], start: int, frames: int) -> Iterator[_Key]:
    for number in range(max(0, start) // PAGE_FRAMES, max(0, start + frames - 1) // PAGE_FRAMES + 1):
        for window in windows:
            if number * PAGE_FRAMES < window.frames:
                yield window, number


class _Pool:
    """Pages [2, PAGE_FRAMES], many to a piece of memory that the system is asked never to swap out."""

    def __init__(self) -> None:
        self.bytes = 0
        self._free: list[Samples] = []

    def take(self) -> Samples | None:
        return self._free.pop() if self._free else None

    def give(self, page: Samples) -> None:
        self._free.append(page)

    def grow(self) -> Samples:
        # Mapped by itself, so that the lock ends when the last page goes.
        pages = np.frombuffer(mmap.mmap(-1, _POOL_PAGES * _PAGE_BYTES), np.float32)
        pages.fill(0.0)
        _lock(pages)
        self.bytes += pages.nbytes
        self._free += list(pages.reshape(_POOL_PAGES, 2, PAGE_FRAMES))
        return self._free.pop()


def _lock(memory: Samples) -> None:
    """Where the system and the user's limits allow it; else the memory is as good as any other."""
    if sys.platform == "win32":
        return
    try:
        libc = ctypes.CDLL(None)
        libc.mlock(ctypes.c_void_p(memory.ctypes.data), ctypes.c_size_t(memory.nbytes))
    except (OSError, AttributeError):
        return
