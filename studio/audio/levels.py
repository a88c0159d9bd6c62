"""Peak levels, fed by the audio callback and read by a meter.

The callback owns every value and never resets one: a reader compares counters instead, so nothing is lost between
two looks. The peak falls at the rate of a peak programme meter, 20 dB in 1.7 s (IEC 60268-10, type I).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FALL_DB_S = 20 / 1.7
_CLIP = 1.0
_HOLD_S = 1.5


class Levels:
    """The callback's side.

    Attributes:
        peaks: float32 [C], the falling peak of each channel, linear.
        clips: blocks in which a sample reached full scale, ever.
    """

    def __init__(self, channels: int, sample_rate: int, *, max_block: int = 4096) -> None:
        self.peaks: NDArray[np.float32] = np.zeros(channels, np.float32)
        self.clips = 0
        self._sample_rate = sample_rate
        self._scratch = np.zeros((max_block, channels), np.float32)
        self._block_peak = np.zeros(channels, np.float32)

    def feed(self, block: NDArray[np.float32]) -> None:
        """Looks at a block [N, C] of any length; makes no array."""
        for start in range(0, len(block), len(self._scratch)):
            part = block[start : start + len(self._scratch)]
            size = len(part)
            np.abs(part, out=self._scratch[:size])
            np.max(self._scratch[:size], axis=0, out=self._block_peak)
            self.peaks *= 10 ** (-_FALL_DB_S * size / self._sample_rate / 20)
            np.maximum(self.peaks, self._block_peak, out=self.peaks)
            if self._block_peak.max() >= _CLIP:
                self.clips += 1


class Meter:
    """The reader's side: level, peak hold for 1.5 s, and a clip light that stays on until `reset`."""

    def __init__(self) -> None:
        self.peaks: tuple[float, ...] = ()
        self.holds: tuple[float, ...] = ()
        self.clipped = False
        self._held_until: list[float] = []
        self._levels: Levels | None = None
        self._clips = 0

    def look(self, levels: Levels | None, now_s: float) -> None:
        """Takes the values of this moment; `levels` is None while there is no input."""
        if levels is not self._levels:
            self._levels, self._clips = levels, 0
            self.holds, self._held_until = (), []
        if levels is None:
            self.peaks = ()
            return
        self.peaks = tuple(float(p) for p in levels.peaks)
        if len(self.holds) != len(self.peaks):
            self.holds, self._held_until = self.peaks, [now_s + _HOLD_S] * len(self.peaks)
        holds = list(self.holds)
        for i, peak in enumerate(self.peaks):
            if peak >= holds[i] or now_s >= self._held_until[i]:
                holds[i], self._held_until[i] = peak, now_s + _HOLD_S
        self.holds = tuple(holds)
        self.clipped |= levels.clips > self._clips
        self._clips = levels.clips

    def reset(self) -> None:
        """The clip light off, the holds down."""
        self.clipped = False
        self.holds = ()
