"""A block of audio in memory, with its sample rate attached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

#: A channel so far below the other carries bleed and noise.
_ONE_SIDED_DB = 15.0
#: Below this correlation the channels are one sound against itself; reverb and wide pads stay well above.
_UPSIDE_DOWN = -0.6
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples and their rate.

    Attributes:
        samples: float32 [C, T], full scale is 1.0.
        sample_rate: in Hz.
    """

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ValueError(f"samples must be float32 [C, T], not {self.samples.dtype} {self.samples.shape}")

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        return self.frames / self.sample_rate

    def mono(self) -> Samples:
        """What the channels carry together, float32 [T]: the mean of `carried`."""
        return np.asarray(self.carried().samples.mean(axis=0), dtype=np.float32)

    def carried(self) -> Audio:
        """The same recording in channels that may be averaged, for listening to; what is exported stays as it is.

        A channel far below the other, as when a mono microphone was recorded into one side, is left out, so that the
        voice keeps its level; one that is the other upside down is turned round, so that they do not cancel out.
        """
        if self.channels != 2 or not self.frames:
            return self
        left, right = self.samples
        powers = _power(left, left), _power(right, right)
        quiet, loud = sorted(powers)
        if quiet < loud * 10 ** (-_ONE_SIDED_DB / 10):
            side = powers.index(loud)
            return Audio(self.samples[side : side + 1], self.sample_rate)
        if _power(left, right) < _UPSIDE_DOWN * np.sqrt(quiet * loud):
            return Audio(np.stack([left, -right]), self.sample_rate)
        return self


def _power(a: Samples, b: Samples) -> float:
    """Sum of products, in blocks, since float32 loses count over a song."""
    return sum(
        float(np.dot(a[start : start + _BLOCK], b[start : start + _BLOCK]))
        for start in range(0, len(a), _BLOCK)
    )
