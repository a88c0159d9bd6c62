"""Long notes of the lead that follow the chords: nobody holds one note for many bars while the band moves on.

Voice leading as players of strings and pads do it: a note that leaves the chord moves to the nearest that is in it, and
one that could stay for ever moves to its neighbour in the chord and back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.finishing.grid_view import GridView, nearest_tone
from studio.core.grid import STEPS_PER_BEAT
from studio.core.score import HOLD, LEAD_CHORD, REST

#: Bars after which a held chord is struck again, and a note that has not moved moves.
_LONGEST_BARS = 2
#: Shorter notes are a rhythm on one pitch, which may stay: quarters.
_SLOW = 2


def move_lines(view: GridView) -> None:
    """Leads held notes and chords of the lead from chord to chord."""
    if not view.playing["lead"]:
        return
    line = view.line("lead")
    _follow_chords(view, line)
    _leave_still_notes(view, line)
    view.write("lead", line)


def _follow_chords(view: GridView, line: NDArray[np.int64]) -> None:
    """Strikes anew what is held while the chord becomes another that it does not belong to."""
    changes = view.changes()
    sounding = REST
    struck = 0
    for step, token in enumerate(line):
        if token != HOLD:
            sounding, struck = int(token), step
            continue
        if sounding == REST:
            continue
        tones = view.chord_tones(step)
        old = step - struck >= _LONGEST_BARS * view.setting.bar * STEPS_PER_BEAT
        if not tones or not (changes[step] or (old and step % (view.setting.bar * STEPS_PER_BEAT) == 0)):
            continue
        if sounding == LEAD_CHORD:
            line[step], struck = LEAD_CHORD, step
        elif (sounding - 2) % 12 not in tones and changes[step]:
            sounding = 2 + nearest_tone(sounding - 2, tones)
            line[step], struck = sounding, step


def _leave_still_notes(view: GridView, line: NDArray[np.int64]) -> None:
    """Moves the third bar of a slow note that stays the same to its neighbour in the chord, the fifth, and so on."""
    bar = view.setting.bar * STEPS_PER_BEAT
    bars = range(0, len(line) - bar + 1, bar)
    still = 0
    before = REST
    for first in bars:
        pitch = _slow_pitch(line, first, bar)
        still = still + 1 if pitch is not None and pitch == before else 0
        before = pitch if pitch is not None else REST
        if pitch is None or still < _LONGEST_BARS or still % 2:
            continue
        tones = view.chord_tones(first)
        others = tuple(tone for tone in tones if tone != (pitch - 2) % 12)
        if not others or not view.may_write("lead", first, first + bar):
            continue
        moved = 2 + nearest_tone(pitch - 2, others)
        here = line[first : first + bar]
        here[here == pitch] = moved
        if here[0] == HOLD:
            here[0] = moved
        after = first + bar
        if after < len(line) and line[after] == HOLD:
            line[after] = pitch


def _slow_pitch(line: NDArray[np.int64], first: int, bar: int) -> int | None:
    """The one token that sounds through a bar in notes of _SLOW quarters or more; None where more happens."""
    here = line[first : first + bar]
    begun = np.flatnonzero(here != HOLD)
    if (here == REST).any():
        return None
    sounding = line[:first][line[:first] != HOLD]
    pitches = {int(here[i]) for i in begun}
    if here[0] == HOLD:
        if not len(sounding) or sounding[-1] == REST:
            return None
        pitches.add(int(sounding[-1]))
    lengths = np.diff(np.append(begun, bar))
    if (
        len(pitches) != 1
        or LEAD_CHORD in pitches
        or (len(lengths) and lengths.min() < _SLOW * STEPS_PER_BEAT)
    ):
        return None
    return pitches.pop()
