"""Tapping along: eight taps set tempo and phase, and the syllables say where exactly.

People tap some 20-50 ms before the beat they mean and scatter by as much, so eight taps alone know the tempo to about
1 %. The singing knows it better: about the line through the taps, the tempo and phase are taken on whose beats, eighths
and sixteenths the syllables gather. Away from the taps a vote counts the less the further the taps' own doubt reaches,
so a singer who leaves the tempo later does not move it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import Syllable
from studio.core.errors import StudioError
from studio.core.language import tr, trn

FEWEST_TAPS = 4
#: Scatter of a tap and how early taps are, in seconds; scatter of a syllable about its place.
_TAP_SD_S, _TAP_EARLY_S, _SYLLABLE_SD_S = 0.035, 0.02, 0.03
#: Votes of a syllable for the beat, the eighth and the sixteenth it lies on.
_VOTES = ((1, 1.0), (2, 0.5), (4, 0.25))
#: What the distance from the taps' line costs, in votes, at one deviation.
_PRIOR = 0.5
_SLOWEST_S, _FASTEST_S = 2.0, 0.2


@dataclass(frozen=True)
class TapReading:
    """What taps mean.

    Attributes:
        tempo_bpm: quarters a minute.
        downbeat_s: the moment of the beat of the first tap, at which a bar begins.
        residual_s: RMS distance of the taps from the beats, their common earliness aside: above 0.06 they were uneven.
        moved_s: how far the singing moved the beat from where it was tapped; 0 without syllables.
    """

    tempo_bpm: float
    downbeat_s: float
    residual_s: float
    moved_s: float


def read_taps(taps_s: Sequence[float], syllables: Sequence[Syllable] = ()) -> TapReading:
    """Tempo and downbeat of taps on the beats of a song, the first of them on a downbeat; a tap may be left out.

    Raises:
        StudioError: fewer than four taps, or none that make a tempo from 30 to 300.
    """
    taps = np.sort(np.asarray(taps_s, dtype=np.float64))
    gaps = np.diff(taps)
    if len(taps) < FEWEST_TAPS:
        raise StudioError(
            tr("Cannot take a tempo from the taps"),
            seen=trn("{count} tap", "{count} taps", len(taps)),
            expected=tr("{fewest_taps} or more, eight are better", fewest_taps=FEWEST_TAPS),
            todo=tr("Tap on with the beat"),
        )
    usual = float(np.median(gaps))
    if not _FASTEST_S <= usual <= _SLOWEST_S:
        raise StudioError(
            tr("Cannot take a tempo from the taps"),
            seen=tr("{value:.0f} a minute", value=60 / max(usual, 1e-3)),
            expected=tr("30 to 300 a minute"),
            todo=tr("Tap every beat of the song"),
        )
    beats = np.concatenate([[0.0], np.cumsum(np.maximum(np.round(gaps / usual), 1.0))])
    period, start = np.polyfit(beats, taps, 1)
    residual = float(np.sqrt(np.mean((taps - start - period * beats) ** 2)))
    if not syllables:
        return TapReading(60.0 / float(period), float(start), residual, 0.0)
    scatter = max(_TAP_SD_S, residual)
    spread = float(np.sqrt(((beats - beats.mean()) ** 2).sum()))
    found_period, found_middle = _gather(
        syllables,
        float(period),
        float(start + period * beats.mean()),
        float(beats.mean()),
        scatter / spread,
        scatter / np.sqrt(len(taps)) + 0.015,
    )
    downbeat = found_middle - found_period * float(beats.mean())
    return TapReading(60.0 / found_period, downbeat, residual, downbeat - float(start))


def _gather(
    syllables: Sequence[Syllable],
    period: float,
    middle_s: float,
    middle_beat: float,
    period_sd: float,
    phase_sd: float,
) -> tuple[float, float]:
    """Seconds a beat, and the time of the middle of the taps, on which the syllables gather best.

    The search goes over three deviations of the taps' own period and phase.
    """
    times = np.array([s.onset_s for s in syllables])
    weights = np.array([s.strength for s in syllables])
    # How far a syllable's place in the bar is known from the taps alone: beyond half a beat it has no vote at first.
    away = np.abs(times - middle_s) / period
    best_period, best_middle = period, middle_s + _TAP_EARLY_S
    for reach in (0.15, 0.05, 0.015):
        # Wider and wider stretches, as the period is known better and better.
        known = weights * (away * period_sd < 0.25 * period) if reach == 0.15 else weights
        periods = best_period + np.linspace(-3, 3, 61) * period_sd * (reach / 0.15)
        phases = best_middle + np.linspace(-3, 3, 41) * phase_sd * (reach / 0.15) ** 0.5
        score = _votes(times, known, periods, phases, middle_beat)
        off = ((periods - period) / period_sd) ** 2, ((phases - middle_s - _TAP_EARLY_S) / phase_sd) ** 2
        score -= _PRIOR * (off[0][:, None] + off[1][None, :])
        i, j = np.unravel_index(int(np.argmax(score)), score.shape)
        best_period, best_middle = float(periods[i]), float(phases[j])
    return best_period, best_middle


def _votes(
    times: NDArray[np.float64],
    weights: NDArray[np.float64],
    periods: NDArray[np.float64],
    phases: NDArray[np.float64],
    middle_beat: float,
) -> NDArray[np.float64]:
    """Votes of all syllables for each period and phase, [P, Q]."""
    score = np.zeros((len(periods), len(phases)))
    for i, period in enumerate(periods):
        beat = middle_beat + (times[None, :] - phases[:, None]) / period
        best = np.zeros_like(beat)
        for division, vote in _VOTES:
            place = beat * division
            off_s = (place - np.round(place)) * period / division
            best = np.maximum(best, vote * np.exp(-0.5 * (off_s / _SYLLABLE_SD_S) ** 2))
        score[i] = best @ weights
    return score
