"""From parsed notes to a beat grid: the smoothest row of beats that passes through the notes.

Given which sixteenth each note starts on, the beats are the least-squares answer to two wishes: every note lies on
its sixteenth (within the scatter of a singer, robustly), and each beat is as long as the one before (within a drift).
How much drift to allow is decided by prediction: fitted on every other note, the grid must foretell the rest. A
singer who keeps time so gets a perfectly regular grid, and one who drifts is followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from studio.core.grid import STEPS_PER_BEAT, BeatGrid
from studio.core.music import Meter

_NOTE_SD_S = 0.022
#: Change of a beat's length from one beat to the next, as a share of it; 0 is one exact tempo.
DRIFTS = (0.0, 0.002, 0.006, 0.015, 0.03, 0.06)


@dataclass(frozen=True, eq=False)
class Anchors:
    """What ties beats to time.

    Attributes:
        beats: float64 [N] positions in quarters, 0 and up.
        times_s: float64 [N].
        weights: float64 [N], 1 for an ordinary note; very large for a downbeat that was given.
    """

    beats: NDArray[np.float64]
    times_s: NDArray[np.float64]
    weights: NDArray[np.float64]

    def take(self, index: NDArray[np.bool_]) -> Anchors:
        return Anchors(self.beats[index], self.times_s[index], self.weights[index])


def _robust(residual: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Huber weights: beyond two deviations a note pulls with constant force. A given downbeat always holds."""
    huber = np.minimum(1.0, 2 * _NOTE_SD_S / np.maximum(np.abs(residual), 1e-9))
    return weights * np.where(weights > 100, 1.0, huber)


def fit_line(anchors: Anchors, tempo_bpm: float | None = None) -> tuple[float, float]:
    """Time of beat 0 and seconds a beat of the best exact tempo; with a tempo given, of its best phase."""
    period = 60.0 / tempo_bpm if tempo_bpm else 0.0
    start = 0.0
    weights = anchors.weights
    for _ in range(8):
        mean_beat = np.average(anchors.beats, weights=weights)
        mean_time = np.average(anchors.times_s, weights=weights)
        if not tempo_bpm:
            centred = anchors.beats - mean_beat
            spread = float(np.sum(weights * centred**2))
            slope = float(np.sum(weights * centred * anchors.times_s)) / spread if spread > 0 else 0.5
            period = float(np.clip(slope, 0.15, 3.0))
        start = float(mean_time - period * mean_beat)
        weights = _robust(anchors.times_s - start - period * anchors.beats, anchors.weights)
    return start, period


def fit_beats(
    anchors: Anchors, count: int, drift: float, tempo_bpm: float | None = None
) -> NDArray[np.float64]:
    """Times of beats 0 to count - 1, [count].

    Args:
        drift: see DRIFTS.
        tempo_bpm: pulls every beat towards this tempo as strongly as `drift` binds it to its neighbour.
    """
    start, period = fit_line(anchors, tempo_bpm)
    times = np.asarray(start + period * np.arange(count), dtype=np.float64)
    if drift == 0.0:
        return times
    low = np.clip(np.floor(anchors.beats).astype(int), 0, count - 2)
    share = anchors.beats - low
    # Stiffness of the second difference, and of the first towards the period: faint where no tempo is given.
    bend = 1.0 / (drift * period) ** 2
    stretch = bend if tempo_bpm else 1e-3
    for _ in range(5):
        residual = anchors.times_s - (times[low] * (1 - share) + times[low + 1] * share)
        w = _robust(residual, anchors.weights) / _NOTE_SD_S**2
        band = np.zeros((3, count))  # upper form: band[2] is the diagonal
        right = np.zeros(count)
        np.add.at(band[2], low, w * (1 - share) ** 2)
        np.add.at(band[2], low + 1, w * share**2)
        np.add.at(band[1], low + 1, w * share * (1 - share))
        np.add.at(right, low, w * (1 - share) * anchors.times_s)
        np.add.at(right, low + 1, w * share * anchors.times_s)
        band[2, :-2] += bend
        band[2, 1:-1] += 4 * bend
        band[2, 2:] += bend
        band[1, 1:-1] -= 2 * bend
        band[1, 2:] -= 2 * bend
        band[0, 2:] += bend
        band[2, :-1] += stretch
        band[2, 1:] += stretch
        band[1, 1:] -= stretch
        right[:-1] -= stretch * period
        right[1:] += stretch * period
        times = solveh_banded(band, right)
    return np.asarray(times)


def _prediction_error(anchors: Anchors, count: int, drift: float, tempo_bpm: float | None) -> float:
    """Mean capped distance, in seconds, of each half of the notes from the grid of the other half."""
    index = np.arange(len(anchors.beats))
    errors: list[NDArray[np.float64]] = []
    for half in (0, 1):
        times = fit_beats(anchors.take(index % 2 == half), count, drift, tempo_bpm)
        held = anchors.take(index % 2 != half)
        errors.append(np.abs(np.interp(held.beats, np.arange(count), times) - held.times_s))
    return float(np.mean(np.minimum(np.concatenate(errors), 0.12)))


def choose_drift(anchors: Anchors, count: int, tempo_bpm: float | None) -> float:
    """No drift when one tempo predicts the notes as well as any; else the most that predicts them as well.

    A singer who drifts wants an accompanist: of two equal answers the one that stays nearer to the voice is taken.
    """
    if len(anchors.beats) < 6:
        return DRIFTS[0] if tempo_bpm else DRIFTS[1]
    errors = {drift: _prediction_error(anchors, count, drift, tempo_bpm) for drift in DRIFTS}
    best = min(errors.values())
    # A tempo that was given is left only for a clear gain.
    if errors[0.0] <= (1.25 if tempo_bpm else 1.05) * best + 5e-4:
        return 0.0
    return max(drift for drift, error in errors.items() if error <= 1.05 * best)


def build_grid(
    sixteenths: NDArray[np.int64],
    times_s: NDArray[np.float64],
    weights: NDArray[np.float64],
    meter: Meter,
    duration_s: float,
    tempo_bpm: float | None = None,
) -> BeatGrid:
    """The grid through notes that start on `sixteenths` (multiples of a bar are bar lines), over 0 to `duration_s`."""
    size = meter.quarters_per_bar
    first_bar = int(sixteenths.min() // (size * STEPS_PER_BEAT))
    beats = sixteenths / STEPS_PER_BEAT - first_bar * size
    anchors = Anchors(beats, times_s, weights)
    count = int(np.floor(beats.max())) + 3
    drift = choose_drift(anchors, count, tempo_bpm)
    times = fit_beats(anchors, count, drift, tempo_bpm)
    # A grid must run forward; an absurd parse falls back to one tempo.
    if np.diff(times).min() < 0.1:
        times = fit_beats(anchors, count, DRIFTS[0], tempo_bpm)
    return _extended(times, meter, duration_s)


def _extended(times: NDArray[np.float64], meter: Meter, duration_s: float) -> BeatGrid:
    """Whole bars added on both sides, at the tempo found there, until 0 and the end are covered."""
    size = meter.quarters_per_bar
    near = min(len(times) - 1, 2 * size)
    head = float(times[near] - times[0]) / near
    tail = float(times[-1] - times[-1 - near]) / near
    bars_before = max(0, int(np.ceil(times[0] / (head * size) - 1e-9)))
    before = times[0] - head * np.arange(bars_before * size, 0, -1)
    missing = max(0, int(np.ceil((duration_s - times[-1]) / tail + 1e-9)))
    beats = len(times) - 1 + missing
    missing += -beats % size
    after = times[-1] + tail * np.arange(1, missing + 1)
    joined = np.concatenate([before, times, after])
    # No bar is needed that ends before the recording starts.
    spare = int(np.searchsorted(joined[::size], 0.0, side="right")) - 1
    return BeatGrid(tuple(float(t) for t in joined[max(0, spare) * size :]), meter)
