"""Which stretch of a song a screen plays, and everything of the song cut down to it.

Eight to ten seconds on bar lines where the voice sings: long enough to hear a band settle, short enough that four of
them are heard in a screen's 45 s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from studio.core.analysis import PitchTrack, VocalAnalysis
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.language import tr

#: About 8 to 10 s: whole bars need a little room on either side (four bars at 96 bpm are 10 s and a hair).
SHORTEST_S, BEST_S, LONGEST_S = 7.5, 9.0, 10.5
#: What whole bars may last where none fit in between, as at 30 bpm; shorter only where the vocal is.
_ANY_SHORTEST_S, _ANY_LONGEST_S = 4.0, 14.0
#: Of the share of the phrase that is sung, what a note cut by either end costs, and an odd number of bars.
_CUT_COSTS, _ODD_COSTS = 0.1, 0.05
#: A bar line may lie so far outside the sound and still be in it.
_SLACK_S = 0.02


@dataclass(frozen=True)
class Phrase:
    """Bars of a grid: the first, and the one past the last; with their seconds in the vocal."""

    first: int
    stop: int
    start_s: float
    end_s: float

    @property
    def span_s(self) -> tuple[float, float]:
        return self.start_s, self.end_s

    @property
    def bars(self) -> int:
        return self.stop - self.first


def phrases(analysis: VocalAnalysis, most: int = 4) -> tuple[Phrase, ...]:
    """The best phrases that do not overlap, the best first; the whole of a vocal that is shorter than one.

    Raises:
        StudioError: where not even one bar is whole.
    """
    chosen: list[Phrase] = []
    for phrase in sorted(_possible(analysis), key=lambda p: (-_worth(p, analysis), p.first)):
        if all(phrase.stop <= other.first or phrase.first >= other.stop for other in chosen):
            chosen.append(phrase)
        if len(chosen) == most:
            break
    if chosen:
        # A phrase without singing is none, unless there is nothing better.
        sung = [p for p in chosen if _sung_share(p, analysis) > 0.2]
        return tuple(sung or chosen[:1])
    raise StudioError(
        tr("This vocal is too short to rate accompaniments for"),
        seen=tr("{duration_s:.1f} s without a whole bar", duration_s=analysis.duration_s),
        expected=tr("one bar or more"),
        todo=tr("Open a longer vocal, or correct tempo and bar lines"),
    )


def phrase_near(analysis: VocalAnalysis, region_s: tuple[float, float]) -> Phrase:
    """The phrase that a user means by a stretch of the song: on bar lines, of its length where that is not too long.

    Raises:
        StudioError: see `phrases`.
    """
    middle, length = sum(region_s) / 2, region_s[1] - region_s[0]
    possible = _possible(analysis, any_length=True)
    if not possible:
        return phrases(analysis)[0]
    return min(
        possible,
        key=lambda p: abs((p.start_s + p.end_s) / 2 - middle) + abs(p.end_s - p.start_s - length) / 2,
    )


def crop_vocal(vocal: Audio, phrase: Phrase) -> Audio:
    """The vocal of the phrase; where it ends with the song, perhaps a little shorter."""
    first, stop = (round(t * vocal.sample_rate) for t in phrase.span_s)
    return Audio(np.ascontiguousarray(vocal.samples[:, max(0, first) : max(0, stop)]), vocal.sample_rate)


def crop_analysis(analysis: VocalAnalysis, phrase: Phrase) -> VocalAnalysis:
    """What was heard, of the phrase alone, with times from its start: bar 0 is its first bar."""
    start, end = phrase.span_s
    length = end - start
    size = analysis.grid.meter.quarters_per_bar
    times = analysis.grid.times_s[phrase.first * size : phrase.stop * size + 1]
    notes = tuple(
        replace(n, start_s=max(0.0, n.start_s - start), end_s=min(length, n.end_s - start))
        for n in analysis.notes
        if n.end_s > start + 0.05 and n.start_s < end - 0.05
    )
    syllables = tuple(
        replace(
            s,
            onset_s=s.onset_s - start,
            start_s=max(0.0, s.start_s - start),
            end_s=min(length, s.end_s - start),
        )
        for s in analysis.syllables
        if start <= s.onset_s < end
    )
    track = analysis.pitch
    inside = (track.times_s >= start) & (track.times_s < end)
    pitch = PitchTrack(
        track.times_s[inside] - start,
        track.f0_hz[inside],
        track.confidence[inside],
        track.loudness_db[inside],
    )
    return replace(
        analysis,
        duration_s=length,
        pitch=pitch,
        notes=notes,
        onsets_s=tuple(t - start for t in analysis.onsets_s if start <= t < end),
        grid=BeatGrid(tuple(t - start for t in times), analysis.grid.meter),
        chords=analysis.chords[phrase.first : phrase.stop],
        alternatives=(),
        syllables=syllables,
    )


def _possible(analysis: VocalAnalysis, *, any_length: bool = False) -> list[Phrase]:
    """Every run of whole bars of a fitting length that lies in the sound."""
    grid = analysis.grid
    lines = list(grid.times_s[:: grid.meter.quarters_per_bar])
    inside = [
        Phrase(first, stop, lines[first], lines[stop])
        for first in range(len(lines) - 1)
        for stop in range(first + 1, len(lines))
        if lines[first] >= -_SLACK_S
        and lines[stop] <= analysis.duration_s + _SLACK_S
        and lines[stop] - lines[first] <= _ANY_LONGEST_S
    ]
    inside = [replace(phrase, start_s=max(0.0, phrase.start_s)) for phrase in inside]
    if not any_length:
        fitting = [p for p in inside if SHORTEST_S <= p.end_s - p.start_s <= LONGEST_S]
        if fitting:
            return fitting
    fitting = [p for p in inside if p.end_s - p.start_s >= _ANY_SHORTEST_S]
    if fitting and not any_length:  # as near to it as whole bars, or a short vocal, allow
        off = [abs(p.end_s - p.start_s - BEST_S) for p in fitting]
        return [p for p, by in zip(fitting, off, strict=True) if by <= min(off) + 0.1]
    if fitting:
        return fitting
    return sorted(inside, key=lambda p: p.start_s - p.end_s)[:1]


def _sung_share(phrase: Phrase, analysis: VocalAnalysis) -> float:
    start, end = phrase.span_s
    sung = sum(max(0.0, min(n.end_s, end) - max(n.start_s, start)) for n in analysis.notes)
    return min(1.0, sung / (end - start))


def _worth(phrase: Phrase, analysis: VocalAnalysis) -> float:
    """How much of it is sung, less what speaks against it."""
    start, end = phrase.span_s
    cut = sum(
        n.start_s < line - 0.1 and n.end_s > line + 0.1 for n in analysis.notes for line in phrase.span_s
    )
    odd = 0.0 if phrase.bars % 4 == 0 else _ODD_COSTS * (1 if phrase.bars % 2 == 0 else 2)
    return _sung_share(phrase, analysis) - _CUT_COSTS * cut - odd - 0.02 * abs(end - start - BEST_S)
