"""Strokes of a groove -> harmony tokens that follow the chords."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.score import HOLD, REST
from studio.training.players.grooves import HARMONY_SYMBOLS
from studio.training.songs.chord_line import ChordLine

_SOFT, _VOICE1, _CHORD = (HARMONY_SYMBOLS[c] for c in "s1c")


def write_harmony(chart: Sequence[str], chords: ChordLine) -> list[int]:
    """Harmony tokens of one stroke symbol a sixteenth.

    A chord change is struck: during a hold in the manner of the latest stroke (an arpeggio begins again at
    its lowest voice), in a rest softly if the chord would otherwise pass unheard.
    """
    tokens = [REST] * len(chart)
    sounding, latest = False, _CHORD
    for t, symbol in enumerate(chart):
        beat, part = divmod(t, 4)
        if chords.roots[beat] is None:
            sounding = False
            continue
        stroke = HARMONY_SYMBOLS[symbol]
        if part == 0 and chords.changes[beat]:
            unheard = all(s in "-." for s in chart[t : 4 * chords.next_change[beat]])
            if stroke >= _VOICE1 or (stroke == HOLD and latest >= _VOICE1):
                stroke = _VOICE1
            elif stroke == HOLD:
                stroke = _SOFT if latest == _SOFT else _CHORD
            elif stroke == REST and unheard:
                stroke = _SOFT
        if stroke == HOLD and not sounding:
            stroke = REST
        sounding = stroke != REST
        if stroke > HOLD:
            latest = stroke
        tokens[t] = stroke
    return tokens
