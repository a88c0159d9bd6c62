"""Answers of the lead that come back: the first phrase it plays in a rest of the singer is told again later, varied.

A melody is remembered because it returns. What returns keeps its rhythm and its steps along the scale, lands on the
chord of its new place, and ends another way each time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.finishing.grid_view import GridView, nearest_tone, runs
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Key
from studio.core.score import HOLD, LEAD_CHORD, REST

#: Sixteenths of the shortest rest that is answered, and of the longest answer that is remembered.
_SHORTEST, _LONGEST = 6, 32
#: Notes that make a phrase.
_FEWEST = 3
_HEIGHTS = 24


@dataclass(frozen=True)
class Motif:
    """A phrase: (sixteenths after its rest begins, sixteenths it lasts, height above the tonic) of each note."""

    notes: tuple[tuple[int, int, int], ...]

    @property
    def steps(self) -> int:
        first, last = self.notes[0], self.notes[-1]
        return last[0] + last[1] - first[0]


def return_answers(view: GridView, *, major: bool) -> None:
    """Lets every other later answer be the first one again, at its place, where there is room for it."""
    if not view.playing["lead"]:
        return
    line = view.line("lead")
    motif: Motif | None = None
    told = 0
    for first, stop in _rests(view):
        here = _phrase(line, first, stop)
        if motif is None:
            motif = here
            continue
        begin = first + motif.notes[0][0]
        end = begin + motif.steps
        told += 1
        # The second answer is the first one again, then one of its own, and so on.
        if told % 2 == 0 or not _is_answered(line, first, stop) or end > stop:
            continue
        if view.may_write("lead", first, stop):
            _tell(view, line, motif, first, stop, major=major, turn=told // 2)
    view.write("lead", line)


def _rests(view: GridView) -> list[tuple[int, int]]:
    """Spans between two lines of the singer; those before the first and after the last are not answers."""
    spans = runs(~view.setting.sung)
    return [(a, b) for a, b in spans if a > 0 and b < view.steps and b - a >= _SHORTEST]


def _is_answered(line: NDArray[np.int64], first: int, stop: int) -> bool:
    here = line[first:stop]
    return bool((here > HOLD).any()) and LEAD_CHORD not in here


def _phrase(line: NDArray[np.int64], first: int, stop: int) -> Motif | None:
    """What the lead plays of its own within a rest; None where that is no melody."""
    if not _is_answered(line, first, stop):
        return None
    notes: list[tuple[int, int, int]] = []
    for step in range(first, stop):
        if line[step] <= HOLD:
            continue
        end = step + 1
        while end < stop and line[end] == HOLD:
            end += 1
        notes.append((step - first, end - step, int(line[step]) - 2))
    motif = Motif(tuple(notes)) if len(notes) >= _FEWEST else None
    heights = {height for _, _, height in notes}
    return motif if motif and motif.steps <= _LONGEST and len(heights) > 1 else None


def _tell(
    view: GridView, line: NDArray[np.int64], motif: Motif, first: int, stop: int, *, major: bool, turn: int
) -> None:
    """Writes the motif into a rest."""
    scale = Key(0, "major" if major else "minor").scale
    ladder = [h for h in range(_HEIGHTS) if h % 12 in scale]
    places = [_rung(ladder, height) for _, _, height in motif.notes]
    begin = motif.notes[0][0] + first
    start = nearest_tone(motif.notes[0][2], view.chord_tones(begin), 0, _HEIGHTS - 1)
    shift = _rung(ladder, start) - places[0]
    if line[first] == HOLD:
        held = first
        while held < begin and line[held] == HOLD:
            held += 1
        first = held
    line[first:stop] = REST
    count = len(motif.notes)
    for i, (at, length, _) in enumerate(motif.notes):
        step = begin + at - motif.notes[0][0]
        rung = places[i] + shift
        if i == count - 1 and turn % 2 == 0:
            # It ends the other way: up where it went down.
            rung = places[i - 1] + shift - (places[i] - places[i - 1])
        elif i == count - 2 and turn % 2 == 1:
            rung += 1 if places[i] <= places[i - 1] else -1
        while rung >= len(ladder):
            rung -= len(scale)
        while rung < 0:
            rung += len(scale)
        height = ladder[rung]
        tones = view.chord_tones(step)
        if tones and (i in (0, count - 1) or step % STEPS_PER_BEAT == 0):
            height = nearest_tone(height, tones, 0, _HEIGHTS - 1)
        line[step] = 2 + height
        line[step + 1 : min(step + length, stop)] = HOLD
    if stop < len(line) and line[stop] == HOLD:
        # What was held on from the phrase that stood here has nobody to hold it.
        end = stop
        while end < len(line) and line[end] == HOLD:
            end += 1
        if view.may_write("lead", stop, end):
            line[stop:end] = REST


def _rung(ladder: list[int], height: int) -> int:
    """The place of a height on the scale, or of the nearest below it."""
    return max((i for i, h in enumerate(ladder) if h <= height), default=0)
