"""Takes what the device hears to disk while it is being sung.

Choices: the callback copies blocks into a ring and nothing else; a thread writes them to a TakeFile, and ends by itself
once everything that belongs to the take is on the disk, so that nobody has to wait for it. What is heard
at a moment was played `latency_frames` earlier, so the file begins that much after the timeline started and ends that
much after it stopped: its first frame is the frame of the timeline from which the transport started.
"""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.audio.file_bytes import error_text
from studio.audio.mixer import Mixer
from studio.audio.ring import Ring
from studio.audio.take_file import MAX_BYTES, TakeFile
from studio.core.language import later

#: How long the disk may be busy before samples would be lost.
_RING_S = 10.0
_WRITE_EVERY_S = 0.05
_UNWRITTEN = later("The take could not be written further: {reason}")
_UNCLOSED = later("The take could not be closed: {reason}")
#: What a recording says of itself, kept beside it in English.
PROBLEMS = (_UNWRITTEN, _UNCLOSED)


class Recorder:
    """One take file. Made on the main thread while the transport stands still; `feed` belongs to the callback.

    Args:
        mixer: whose start and stop the take follows.
        latency_frames: from output to input and back, 0 or more.
        max_frames: the take ends there.

    Attributes:
        problem: why the take ended early, in words; empty when it did not.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(
        self,
        path: Path,
        mixer: Mixer,
        *,
        sample_rate: int,
        channels: int,
        latency_frames: int,
        max_frames: int,
    ) -> None:
        self.path = path
        self.sample_rate, self.channels = sample_rate, channels
        self.problem = ""
        self._mixer = mixer
        self._armed_at = mixer.clock
        self._latency = latency_frames
        self._limit = min(max_frames, MAX_BYTES // (4 * channels))
        self._ring = Ring(round(_RING_S * sample_rate), channels)
        self._over = False
        self._ended = threading.Event()
        self._file = TakeFile(path, sample_rate, channels)
        self._thread = threading.Thread(target=self._write, name="take writer")
        self._thread.start()

    # Audio callback

    def feed(self, block: NDArray[np.float32]) -> None:
        """Takes what was heard during the block [N, C] that the mixer has just mixed."""
        mixer = self._mixer
        if self._over or not self.begun:
            return
        first = mixer.started + self._latency  # on the mixer's clock
        last = first + self._limit
        if mixer.stopped >= mixer.started:
            last = min(last, mixer.stopped + self._latency)
        at = mixer.clock - len(block)
        low, high = max(first - at, 0), min(last - at, len(block))
        if low < high and not self._ring.write(block[low:high]):
            self.problem, self._over = later("The disk was too slow for the recording"), True
        if high < len(block):
            self._over = True

    # Main thread

    @property
    def frames(self) -> int:
        """Frames in the file so far."""
        return self._file.frames

    @property
    def begun(self) -> bool:
        """True once the count-in is over."""
        return self._mixer.started >= self._armed_at

    @property
    def recording(self) -> bool:
        """False once everything that belongs to the take was heard, or nothing more can be."""
        return not self._over

    @property
    def written(self) -> bool:
        """True once the file is whole and on the disk."""
        return not self._thread.is_alive()

    def end(self, problem: str = "") -> None:
        """Ends the take with what was heard so far; it is `written` a moment later."""
        if not self._over:
            self.problem, self._over = problem, True
        self._ended.set()

    def finish(self) -> None:
        """Ends the take with what was heard so far, and waits until it is on the disk."""
        self.end()
        self._thread.join()

    # Writer thread

    def _write(self) -> None:
        block = np.empty((1 << 15, self.channels), np.float32)
        try:
            ended = False
            while not ended:
                # Looked at before the last reading, so that nothing fed before the end stays behind.
                ended = self._ended.wait(_WRITE_EVERY_S) or self._over
                while count := self._ring.read(block):
                    self._file.append(block[:count])
        except OSError as error:
            self.problem, self._over = _UNWRITTEN.format(reason=error_text(error)), True
        try:
            self._file.close()
        except OSError as error:
            self.problem = self.problem or _UNCLOSED.format(reason=error_text(error))
