"""Taps on the beat made exact: a steady beat through them, moved to where the syllables begin.

People tap some 20 to 50 ms before the beat and scatter by 20 ms and more; singers begin their vowels on it. So the taps
say which beat is meant, and the onsets near them where it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: How far the beat may lie from the line through the taps: standard deviations of its phase at either end, seconds.
_PHASE_S, _DRIFT_S = 0.04, 0.03
#: How close an onset must be to count, and how much one on the half counts.
_CLOSE_S, _HALF = 0.03, 0.5
_STEPS = 41


@dataclass(frozen=True)
class Tapped:
    """A steady beat.

    Attributes:
        downbeat_s: the time of the first tap's beat, which is taken for the first of a bar.
        scatter_s: standard deviation of the taps about it.
    """

    tempo_bpm: float
    downbeat_s: float
    scatter_s: float


def refine_taps(taps_s: Sequence[float], onsets_s: Sequence[float]) -> Tapped:
    """The beat that is meant by taps on consecutive quarters.

    Args:
        taps_s: increasing, two or more.
        onsets_s: where syllables begin; empty leaves the line through the taps.

    Raises:
        ValueError: for fewer than two taps.
    """
    taps, number = np.asarray(taps_s, dtype=np.float64), np.arange(len(taps_s))
    if len(taps) < 2:
        raise ValueError("two taps or more")
    period, phase = np.polyfit(number, taps, 1)
    scatter = float(np.std(taps - phase - period * number))
    onsets = np.asarray(onsets_s, dtype=np.float64)
    onsets = onsets[(onsets > taps[0] - period) & (onsets < taps[-1] + period)]
    if len(onsets):
        last = len(taps) - 1
        begins = phase + np.linspace(-3, 3, _STEPS) * _PHASE_S
        stretches = np.linspace(-3, 3, _STEPS) * _DRIFT_S
        begin, stretch = np.meshgrid(begins, stretches, indexing="ij")
        periods = period + stretch / last
        beats = (onsets[:, None, None] - begin) / periods
        on = np.abs(beats - np.round(beats)) * periods
        off = np.abs(beats - np.floor(beats) - 0.5) * periods
        hits = np.exp(-0.5 * (on / _CLOSE_S) ** 2) + _HALF * np.exp(-0.5 * (off / _CLOSE_S) ** 2)
        prior = ((begin - phase) / _PHASE_S) ** 2 + (stretch / _DRIFT_S) ** 2
        best = np.unravel_index(int(np.argmax(hits.sum(axis=0) - 0.5 * prior)), prior.shape)
        period, phase = float(periods[best]), float(begin[best])
    return Tapped(60.0 / float(period), max(0.0, float(phase)), scatter)
