"""The beats of a vocal: several readings of the whole song, each with the chance that it is right.

Candidates come from an exhaustive search (studio.analysis.tempo_search); each is then weighed by how well its onsets
sit, by the rhythm they make in its bars (studio.analysis.grid_scores) and by how usual its tempo is. The evidence of
neighbouring onsets is far from independent, so a song counts hardly more than a dozen onsets would. What a user gave
is not weighed but kept.

A bare voice often cannot tell the beat from the off-beat, nor a tempo from its double: real singers prefer neither as
clearly as scores do. That is why several readings are returned, and why their chances stay well below certainty
(calibrated on melodies with known beats; docs/listening.md).

What is sung to a click is exactly steady, so a reading is exactly steady too, unless the user asks for beats that
follow the singer, or the singer plainly leaves every steady grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from studio.analysis.bar_lines import bar_line_scores
from studio.analysis.beat_grid import Anchors, build_grid, fit_line
from studio.analysis.drift import drifting
from studio.analysis.grid_scores import Placed, Pulse, SteadyGrid, place, rhythm_scores
from studio.analysis.note_parser import follow_notes
from studio.analysis.tempo_search import PHASES, Onsets, Surfaces, search, steady, tempo_log_prior
from studio.core.analysis import Given, Syllable, VocalNote
from studio.core.grid import STEPS_PER_BEAT, BeatGrid
from studio.core.music import Key, Meter

FALLBACK_BPM = 100.0
#: How many readings are returned at most.
READINGS = 5
_FEWEST = 3
_CANDIDATES = 24
#: What a nat of fit and a nat of rhythm are worth for a song of `_USUAL_COUNT` onsets, and how that falls with more.
_FIT_WEIGHT, _RHYTHM_WEIGHT, _USUAL_COUNT, _TEMPERING = 0.8, 0.135, 40.0, 0.73
#: How usual a meter is before anything is heard; others are used only when given.
_METERS = ((Meter(4, 4), 0.65), (Meter(3, 4), 0.35))
_METER_WEIGHT = 0.235
#: Readings are softened by this before they are called chances, and some of the chance is kept for none of them.
_SOFTEN, _NONE_COUNT = 0.7, 3.0
_SAME_TEMPO, _SAME_PHASE = 0.025, 0.13
#: Where beats are to follow the singer, a tempo that was given may be left by this much, as shares of it.
_AROUND = (0.9, 1.1)
#: Weight of a downbeat that was given, among onsets of weight 1 or less.
_HELD = 1e4


@dataclass(frozen=True)
class Found:
    """One way to count the song.

    Attributes:
        chance: that its beats are right, 0 to 1.
        downbeat: the share of its bar lines among all bar lines of these beats.
    """

    grid: BeatGrid
    chance: float
    downbeat: float


@dataclass(frozen=True)
class Rhythm:
    """Readings, likeliest first, and the chance that the tempo of the first is right."""

    readings: tuple[Found, ...]
    tempo: float

    @property
    def grid(self) -> BeatGrid:
        return self.readings[0].grid


@dataclass(frozen=True, eq=False)
class _Candidate:
    pulse: Pulse
    meter: Meter
    placed: Placed
    score: float


def trusted_onsets(syllables: Sequence[Syllable]) -> Onsets:
    """The onsets of syllables; even the clearest need not belong to the rhythm."""
    strength = np.array([s.strength for s in syllables], dtype=np.float64)
    return Onsets(
        np.array([s.onset_s for s in syllables], dtype=np.float64), np.clip(0.7 * strength, 0.05, 0.7)
    )


def find_readings(
    syllables: Sequence[Syllable],
    notes: Sequence[VocalNote],
    key: Key,
    offset: float,
    duration_s: float,
    given: Given,
    *,
    on_step: Callable[[float], None] = lambda _: None,
) -> Rhythm:
    """The beats of a song, in up to READINGS ways.

    Args:
        notes, key, offset: harmony helps to place the bar lines; offset is the tuning in semitones.
        on_step: called with the share done; may raise JobCancelled.
    """
    meter = given.meter or _METERS[0][0]
    if given.tempo_bpm and given.downbeat_s is not None and not given.drift:
        grid = BeatGrid.regular(given.tempo_bpm, meter, duration_s, given.downbeat_s)
        return Rhythm((Found(grid, 1.0, 1.0),), 1.0)
    onsets = trusted_onsets(syllables)
    if len(onsets) < _FEWEST:
        start = given.downbeat_s if given.downbeat_s is not None else float(onsets.times_s[:1].sum())
        grid = BeatGrid.regular(given.tempo_bpm or FALLBACK_BPM, meter, duration_s, start)
        sure = 1.0 if given.downbeat_s is not None else 0.0
        return Rhythm((Found(grid, 0.0, sure),), 1.0 if given.tempo_bpm else 0.0)

    surfaces = search(onsets, duration_s, given.tempo_bpm)
    candidates = _in_beats_of(meter, _candidates(surfaces, duration_s, given))
    weighed = [_weigh(grid, fit, onsets, given) for grid, fit in candidates]
    weighed.sort(key=lambda c: -c.score)
    on_step(0.4)
    if given.drift is not False and (given.drift or not given.tempo_bpm):
        if given.tempo_bpm:  # it is left by a little only
            surfaces = search(onsets, duration_s, given.tempo_bpm, around=_AROUND)
        path = drifting(surfaces, given.drift)
        if path is not None:
            # It takes the place of the steady readings: none of them holds for the whole song.
            followed = follow_notes(
                notes,
                [(given.meter, 1.0)] if given.meter else _METERS,
                given.tempo_bpm,
                on_note=lambda: on_step(0.4),
            )
            if followed is not None:
                free = _Candidate(followed.path, followed.meter, followed.placed, weighed[0].score)
            else:
                path = path.in_units_of(meter.beat_quarters)
                free = replace(_weigh(path, 0.0, onsets, given), score=weighed[0].score)
            weighed = [free, *weighed[1:]]
    on_step(0.5)
    chances = _chances(np.array([c.score for c in weighed]), float(onsets.trust.sum()))
    tempo = np.array([c.pulse.tempo_bpm for c in weighed])
    same = np.abs(np.log(tempo / tempo[0])) < 0.04
    readings = []
    for index, candidate in enumerate(weighed[:READINGS]):
        grid, share = _barred(candidate, onsets, notes, key, offset, duration_s, given)
        readings.append(Found(grid, float(chances[index]), share))
        on_step(0.5 + 0.5 * (index + 1) / READINGS)
    return Rhythm(tuple(readings), 1.0 if given.tempo_bpm else float(chances[same].sum()))


def _candidates(surfaces: Surfaces, duration_s: float, given: Given) -> list[tuple[SteadyGrid, float]]:
    """Distinct steady grids that fit best, with their evidence; the near relations of the best ones among them."""
    tempi, evidence = steady(surfaces)
    middle = duration_s / 2
    if given.downbeat_s is not None:
        wanted = (given.downbeat_s - middle) * tempi / 60.0 * PHASES
        distance = (np.arange(PHASES)[None] - wanted[:, None] + PHASES / 2) % PHASES - PHASES / 2
        evidence = np.where(np.abs(distance) <= 1.0, evidence, -np.inf)
    usual = np.zeros(len(tempi)) if given.tempo_bpm else tempo_log_prior(tempi)
    score = evidence + usual[:, None]
    found: list[tuple[float, float, float]] = []  # tempo, phase, evidence

    def is_new(bpm: float, phase: float) -> bool:
        return all(
            abs(np.log(bpm / other)) > _SAME_TEMPO or abs((phase - p + 0.5) % 1 - 0.5) > _SAME_PHASE
            for other, p, _ in found
        )

    order = np.argsort(-score, axis=None)[: 400 * PHASES * max(1, len(tempi) // 140)]
    rows, columns = np.unravel_index(order, score.shape)
    log_tempo, phases = np.log(tempi[rows]), columns / PHASES
    alive = np.isfinite(score[rows, columns])
    while alive.any() and len(found) < _CANDIDATES:
        at = int(np.argmax(alive))
        found.append((float(tempi[rows[at]]), float(phases[at]), float(evidence[rows[at], columns[at]])))
        turn = np.abs((phases - phases[at] + 0.5) % 1 - 0.5)
        alive &= (np.abs(log_tempo - log_tempo[at]) >= _SAME_TEMPO) | (turn > _SAME_PHASE)
    for bpm, phase, _ in found[:3]:
        for ratio in (1.0,) if given.tempo_bpm else (0.5, 2 / 3, 1.0, 1.5, 2.0):
            for turn in (0.0, 0.5):
                row = int(np.argmin(np.abs(tempi - ratio * bpm)))
                other = (ratio * phase + turn) % 1.0
                column = round(other * PHASES) % PHASES
                fits = abs(float(tempi[row]) / (ratio * bpm) - 1) < 0.01 and np.isfinite(
                    evidence[row, column]
                )
                if fits and is_new(float(tempi[row]), other):
                    found.append((float(tempi[row]), other, float(evidence[row, column])))
    return [(SteadyGrid(middle + phase * 60.0 / bpm, 60.0 / bpm), fit) for bpm, phase, fit in found]


def _in_beats_of(
    meter: Meter, candidates: Sequence[tuple[SteadyGrid, float]]
) -> list[tuple[SteadyGrid, float]]:
    """Grids of quarters as grids of the meter's beats, without those that are then the same."""
    unit = meter.beat_quarters
    if unit == 1.0:
        return list(candidates)
    found: list[tuple[SteadyGrid, float]] = []
    for grid, fit in candidates:
        finer = SteadyGrid(grid.beat_s, unit * grid.period_s)
        turns = [(finer.beat_s - other.beat_s) / other.period_s for other, _ in found
                 if abs(np.log(finer.period_s / other.period_s)) < _SAME_TEMPO]  # fmt: skip
        if all(abs((turn + 0.5) % 1 - 0.5) > _SAME_PHASE for turn in turns):
            found.append((finer, fit))
    return found


def _weigh(pulse: Pulse, fit: float, onsets: Onsets, given: Given) -> _Candidate:
    placed = place(pulse, onsets)
    meters = [(given.meter, 1.0)] if given.meter else list(_METERS)
    usual = np.log([share for _, share in meters]) / _METER_WEIGHT
    rhythms = np.array([rhythm_scores(placed, meter).max() for meter, _ in meters]) + usual - usual.max()
    best = int(rhythms.argmax())
    temper = (max(float(onsets.trust.sum()) / 0.7, 1.0) / _USUAL_COUNT) ** -_TEMPERING
    temper = min(temper, 4.0)
    score = temper * (_FIT_WEIGHT * fit + _RHYTHM_WEIGHT * float(rhythms[best]))
    score += (
        0.0
        if given.tempo_bpm
        else float(tempo_log_prior(np.array([pulse.tempo_bpm * meters[best][0].beat_quarters]))[0])
    )
    return _Candidate(pulse, meters[best][0], placed, score)


def _chances(scores: NDArray[np.float64], count: float) -> NDArray[np.float64]:
    """Chances of readings, best first; they add up to less than 1, by more the less was heard."""
    share = np.exp(_SOFTEN * (scores - scores[0]))
    return np.asarray(share / share.sum() * count / (count + _NONE_COUNT))


def _barred(
    candidate: _Candidate, onsets: Onsets, notes: Sequence[VocalNote],
    key: Key, offset: float, duration_s: float, given: Given,
) -> tuple[BeatGrid, float]:  # fmt: skip
    """A reading as a grid with its best bar line, and the share of that bar line among all."""
    meter, placed, pulse = candidate.meter, candidate.placed, candidate.pulse
    if given.downbeat_s is not None:
        first, share = round(float(pulse.position_of(np.array([given.downbeat_s]))[0])), 1.0
    else:
        scores = bar_line_scores(placed, meter, pulse, notes, key, offset)
        first = int(scores.argmax())
        share = float(1.0 / np.exp(scores - scores[first]).sum())
    sixteenths, times, weights = placed.sixteenths - STEPS_PER_BEAT * first, placed.times_s, placed.trust
    if given.downbeat_s is not None:
        sixteenths, times = np.append(sixteenths, 0), np.append(times, given.downbeat_s)
        weights = np.append(weights, _HELD)
    if not isinstance(pulse, SteadyGrid):
        weights = np.where(weights < _HELD, weights / float(placed.trust.mean()), weights)
        beat_bpm = given.tempo_bpm / meter.beat_quarters if given.tempo_bpm else None
        return build_grid(sixteenths, times, weights, meter, duration_s, beat_bpm), share
    if not len(sixteenths):
        return BeatGrid.regular(pulse.tempo_bpm * meter.beat_quarters, meter, duration_s, pulse.beat_s), share
    beat_bpm = given.tempo_bpm / meter.beat_quarters if given.tempo_bpm else None
    start, period = fit_line(Anchors(sixteenths / STEPS_PER_BEAT, times, weights), beat_bpm)
    if abs(period / pulse.period_s - 1) > 0.02:  # a few onsets pulled it away from what was searched
        start, period = pulse.beat_s + first * pulse.period_s, pulse.period_s
    downbeat = given.downbeat_s if given.downbeat_s is not None else start
    return BeatGrid.regular(
        given.tempo_bpm or 60.0 / period * meter.beat_quarters, meter, duration_s, downbeat
    ), share
