"""A block of audio in memory, with its sample rate attached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


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
        """The mean of the channels, float32 [T]."""
        return np.asarray(self.samples.mean(axis=0), dtype=np.float32)
