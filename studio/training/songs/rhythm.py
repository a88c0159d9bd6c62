"""When the notes of our own melodies are sung: phrases of bars built from rhythmic cells, in sixteenths.

A phrase is a bar motif repeated or varied, closed by a held note and a breath; it may begin before its bar
line or late. All positions are integers, in sixteenths (`STEPS_PER_BEAT` a quarter) from the phrase's first
bar line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Meter

Cell = tuple[int, ...]

#: Weights of cells by manner of singing. A cell lists durations and fills one, two or more beats.
CELLS: dict[str, dict[Cell, float]] = {
    "even": {(4,): 8, (8,): 2.5, (2, 2): 0.4, (12,): 0.3},
    "folk": {(4,): 6, (2, 2): 4.5, (8,): 1.6, (6, 2): 1.6, (12,): 0.3, (2, 1, 1): 0.3, (3, 1): 0.4},
    "dotted": {(3, 1): 4, (6, 2): 4, (4,): 4, (2, 2): 2, (8,): 1, (1, 3): 0.6},
    "ballad": {(4,): 3, (2, 2): 4, (8,): 1.5, (6, 2): 2.5, (2, 4, 2): 1.2, (2, 6): 0.6, (2, 1, 1): 0.8, (3, 1): 0.6},
    "eighths": {(2, 2): 8, (4,): 2.2, (2, 4, 2): 2.2, (6, 2): 1, (2, 6): 0.8, (8,): 0.5, (3, 3, 2): 0.6},
    "sixteenths": {
        (2, 2): 4.5, (1, 1, 2): 2.4, (2, 1, 1): 2.8, (1, 2, 1): 1.4, (1, 1, 1, 1): 3, (3, 1): 1.2, (4,): 1.2,
        (1, 3): 0.5, (3, 3, 2): 1.2, (2, 4, 2): 0.6, (1, 2, 2, 2, 1): 0.8, (2, 2, 1, 2, 1): 0.5,
    },
    "compound": {(6,): 3, (4, 2): 5, (2, 2, 2): 6, (2, 4): 0.7, (3, 1, 2): 0.8, (12,): 0.8, (2, 2, 1, 1): 0.4},
}  # fmt: skip


@dataclass(frozen=True)
class RhythmStyle:
    """The rhythmic habits of one song.

    Attributes:
        cells: weight of each cell.
        syncopation: chance that a note on a beat comes an eighth early.
        pickup: chance that a phrase begins before its bar line.
        late: chance that a phrase begins after its downbeat.
        breath: mean silence after a phrase, in sixteenths.
        phrase_bars: bars a phrase.
        repeat: chance that a bar takes up the rhythm of the one before.
    """

    cells: dict[Cell, float]
    syncopation: float
    pickup: float
    late: float
    breath: float
    phrase_bars: int
    repeat: float
    meter: Meter

    @property
    def bar(self) -> int:
        return self.meter.quarters_per_bar * STEPS_PER_BEAT


@dataclass(frozen=True)
class PhraseRhythm:
    """Onsets and durations in sixteenths from the phrase's first bar line, in order and without overlap.

    `motif[i]` is the index of the note that note i imitates within the phrase, or -1.
    """

    onsets: tuple[int, ...]
    durations: tuple[int, ...]
    motif: tuple[int, ...]


def draw_style(rng: np.random.Generator, manner: str, meter: Meter, *, tempo_bpm: float) -> RhythmStyle:
    """Habits for a manner of singing (a key of CELLS), a little different in every song."""
    cells = {c: w * float(np.exp(rng.normal(0, 0.5))) for c, w in CELLS[manner].items()}
    popular = manner in ("eighths", "sixteenths", "ballad")
    bar_s = meter.quarters_per_bar * 60 / tempo_bpm
    long_phrase = bar_s < 1.7 or (bar_s < 2.6 and rng.random() < 0.35)
    return RhythmStyle(
        cells=cells,
        syncopation=float(rng.uniform(0, 0.5)) if popular and meter.denominator == 4 else 0.0,
        pickup=float(rng.choice([0.0, 0.4, 0.9])),
        late=float(rng.choice([0.0, 0.15, 0.6], p=[0.45, 0.3, 0.25])) if popular else 0.0,
        breath=float(rng.uniform(1, 7)) if manner != "even" else float(rng.uniform(0, 4)),
        phrase_bars=4 if long_phrase else 2,
        repeat=float(rng.uniform(0.45, 0.85)),
        meter=meter,
    )


def draw_phrase(rng: np.random.Generator, style: RhythmStyle, bars: int) -> PhraseRhythm:
    """A new phrase of so many bars. Onsets before 0 are a pickup."""
    size = style.bar
    rows: list[list[int]] = [_bar(rng, style)]
    source = [-1]
    for i in range(1, bars):
        back = int(rng.choice([i - 1, 0]))
        copy = rng.random() < style.repeat
        rows.append(rows[back] if copy else _bar(rng, style))
        source.append(back if copy else -1)
    rows[-1], last = _close(rng, style, rows[-1], only=bars == 1)
    onsets, origin = [], []
    for i, row in enumerate(rows):
        for k, onset in enumerate(row):
            onsets.append(i * size + onset)
            origin.append((source[i], k))
    first_of_bar = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    motif = [int(first_of_bar[b] + k) if b >= 0 and k < len(rows[b]) else -1 for b, k in origin]
    end = (bars - 1) * size + last
    return _enter(rng, style, onsets, motif, end)


def _bar(rng: np.random.Generator, style: RhythmStyle) -> list[int]:
    """Onsets of one bar filled with cells, some of them anticipated."""
    size, at = style.bar, 0
    beat = 6 if style.meter.denominator == 8 else 4
    onsets: list[int] = []
    cells = list(style.cells)
    weights = np.array(list(style.cells.values()))
    lengths = np.array([sum(c) for c in cells])
    while at < size:
        fit = weights * (lengths <= size - at)
        if style.meter.quarters_per_bar == 4 and at == beat:
            fit = fit * np.where(lengths > beat, 0.25, 1.0)  # rarely across the middle of the bar
        if not fit.any():
            break
        mark = np.searchsorted(np.cumsum(fit), rng.random() * fit.sum(), side="right")
        for duration in cells[int(mark)]:
            onsets.append(at)
            at += duration
    for k in range(1, len(onsets)):
        if onsets[k] % beat == 0 and rng.random() < style.syncopation and onsets[k] - onsets[k - 1] > 2:
            onsets[k] -= 2
    return onsets


def _close(
    rng: np.random.Generator, style: RhythmStyle, row: list[int], *, only: bool
) -> tuple[list[int], int]:
    """Cuts the last bar after a note that is then held; returns its onsets and where it stops sounding."""
    size, beat = style.bar, 6 if style.meter.denominator == 8 else 4
    beats = size // beat
    stop = beat * int(rng.integers(1 if only else 0, max(beats - 1, 1) + 1))
    kept = [o for o in row if o < stop]
    shift = 2 if style.syncopation > rng.random() and kept and stop - kept[-1] > 2 else 0
    kept = [*kept, stop - shift]
    breath = int(np.clip(round(rng.gamma(2.0, style.breath / 2)), 0, size - 1))
    last = max(kept[-1] + 2, min(size - breath, kept[-1] + int(rng.choice([4, 6, 8, 12, 16]))))
    return kept, min(last, size)


def _enter(
    rng: np.random.Generator, style: RhythmStyle, onsets: list[int], motif: list[int], end: int
) -> PhraseRhythm:
    """Adds a pickup or drops the first notes, and gives every note its duration."""
    chance = rng.random()
    fine = any(1 in c for c in style.cells) and rng.random() < 0.4
    if chance < style.pickup:
        step = 1 if fine and style.meter.denominator == 4 else 2
        length = (
            int(rng.choice([1, 2, 3])) * step if style.meter.denominator == 4 else int(rng.choice([2, 4, 6]))
        )
        lead = list(range(-length, 0, step)) if rng.random() < 0.7 else [-length]
        onsets, motif = lead + onsets, [-1] * len(lead) + [m if m < 0 else m + len(lead) for m in motif]
    elif rng.random() < style.late and len(onsets) > 4:
        wait = int(rng.choice([2, 4, 6, 8], p=[0.4, 0.35, 0.1, 0.15]))
        gone = sum(o < wait for o in onsets)
        if len(onsets) - gone >= 3:
            onsets, motif = onsets[gone:], [m - gone if m >= gone else -1 for m in motif[gone:]]
    stops = [*onsets[1:], max(end, onsets[-1] + 1)]
    durations = [b - a for a, b in zip(onsets, stops, strict=True)]
    # A long note in mid-phrase is sometimes left early.
    durations = [
        d - 2 if 6 <= d <= 12 and i < len(onsets) - 1 and rng.random() < 0.15 else d
        for i, d in enumerate(durations)
    ]
    return PhraseRhythm(tuple(onsets), tuple(durations), tuple(motif))
