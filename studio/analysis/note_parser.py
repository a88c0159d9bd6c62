"""The beat of somebody who sings to no beat: every note is placed as a listener places it, one after the other.

Sight-singers, and singers who take their time, lengthen and shorten single notes; a smooth path of tempo runs past
them. Many hypotheses of (place in the bar, time of that place, tempo) walk from note to note instead. Each carries a
small Kalman filter for place time and tempo, so that the singer is followed and a late note does not move the beat;
each step costs what meter_prior says of its rhythm plus how far the note is from where the hypothesis expects it.
This is the switching state-space model of Cemgil and Kappen (JAIR 18, 2003) with a beam instead of sampling:
hypotheses that agree on place and tempo are merged, the best survive.

A singer who keeps a beat is heard better by studio.analysis.tempo_search, which does not need notes that stand still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.analysis.drift import Path
from studio.analysis.grid_scores import Placed
from studio.analysis.meter_prior import LONGEST_STEP, place_log_probability, step_log_probability
from studio.core.analysis import VocalNote
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Meter

#: Scatter of a clear note's start, in seconds.
_ONSET_SD_S = 0.028
_CENTRE_BPM, _TEMPO_SD_OCTAVES = 84.0, 0.3
_LOWEST_BPM, _HIGHEST_BPM = 45.0, 190.0
#: Relative change of tempo, and wander of the beat in quarters, within a quarter: standard deviations.
_TEMPO_DRIFT, _PLACE_DRIFT = 0.012, 0.04
#: Log price of a note that belongs to no place; it then moves nothing.
_OUTLIER = -4.0
_BEAM = 300
#: Hypotheses within this log tempo and on one place are the same.
_TEMPO_BIN = 0.035
#: Readings of different tempo, and of different meter, compete as if a melody had this share of its notes:
#: neighbouring notes repeat each other's evidence.
_TEMPER, _METER_TEMPER = 0.035, 0.235
#: Notes a quarter that are usual in song: the mean of their logarithm to base 2, and its deviation.
_DENSITY, _DENSITY_SD = 0.7, 0.8
#: Fewer notes make no rhythm.
FEWEST = 6


@dataclass(frozen=True, eq=False)
class Parse:
    """One reading of the rhythm.

    Attributes:
        sixteenths: int64 [N] place of each note, counted from the first one's bar line.
        log_probability: of the notes under this reading and of its tempo, up to a constant.
        sixteenth_s: mean seconds a sixteenth.
    """

    meter: Meter
    sixteenths: NDArray[np.int64]
    log_probability: float
    sixteenth_s: float

    @property
    def tempo_bpm(self) -> float:
        return 60.0 / STEPS_PER_BEAT / self.sixteenth_s


@dataclass(frozen=True, eq=False)
class Followed:
    """A singer's own beat: the path through the notes, and the notes on it."""

    path: Path
    meter: Meter
    placed: Placed


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


def follow_notes(
    notes: Sequence[VocalNote],
    meters: Sequence[tuple[Meter, float]],
    tempo_bpm: float | None,
    *,
    on_note: Callable[[], None] = lambda: None,
) -> Followed | None:
    """The beat a singer's notes make; None where they are too few or all at one moment.

    Args:
        notes: in order of time.
        meters: those that may be, with how usual each is.
        tempo_bpm: quarters a minute to stay near to; None searches them all.
        on_note: called at each note of each search; may raise JobCancelled.
    """
    if len(notes) < FEWEST:
        return None
    times = np.array([note.start_s for note in notes])
    scatter = _ONSET_SD_S * np.array([_doubt(note) for note in notes])
    found = [_best_octave(times, scatter, meter, tempo_bpm, on_note) for meter, _ in meters]
    score = [
        _METER_TEMPER * evidence + np.log(usual)
        for (_, evidence), (_, usual) in zip(found, meters, strict=True)
    ]
    parse = found[int(np.argmax(score))][0]
    sixteenths, first = np.unique(parse.sixteenths, return_index=True)
    if len(sixteenths) < 2:
        return None
    trust = np.square(_ONSET_SD_S / scatter)
    path = Path(times[first], sixteenths / STEPS_PER_BEAT)
    return Followed(path, parse.meter, Placed(times[first], sixteenths, trust[first], np.zeros(len(first))))


def _doubt(note: VocalNote) -> float:
    """Short or unsteady notes are often ornaments or noise: they may lie off the grid by so many times more."""
    short = max(0.0, 0.14 - (note.end_s - note.start_s)) / 0.05
    return 1.0 + short + 0.5 * (1.0 - min(1.0, note.confidence))


def _best_octave(
    times: NDArray[np.float64],
    scatter: NDArray[np.float64],
    meter: Meter,
    tempo_bpm: float | None,
    on_note: Callable[[], None],
) -> tuple[Parse, float]:
    """The likeliest reading in one meter after weighing its tempo octaves, and the evidence for the meter.

    Rhythm hardly tells a tempo from its double: whatever is sung can be written either way. So the octave is decided
    mostly by how usual the tempo is and how many notes there are to the quarter.
    """
    parses = [parse_notes(times, scatter, meter, tempo_bpm=tempo_bpm, on_note=on_note)]
    if tempo_bpm:
        return parses[0], parses[0].log_probability
    for factor in (0.5, 2.0):
        bpm = factor * parses[0].tempo_bpm
        if _LOWEST_BPM < bpm < _HIGHEST_BPM:
            near = (0.9 * bpm, 1.1 * bpm)
            parses.append(parse_notes(times, scatter, meter, tempo_range=near, on_note=on_note))
    bpm_of = np.array([parse.tempo_bpm for parse in parses])
    evidence = np.array([parse.log_probability for parse in parses])
    prior = _tempo_log_prior(bpm_of)
    density = np.log2(len(times) * 60.0 / max(float(times[-1] - times[0]), 1.0) / bpm_of)
    score = _TEMPER * (evidence - prior) + prior - 0.5 * np.square((density - _DENSITY) / _DENSITY_SD)
    return parses[int(score.argmax())], float(evidence.max())


def _tempo_log_prior(bpm: NDArray[np.float64]) -> NDArray[np.float64]:
    """How usual a tempo is among such singers, up to a constant: normal in octaves."""
    return np.asarray(-0.5 * np.square(np.log2(bpm / _CENTRE_BPM) / _TEMPO_SD_OCTAVES))


def parse_notes(
    times: NDArray[np.float64],
    scatter: NDArray[np.float64],
    meter: Meter,
    *,
    tempo_bpm: float | None = None,
    tempo_range: tuple[float, float] = (_LOWEST_BPM, _HIGHEST_BPM),
    on_note: Callable[[], None] = lambda: None,
) -> Parse:
    """The likeliest reading of a rhythm in one meter.

    Args:
        times: float64 [N] seconds, in order, one or more.
        scatter: float64 [N] seconds, how far each may lie off its place (standard deviation).
        tempo_bpm: a tempo to hold to; None searches `tempo_range`.
        on_note: called at each note; may raise JobCancelled.
    """
    log_step = step_log_probability(meter)
    drift = _TEMPO_DRIFT if tempo_bpm is None else _TEMPO_DRIFT / 10
    beam = _pruned(_first_beam(times[0], scatter[0], meter, tempo_bpm, tempo_range))
    first_place = beam.place
    history: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for time, sd in zip(times[1:], scatter[1:], strict=True):
        on_note()
        following = _pruned(_advance(beam, float(time), float(sd), log_step, drift))
        if len(following.place) == 0:  # no hypothesis survives an absurd gap: carry on without this note
            history.append((np.arange(len(beam.place)), np.zeros(len(beam.place), dtype=np.int64)))
            continue
        history.append((following.parent, following.step))
        beam = following

    ancestor = int(beam.score.argmax())
    score, tempo = float(beam.score[ancestor]), float(beam.tempo[ancestor])
    steps = np.zeros(len(times), dtype=np.int64)
    for index in range(len(history), 0, -1):
        parent, step = history[index - 1]
        steps[index] = step[ancestor]
        ancestor = int(parent[ancestor])
    steps[0] = first_place[ancestor]
    sixteenths = np.cumsum(steps)
    walked = int(sixteenths[-1] - sixteenths[0])
    mean = float(times[-1] - times[0]) / walked if walked > 1 else tempo
    return Parse(meter, sixteenths, score, mean)


def _first_beam(
    time: float, sd: float, meter: Meter, tempo_bpm: float | None, tempo_range: tuple[float, float]
) -> _Beam:
    places = meter.quarters_per_bar * STEPS_PER_BEAT
    if tempo_bpm is None:
        low, high = tempo_range
        bpm = np.exp(np.arange(np.log(low), np.log(high) + 1e-9, _TEMPO_BIN))
        spread, prior = _TEMPO_BIN / 2, _tempo_log_prior(bpm)
    else:
        bpm, spread, prior = np.array([tempo_bpm]), 0.002, np.zeros(1)
    place, tempo = np.meshgrid(np.arange(places), 60.0 / bpm / STEPS_PER_BEAT)
    score = prior[:, None] + place_log_probability(meter)[None, :]
    size = place.size
    return _Beam(
        place.ravel(),
        np.full(size, time),
        tempo.ravel(),
        np.full(size, sd**2),
        np.zeros(size),
        np.square(spread * tempo.ravel()),
        score.ravel(),
        np.zeros(size, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
    )


def _advance(beam: _Beam, at_s: float, sd: float, log_step: NDArray[np.float64], drift: float) -> _Beam:
    """All sensible places of the next note, for every hypothesis."""
    places = len(log_step)
    expected = (at_s - beam.time) / beam.tempo
    step = np.round(expected).astype(np.int64)[:, None] + np.array([-2, -1, 0, 1, 2])
    allowed = step >= 0
    step = np.maximum(step, 0)
    d = step.astype(np.float64)
    quarters = d / STEPS_PER_BEAT
    tempo = np.broadcast_to(beam.tempo[:, None], step.shape)
    # Predict with F = [[1, d], [0, 1]] and process noise that grows with the distance walked.
    time = beam.time[:, None] + d * tempo
    noise_tempo = np.square(drift * tempo) * quarters
    noise_time = np.square(_PLACE_DRIFT * STEPS_PER_BEAT * tempo) * quarters + noise_tempo * d * d / 3
    var_time = (
        beam.var_time[:, None] + 2 * d * beam.cov[:, None] + d * d * beam.var_tempo[:, None] + noise_time
    )
    cov = beam.cov[:, None] + d * beam.var_tempo[:, None] + noise_tempo * d / 2
    var_tempo = beam.var_tempo[:, None] + noise_tempo
    # Correct with the observed time.
    innovation = at_s - time
    total = var_time + sd**2
    log_fit = -0.5 * (innovation**2 / total + np.log(2 * np.pi * total))
    gain_time, gain_tempo = var_time / total, cov / total
    outlier = log_fit < _OUTLIER
    log_fit = np.maximum(log_fit, _OUTLIER)
    gain_time, gain_tempo = np.where(outlier, 0.0, gain_time), np.where(outlier, 0.0, gain_tempo)
    new_tempo = tempo + gain_tempo * innovation
    place = (beam.place[:, None] + step) % places
    rhythm = log_step[beam.place[:, None], np.minimum(step, LONGEST_STEP)]
    score = beam.score[:, None] + rhythm + log_fit
    low, high = 15.0 / _HIGHEST_BPM / 1.1, 15.0 / _LOWEST_BPM * 1.1
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


def _pruned(beam: _Beam) -> _Beam:
    """The best hypothesis of each (place, tempo), and of those the best of all."""
    order = np.argsort(-beam.score)
    order = order[np.isfinite(beam.score[order])][: 4 * _BEAM]
    key = np.round(np.log(beam.tempo[order]) / _TEMPO_BIN).astype(np.int64) * 1000 + beam.place[order]
    _, first = np.unique(key, return_index=True)
    return beam.take(order[np.sort(first)][:_BEAM])
