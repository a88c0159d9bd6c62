"""A transient shaper: what begins made louder against what goes on, or the other way round, in four bands.

A band's power just now against its power over the last quarter of a second says whether something begins (more) or
dies away (less). That ratio, as decibels times an amount, is the band's gain: no threshold, so quiet and loud stems are
shaped alike, and what has been steady for a while is left as it is.

It looks some milliseconds ahead, so that an attack is raised from its first sample on and not when it is half over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, sosfilt

from studio.dsp.filters import sections

Array = NDArray[np.float32]

#: Edges of the bands.
EDGES_HZ = (180.0, 600.0, 2000.0)
#: Length of the stretches whose power is measured, about; and over how long it is averaged for *now* and *lately*.
_STRETCH_S, _NOW_S, _LATELY_S = 0.0015, 0.005, 0.25
_LOOK_AHEAD_S = 0.006
#: The most a ratio of powers counts for, and power below which there is nothing to shape.
_FALL_DB, _RISE_DB, _FLOOR = -10.0, 8.0, 1e-9


class Amounts(NamedTuple):
    """Decibels of gain for a decibel of rise, by band: positive sharpens, negative evens out, 0 leaves as it is."""

    low: float = 0.0
    low_mid: float = 0.0
    high_mid: float = 0.0
    high: float = 0.0


class TransientShaper:
    """Shapes one stem.

    Args:
        channels: of the stem; all have the same gains.
    """

    def __init__(self, sample_rate: int, amounts: Amounts, channels: int) -> None:
        self._amounts = np.array(amounts)
        self._splits = [sections(2, edge, "lowpass", sample_rate) for edge in EDGES_HZ]
        self._split_memory = [np.zeros((len(split), channels, 2)) for split in self._splits]
        self._stretch = max(1, round(_STRETCH_S * sample_rate))
        self._ramp = (np.arange(self._stretch) / self._stretch).astype(np.float32)
        second = sample_rate / self._stretch
        self._poles = [float(np.exp(-1.0 / (seconds * second))) for seconds in (_NOW_S, _LATELY_S)]
        self._averages = [np.full((len(amounts), 1), _FLOOR * pole) for pole in self._poles]
        #: Samples of a stretch that is not whole yet, and the sum of their power.
        self._filled, self._partial = 0, np.zeros((len(amounts), 1))
        self._gains = np.ones((len(amounts), 2))
        self._waiting = np.zeros((len(amounts), channels, round(_LOOK_AHEAD_S * sample_rate)), np.float32)

    def shape(self, blocks: Iterable[Array]) -> Iterator[Array]:
        """float32 [C, T] of any lengths -> the shaped sound, float32 [C, T], as long in all."""
        if not self._amounts.any():
            yield from blocks
            return
        early = self._waiting.shape[2]
        for block in blocks:
            late = self._process(block)
            yield late[:, early:]
            early = max(0, early - late.shape[1])
        yield self._process(np.zeros(self._waiting.shape[1:], np.float32))[:, early:]

    def _process(self, block: Array) -> Array:
        """A block -> as many samples, late by the look-ahead."""
        size, at = self._stretch, self._filled
        whole = (at + block.shape[1]) // size
        heard = slice(at, at + block.shape[1])
        bands = np.zeros((len(self._amounts), len(block), (whole + 1) * size), dtype=np.float32)
        self._split(block, bands[:, :, heard])
        gains = self._gain(bands.reshape(len(bands), len(block), whole + 1, size))
        late = np.concatenate([self._waiting, bands[:, :, heard]], axis=2)
        bands[:, :, heard] = late[:, :, : block.shape[1]]
        self._waiting = late[:, :, block.shape[1] :]
        self._filled = (at + block.shape[1]) % size
        return (bands * gains[:, None]).sum(axis=0)[:, heard]

    def _gain(self, bands: Array) -> Array:
        """Linear gain [band, T] of stretches [band, C, stretch, T]: of each drawn from those of the two before."""
        size = bands.shape[3]
        power = np.einsum("bcws,bcws->bw", bands, bands, dtype=np.float64) / (size * bands.shape[1])
        power[:, :1] += self._partial
        self._partial = power[:, -1:]
        gain_db = self._amounts[:, None] * self._rise_db(power[:, :-1])
        gains = np.concatenate([self._gains, 10.0 ** (gain_db / 20.0)], axis=1)
        self._gains = gains[:, -2:]
        began, steps = gains[:, :-1].astype(np.float32), np.diff(gains, axis=1).astype(np.float32)
        return (began[:, :, None] + steps[:, :, None] * self._ramp).reshape(len(gains), -1)

    def _split(self, block: Array, bands: Array) -> None:
        """Fills bands [band, C, T]; their sum is the block."""
        rest = block
        for i, split in enumerate(self._splits):
            low, self._split_memory[i] = sosfilt(split, rest, axis=1, zi=self._split_memory[i])
            bands[i] = low
            rest = rest - bands[i]
        bands[-1] = rest

    def _rise_db(self, power: NDArray[np.float64]) -> NDArray[np.float64]:
        """Now against lately [band, stretches], dB."""
        if not power.shape[1]:
            return power
        smooth = []
        for i, pole in enumerate(self._poles):
            average, self._averages[i] = lfilter(
                [1.0 - pole], [1.0, -pole], power + _FLOOR, zi=self._averages[i]
            )
            smooth.append(average)
        return np.clip(10.0 * np.log10(smooth[0] / smooth[1]), _FALL_DB, _RISE_DB)
