"""The beat grid of a vocal: chooses tempo, meter and bar line among the readings of its rhythm, and says how sure.

Tempo and meter are chosen by the rhythm (studio.analysis.beats) and by how usual they are, then the bar line by
rhythm and harmony (studio.analysis.bar_lines). What a user gave is not weighed but kept.

Half or double the tempo is always the hardest to tell from the rhythm; the likelier of the two stays as an alternative.

Confidences: `tempo` is the chance that the tempo is right, octave included, from how far the reading lies ahead of
its half and double (a logistic curve fitted on sung melodies with known beats); `downbeats` the share of the chosen
bar line among all bar lines (and meters) of the chosen beats; `beats` is how much closer the notes lie to the grid's
eighths and sixteenths than chance would put them, times a factor for the doubt in the tempo. All are scaled down when
there are few notes. Given values have 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.analysis.bar_lines import SHIFT, bar_line_scores
from studio.analysis.beat_grid import build_grid
from studio.analysis.beats import Event, Parse, TrackerSettings, parse_rhythm, tempo_log_prior
from studio.core.analysis import Given, VocalNote
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter

_FALLBACK_BPM = 100.0
#: How usual a meter is, before anything is heard. 6/8 and 2/4 are used only when given.
_METERS = ((Meter(4, 4), 0.65), (Meter(3, 4), 0.35))
#: Weight of a downbeat that was given, among notes of weight 1.
_HELD = 1e4
#: Readings of different tempo, and of different meter, compete as if a melody had this share of its notes:
#: neighbouring notes repeat each other's evidence.
_TEMPER, _METER_TEMPER = 0.035, 0.235
#: Notes a quarter that are usual in song: the mean of their logarithm to base 2, and its deviation.
_DENSITY, _DENSITY_SD = 0.7, 0.8
#: Chance that a tempo is right: logistic of its lead over half and double, in nats, up to the highest.
_SURE_AT_0, _SURE_SLOPE, _HIGHEST_LEAD = 0.08, 0.46, 6.0


@dataclass(frozen=True)
class Rhythm:
    """A grid, the confidence in its tempo, beats and downbeats (0 to 1), and the same rhythm an octave off."""

    grid: BeatGrid
    tempo: float
    beats: float
    downbeats: float
    other_octave: BeatGrid | None = None


@dataclass(frozen=True, eq=False)
class _Octaves:
    """The likeliest reading in one meter, its chance beside half and double, and the likelier of these.

    `evidence` is the log probability of the notes in this meter, in whichever octave they fit it best.
    """

    best: Parse
    evidence: float
    sure: float
    other: Parse | None


def _events(notes: Sequence[VocalNote], downbeat_s: float | None, s: TrackerSettings) -> list[Event]:
    events = []
    for note in notes:
        # Short or unsteady notes are often ornaments or noise: they may lie off the grid.
        doubt = (
            1.0
            + max(0.0, 0.14 - (note.end_s - note.start_s)) / 0.05
            + (1.0 - min(1.0, note.confidence)) * 0.5
        )
        events.append(Event(note.start_s, s.onset_sd_s * doubt))
    if downbeat_s is not None:
        events.append(Event(downbeat_s, 0.004, is_downbeat=True))
    return sorted(events, key=lambda event: event.time_s)


def _best_parse(
    events: Sequence[Event],
    meter: Meter,
    tempo_bpm: float | None,
    s: TrackerSettings,
    on_event: Callable[[int], None],
) -> _Octaves:
    """The likeliest reading in one meter after weighing its tempo octaves.

    Rhythm hardly tells a tempo from its double: whatever is sung can be written either way. So the octave is decided
    mostly by how usual the tempo is and how many notes there are to the quarter.
    """
    found = parse_rhythm(events, meter, tempo_bpm=tempo_bpm, settings=s, on_event=on_event)
    if tempo_bpm:
        return _Octaves(found[0], found[0].log_probability, 1.0, None)
    octaves = [found[0]]
    for factor in (0.5, 2.0):
        bpm = factor * 15.0 / found[0].sixteenth_s
        if s.lowest_bpm < bpm < s.highest_bpm:
            octaves.append(parse_rhythm(events, meter, tempo_range=(0.9 * bpm, 1.1 * bpm), settings=s)[0])
    bpm_of = 15.0 / np.array([parse.sixteenth_s for parse in octaves])
    prior = tempo_log_prior(bpm_of, s)
    span_s = max(events[-1].time_s - events[0].time_s, 1.0)
    density = np.log2(len(events) * 60.0 / span_s / bpm_of)
    score = _TEMPER * (np.array([parse.log_probability for parse in octaves]) - prior) + prior
    score -= 0.5 * np.square((density - _DENSITY) / _DENSITY_SD)
    order = np.argsort(-score)
    evidence = max(parse.log_probability for parse in octaves)
    best = int(order[0])
    if len(octaves) == 1:
        return _Octaves(octaves[0], evidence, _chance(_HIGHEST_LEAD), None)
    second = int(order[1])
    return _Octaves(octaves[best], evidence, _chance(float(score[best] - score[second])), octaves[second])


def _chance(lead: float) -> float:
    """How likely a tempo is right that is so many nats ahead of its octaves."""
    return float(1.0 / (1.0 + np.exp(-_SURE_AT_0 - _SURE_SLOPE * min(lead, _HIGHEST_LEAD))))


def _barred(
    parse: Parse, events: Sequence[Event], notes: Sequence[VocalNote],
    key: Key, offset: float, duration_s: float, given: Given,
) -> tuple[BeatGrid, float]:  # fmt: skip
    """One reading as a grid with its best bar line, and the share of that bar line among all."""
    times = np.array([event.time_s for event in events])
    weights = np.array([_HELD if event.is_downbeat else (0.028 / event.sd_s) ** 2 for event in events])
    shift, share = 0, 1.0
    if given.downbeat_s is None:
        scores = bar_line_scores(parse, parse.sixteenths, notes, key, offset)
        shift = int(scores.argmax())
        share = float(1.0 / np.exp(scores - scores[shift]).sum())
    sixteenths = parse.sixteenths - shift * SHIFT
    return build_grid(sixteenths, times, weights, parse.meter, duration_s, given.tempo_bpm), share


def _beat_confidence(grid: BeatGrid, notes: Sequence[VocalNote]) -> float:
    """How much nearer to the grid the starts are than chance, 0 to 1: the mean over its eighths and sixteenths.

    Sixteenths alone would be unjust to slow tunes, which never land on them; eighths alone cannot tell a tempo
    from its double.
    """
    position = grid.beat_of(np.array([note.start_s for note in notes]))
    gains = []
    for division in (2, 4):
        step = 60.0 / grid.tempo_bpm / division
        distance = np.abs(position * division - np.round(position * division)) * step
        # By chance a note lies a quarter of a step away on average.
        gains.append(1.0 - float(np.mean(distance)) / (0.25 * step))
    return float(np.clip(np.mean(gains), 0.0, 1.0))


def find_rhythm(
    notes: Sequence[VocalNote],
    key: Key,
    offset: float,
    duration_s: float,
    given: Given,
    *,
    on_step: Callable[[float], None] = lambda _: None,
) -> Rhythm:
    """The beat grid of the notes.

    Args:
        key, offset: of the notes (see studio.analysis.key and tuning); harmony helps to place the bar lines.
        on_step: called with the share done; may raise JobCancelled.
    """
    meters = [(given.meter, 1.0)] if given.meter else list(_METERS)
    sure_tempo = 1.0 if given.tempo_bpm else 0.0
    sure_downbeat = 1.0 if given.downbeat_s is not None else 0.0
    if given.tempo_bpm and given.downbeat_s is not None:
        grid = BeatGrid.regular(given.tempo_bpm, meters[0][0], duration_s, given.downbeat_s)
        return Rhythm(grid, 1.0, 1.0, 1.0)
    if len(notes) < 3:
        start = given.downbeat_s if given.downbeat_s is not None else (notes[0].start_s if notes else 0.0)
        grid = BeatGrid.regular(given.tempo_bpm or _FALLBACK_BPM, meters[0][0], duration_s, start)
        return Rhythm(grid, sure_tempo, 0.0, sure_downbeat)

    settings = TrackerSettings()
    events = _events(notes, given.downbeat_s, settings)
    heard: list[_Octaves] = []
    for number, (meter, _) in enumerate(meters):

        def on_event(index: int, number: int = number) -> None:
            on_step((number + index / len(events)) / len(meters))

        heard.append(_best_parse(events, meter, given.tempo_bpm, settings, on_event))
    usual = np.log([share for _, share in meters])
    score = _METER_TEMPER * np.array([octaves.evidence for octaves in heard]) + usual
    chosen = int(np.argmax(score))
    meter_share = float(1.0 / np.exp(score - score[chosen]).sum())
    octaves = heard[chosen]
    grid, shift_share = _barred(octaves.best, events, notes, key, offset, duration_s, given)
    other_grid = None
    if octaves.other is not None:
        other_grid, _ = _barred(octaves.other, events, notes, key, offset, duration_s, given)

    enough = min(1.0, len(notes) / 12.0)
    fit = _beat_confidence(grid, notes)
    tempo = enough * octaves.sure * min(1.0, 2 * fit)
    beats = enough * fit * (0.5 + 0.5 * max(sure_tempo, octaves.sure))
    downbeats = enough * shift_share * meter_share * min(1.0, 2 * fit)
    return Rhythm(grid, max(sure_tempo, tempo), beats, max(sure_downbeat, downbeats), other_grid)
