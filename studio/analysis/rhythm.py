"""The beat grid of a vocal: chooses tempo, meter and bar line among the readings of its rhythm, and says how sure.

Tempo and meter are chosen by the rhythm (studio.analysis.beats) and by how usual they are, then the bar line by
rhythm and harmony (studio.analysis.bar_lines). What a user gave is not weighed but kept.

Confidences: `tempo` is the share of the probability of all readings that lies within 4 % of the chosen tempo;
`downbeats` the share of the chosen bar line among all bar lines (and meters) of the chosen beats; `beats` is how
much closer the notes lie to the grid's eighths and sixteenths than chance would put them, times a factor for the
doubt in the tempo. All are scaled down when there are few notes. Given values have 1.
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
_TEMPER, _METER_TEMPER = 0.1, 0.235


@dataclass(frozen=True)
class Rhythm:
    """A grid and the confidence in its tempo, beats and downbeats, 0 to 1."""

    grid: BeatGrid
    tempo: float
    beats: float
    downbeats: float


@dataclass(frozen=True, eq=False)
class _Reading:
    grid: BeatGrid
    score: float
    tempo_share: float
    shift_share: float


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
) -> tuple[Parse, float]:
    """The likeliest reading in one meter after weighing its tempo octaves, and the share of its tempo, 0 to 1.

    Rhythm hardly tells a tempo from its double: whatever is sung can be written either way. So the octave is
    decided mostly by how usual the tempo is, and the readings compete with tempered probabilities.
    """
    found = parse_rhythm(events, meter, tempo_bpm=tempo_bpm, settings=s, on_event=on_event)
    if tempo_bpm:
        return found[0], 1.0
    octaves = [found[0]]
    for factor in (0.5, 2.0):
        bpm = factor * 15.0 / found[0].sixteenth_s
        if s.lowest_bpm < bpm < s.highest_bpm:
            octaves.append(parse_rhythm(events, meter, tempo_range=(0.9 * bpm, 1.1 * bpm), settings=s)[0])
    candidates = octaves + found
    bpm_of = 15.0 / np.array([parse.sixteenth_s for parse in candidates])
    prior = tempo_log_prior(bpm_of, s)
    score = _TEMPER * (np.array([parse.log_probability for parse in candidates]) - prior) + prior
    best = int(score[: len(octaves)].argmax())
    # Of all readings of about one tempo only the best counts: how many survive in the beam means nothing.
    bins, weight = np.round(np.log(bpm_of) / 0.04).astype(int), np.exp(score - score.max())
    mass = {b: float(weight[bins == b].max()) for b in set(bins.tolist())}
    near = sum(value for b, value in mass.items() if abs(b - bins[best]) <= 1)
    return candidates[best], near / sum(mass.values())


def _reading(
    parse: Parse, tempo_share: float, usual: float, events: Sequence[Event], notes: Sequence[VocalNote],
    key: Key, offset: float, duration_s: float, given: Given,
) -> _Reading:  # fmt: skip
    """The best bar line of one reading, as a grid."""
    times = np.array([event.time_s for event in events])
    weights = np.array([_HELD if event.is_downbeat else (0.028 / event.sd_s) ** 2 for event in events])
    shift, share = 0, 1.0
    score = _METER_TEMPER * parse.log_probability + float(np.log(usual))
    if given.downbeat_s is None:
        scores = bar_line_scores(parse, parse.sixteenths, notes, key, offset)
        shift = int(scores.argmax())
        share = float(1.0 / np.exp(scores - scores[shift]).sum())
    sixteenths = parse.sixteenths - shift * SHIFT
    grid = build_grid(sixteenths, times, weights, parse.meter, duration_s, given.tempo_bpm)
    return _Reading(grid, score, tempo_share, share)


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
    readings: list[_Reading] = []
    for number, (meter, usual) in enumerate(meters):

        def on_event(index: int, number: int = number) -> None:
            on_step((number + index / len(events)) / len(meters))

        parse, sure = _best_parse(events, meter, given.tempo_bpm, settings, on_event)
        readings.append(_reading(parse, sure, usual, events, notes, key, offset, duration_s, given))
    best = max(readings, key=lambda reading: reading.score)
    others = sum(float(np.exp(r.score - best.score)) for r in readings)

    enough = min(1.0, len(notes) / 12.0)
    fit = _beat_confidence(best.grid, notes)
    tempo = enough * best.tempo_share * min(1.0, 2 * fit)
    beats = enough * fit * (0.5 + 0.5 * max(sure_tempo, best.tempo_share))
    downbeats = enough * best.shift_share / others * min(1.0, 2 * fit)
    return Rhythm(best.grid, max(sure_tempo, tempo), beats, max(sure_downbeat, downbeats))
