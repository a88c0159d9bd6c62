"""Which sixteenth of which bar each note starts on: tempo, beats and downbeats heard from the melody's rhythm alone.

A bare voice has no drum to follow, so the notes are parsed the way a listener parses them: many hypotheses of
(place in the bar, time of that place, tempo) walk from note to note. Each carries a small Kalman filter for place time
and tempo, so that a drifting singer is followed and a late note does not move the beat; each step costs what
meter_prior says of its rhythm plus how far the note is from where the hypothesis expects it. This is the switching
state-space model of Cemgil and Kappen (JAIR 18, 2003) with a beam instead of sampling: hypotheses that agree on place
and tempo are merged, the best survive.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.analysis.meter_prior import LONGEST_STEP, place_log_probability, step_log_probability
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Meter


@dataclass(frozen=True)
class TrackerSettings:
    """Widths of the timing model; seconds unless said otherwise."""

    onset_sd_s: float = 0.028
    tempo_center_bpm: float = 84.0
    tempo_sd_octaves: float = 0.3
    lowest_bpm: float = 45.0
    highest_bpm: float = 190.0
    tempo_drift: float = 0.012
    """Relative change of tempo within a quarter, standard deviation."""
    place_drift: float = 0.04
    """Wander of the beat itself within a quarter, in quarters."""
    outlier_log: float = -4.0
    """Price of a note that belongs to no place (it then moves nothing)."""
    beam: int = 700
    tempo_bin: float = 0.035
    """Hypotheses within this log tempo and on one place are the same."""


@dataclass(frozen=True, eq=False)
class Event:
    """One thing heard: a note start, or the downbeat a user gave."""

    time_s: float
    sd_s: float
    is_downbeat: bool = False


@dataclass(frozen=True, eq=False)
class Parse:
    """One reading of the rhythm.

    Attributes:
        sixteenths: int64 [N] place of each event, counted from the first event's bar line.
        log_probability: of the events under this reading and of its tempo, up to a constant.
        sixteenth_s: mean seconds a sixteenth.
    """

    meter: Meter
    sixteenths: NDArray[np.int64]
    log_probability: float
    sixteenth_s: float


@dataclass(eq=False)
class _Beam:
    """Hypotheses as columns: place in the bar, its time, seconds a sixteenth, their covariance, score."""

    place: NDArray[np.int64]
    time: NDArray[np.float64]
    tempo: NDArray[np.float64]
    var_time: NDArray[np.float64]
    cov: NDArray[np.float64]
    var_tempo: NDArray[np.float64]
    score: NDArray[np.float64]
    parent: NDArray[np.int64]
    step: NDArray[np.int64]

    def take(self, index: NDArray[np.int64]) -> _Beam:
        return _Beam(**{name: value[index] for name, value in vars(self).items()})


def tempo_log_prior(bpm: NDArray[np.float64], s: TrackerSettings) -> NDArray[np.float64]:
    """How usual a tempo is, up to a constant: normal in octaves."""
    return np.asarray(-0.5 * np.square(np.log2(bpm / s.tempo_center_bpm) / s.tempo_sd_octaves))


def _first_beam(
    event: Event,
    meter: Meter,
    tempo_bpm: float | None,
    tempo_range: tuple[float, float] | None,
    s: TrackerSettings,
) -> _Beam:
    places = meter.quarters_per_bar * STEPS_PER_BEAT
    if tempo_bpm is None:
        low, high = tempo_range or (s.lowest_bpm, s.highest_bpm)
        bpm = np.exp(np.arange(np.log(low), np.log(high) + 1e-9, s.tempo_bin))
        spread, prior = s.tempo_bin / 2, tempo_log_prior(bpm, s)
    else:
        bpm, spread, prior = np.array([tempo_bpm]), 0.002, np.zeros(1)
    place, tempo = np.meshgrid(np.arange(places), 60.0 / bpm / STEPS_PER_BEAT)
    score = prior[:, None] + place_log_probability(meter)[None, :]
    if event.is_downbeat:
        score = np.where(place == 0, score, -1e9)
    size = place.size
    return _Beam(
        place.ravel(),
        np.full(size, event.time_s),
        tempo.ravel(),
        np.full(size, event.sd_s**2),
        np.zeros(size),
        np.square(spread * tempo.ravel()),
        score.ravel(),
        np.zeros(size, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
    )


def _advance(
    beam: _Beam, event: Event, log_step: NDArray[np.float64], drift: float, s: TrackerSettings
) -> _Beam:
    """All sensible places of the next event, for every hypothesis."""
    places = len(log_step)
    expected = (event.time_s - beam.time) / beam.tempo
    if event.is_downbeat:
        bars = np.round((expected + beam.place) / places)[:, None] + np.array([-1, 0, 1])
        step = (bars * places - beam.place[:, None]).astype(np.int64)
    else:
        step = np.round(expected).astype(np.int64)[:, None] + np.array([-2, -1, 0, 1, 2])
    allowed = step >= 0
    step = np.maximum(step, 0)
    d = step.astype(np.float64)
    quarters = d / STEPS_PER_BEAT
    tempo = np.broadcast_to(beam.tempo[:, None], step.shape)
    # Predict with F = [[1, d], [0, 1]] and process noise that grows with the distance walked.
    time = beam.time[:, None] + d * tempo
    noise_tempo = np.square(drift * tempo) * quarters
    noise_time = np.square(s.place_drift * STEPS_PER_BEAT * tempo) * quarters + noise_tempo * d * d / 3
    var_time = (
        beam.var_time[:, None] + 2 * d * beam.cov[:, None] + d * d * beam.var_tempo[:, None] + noise_time
    )
    cov = beam.cov[:, None] + d * beam.var_tempo[:, None] + noise_tempo * d / 2
    var_tempo = beam.var_tempo[:, None] + noise_tempo
    # Correct with the observed time.
    innovation = event.time_s - time
    total = var_time + event.sd_s**2
    log_fit = -0.5 * (innovation**2 / total + np.log(2 * np.pi * total))
    gain_time, gain_tempo = var_time / total, cov / total
    outlier = log_fit < s.outlier_log
    log_fit = np.maximum(log_fit, s.outlier_log)
    gain_time, gain_tempo = np.where(outlier, 0.0, gain_time), np.where(outlier, 0.0, gain_tempo)
    new_tempo = tempo + gain_tempo * innovation
    place = (beam.place[:, None] + step) % places
    rhythm = log_step[beam.place[:, None], np.minimum(step, LONGEST_STEP)]
    if event.is_downbeat:
        rhythm = np.zeros_like(rhythm)
    score = beam.score[:, None] + rhythm + log_fit
    low, high = 15.0 / s.highest_bpm / 1.1, 15.0 / s.lowest_bpm * 1.1
    allowed &= (new_tempo > low) & (new_tempo < high)
    score = np.where(allowed, score, -np.inf)
    parent = np.broadcast_to(np.arange(len(beam.place))[:, None], step.shape)
    return _Beam(
        place.ravel(),
        (time + gain_time * innovation).ravel(),
        new_tempo.ravel(),
        (var_time * (1 - gain_time)).ravel(),
        (cov * (1 - gain_time)).ravel(),
        (var_tempo - gain_tempo * cov).ravel(),
        score.ravel(),
        parent.ravel(),
        step.ravel(),
    )


def _pruned(beam: _Beam, s: TrackerSettings) -> _Beam:
    """The best hypothesis of each (place, tempo), and of those the best of all."""
    order = np.argsort(-beam.score)
    order = order[np.isfinite(beam.score[order])][: 4 * s.beam]
    key = np.round(np.log(beam.tempo[order]) / s.tempo_bin).astype(np.int64) * 1000 + beam.place[order]
    _, first = np.unique(key, return_index=True)
    return beam.take(order[np.sort(first)][: s.beam])


def parse_rhythm(
    events: Sequence[Event],
    meter: Meter,
    *,
    tempo_bpm: float | None = None,
    tempo_range: tuple[float, float] | None = None,
    settings: TrackerSettings | None = None,
    on_event: Callable[[int], None] = lambda _: None,
) -> list[Parse]:
    """Readings of a rhythm in one meter, best first; the best one of each final tempo and place is kept.

    Args:
        events: in order of time, one or more.
        tempo_bpm: a tempo to hold to; None searches `tempo_range`, or all tempi.
        on_event: called with the index of each event; may raise JobCancelled.
    """
    s = settings or TrackerSettings()
    log_step = step_log_probability(meter)
    drift = s.tempo_drift if tempo_bpm is None else s.tempo_drift / 10
    beam = _pruned(_first_beam(events[0], meter, tempo_bpm, tempo_range, s), s)
    first_place = beam.place
    history: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for index, event in enumerate(events[1:], start=1):
        on_event(index)
        following = _pruned(_advance(beam, event, log_step, drift, s), s)
        if len(following.place) == 0:  # no hypothesis survives an absurd gap: carry on without this event
            history.append((np.arange(len(beam.place)), np.zeros(len(beam.place), dtype=np.int64)))
            continue
        history.append((following.parent, following.step))
        beam = following

    steps = np.zeros((len(beam.place), len(events)), dtype=np.int64)
    ancestor = np.arange(len(beam.place))
    for index in range(len(history), 0, -1):
        parent, step = history[index - 1]
        steps[:, index] = step[ancestor]
        ancestor = parent[ancestor]
    steps[:, 0] = first_place[ancestor]
    sixteenths = np.cumsum(steps, axis=1)
    walked = np.maximum(sixteenths[:, -1] - sixteenths[:, 0], 1)
    mean = np.where(walked > 1, (events[-1].time_s - events[0].time_s) / walked, beam.tempo)
    return [Parse(meter, sixteenths[i], float(beam.score[i]), float(mean[i])) for i in range(len(beam.place))]
