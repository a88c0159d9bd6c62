"""The meter of a running signal (EBU Tech 3341 on ITU-R BS.1770-4): momentary, short-term, integrated, true peak.

Choices: the signal is weighted once and kept as the energy of hundredths of a second, from which all three windows are
summed; so a reading costs the same after a second and after an hour, and does not depend on how the signal was cut.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from studio.dsp.loudness import SILENCE_DB, TruePeak, gated_lufs, k_weighting, lufs_of, to_db

_HOP_S = 0.01
#: Hops of the windows of EBU Tech 3341: 0.4 s and 3 s; and of a step of the gated blocks, 0.1 s.
_MOMENTARY, _SHORT_TERM, _STEP = 40, 300, 10


@dataclass(frozen=True)
class LoudnessReading:
    """Everything in one moment; SILENCE_DB stands for "nothing yet".

    Attributes:
        momentary_lufs: of the last 0.4 s.
        short_term_lufs: of the last 3 s.
        integrated_lufs: gated, of everything since the meter began.
        true_peak_db: the highest so far, dBTP.
        peaks_db: of each channel, the highest since the last reading, dBTP.
        highest_momentary_lufs, highest_short_term_lufs: so far.
    """

    momentary_lufs: float = SILENCE_DB
    short_term_lufs: float = SILENCE_DB
    integrated_lufs: float = SILENCE_DB
    true_peak_db: float = SILENCE_DB
    peaks_db: tuple[float, ...] = (SILENCE_DB, SILENCE_DB)
    highest_momentary_lufs: float = SILENCE_DB
    highest_short_term_lufs: float = SILENCE_DB


class LoudnessMeter:
    """Fed in pieces of any size, read at any time. One thread at a time.

    Args:
        sample_rate: of what is fed, Hz.
        channels: counted alike, as left and right are.
    """

    def __init__(self, sample_rate: int, channels: int = 2) -> None:
        self.sample_rate, self._channels = sample_rate, channels
        self._filter = k_weighting(sample_rate)
        self._hop = max(1, round(_HOP_S * sample_rate))
        self.reset()

    def reset(self) -> None:
        """Begins anew."""
        self._state = np.zeros((len(self._filter), self._channels, 2), np.float32)
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._recent: deque[float] = deque([0.0] * _SHORT_TERM, maxlen=_SHORT_TERM)
        self._steps: list[float] = []
        self._begun: list[float] = []
        self._true_peaks = [TruePeak(1) for _ in range(self._channels)]
        self._highest = self._highest_momentary = self._highest_short = 0.0

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Takes the next frames, [C, T]."""
        if not samples.shape[1]:
            return
        for meter, channel in zip(self._true_peaks, samples, strict=True):
            meter.feed(channel[None])
        weighted, self._state = scipy.signal.sosfilt(self._filter, samples, zi=self._state)
        power = np.concatenate([self._rest, np.square(weighted).sum(axis=0)])
        whole = len(power) // self._hop
        self._rest = power[whole * self._hop :]
        for energy in power[: whole * self._hop].reshape(whole, self._hop).mean(axis=1, dtype=np.float64):
            self._take(float(energy))

    def _take(self, energy: float) -> None:
        """The mean square of one more hop."""
        self._recent.append(energy)
        self._begun.append(energy)
        if len(self._begun) == _STEP:
            self._steps.append(sum(self._begun) / _STEP)
            self._begun = []
        momentary, short = self._windows()
        self._highest_momentary = max(self._highest_momentary, momentary)
        self._highest_short = max(self._highest_short, short)

    def _windows(self) -> tuple[float, float]:
        """Mean squares of the last 0.4 s and 3 s."""
        recent = np.fromiter(self._recent, np.float64, _SHORT_TERM)
        return float(recent[-_MOMENTARY:].mean()), float(recent.mean())

    def read(self) -> LoudnessReading:
        """How it stands now; the peaks of the channels begin anew."""
        peaks = tuple(meter.take() for meter in self._true_peaks)
        self._highest = max(self._highest, *peaks)
        momentary, short = self._windows()
        return LoudnessReading(
            lufs_of(momentary),
            lufs_of(short),
            gated_lufs(np.array(self._steps)),
            to_db(self._highest),
            tuple(to_db(peak) for peak in peaks),
            lufs_of(self._highest_momentary),
            lufs_of(self._highest_short),
        )
