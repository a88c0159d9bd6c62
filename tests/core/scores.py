"""A small score with known contents, for tests of what is made from scores."""

from __future__ import annotations

import numpy as np

from studio.core.music import Chord, Key
from studio.core.score import (
    BASS_OFFSET,
    GLOBALS,
    HARMONY_STROKES,
    HOLD,
    INSTRUMENTS,
    LEAD_CHORD,
    N_COLUMNS,
    Score,
    chord_token,
    pack_drums,
)

KEY = Key(9, "minor")
CHORDS = Chord.parse_many("Am F C G")


def four_bars(**instruments: str) -> Score:
    """Am F C G in 4/4, a chord a bar: kick on 1 and 3, snare on 2 and 4, bass roots, held chords, a lead note a bar."""
    tokens = np.zeros((16, N_COLUMNS), dtype=np.int64)
    chord = HARMONY_STROKES.index("chord")
    for beat in range(16):
        tokens[beat, 0] = chord_token(CHORDS[beat // 4], KEY)
        tokens[beat, 1] = 2
        tokens[beat, 2 + beat % 2] = pack_drums(np.array([2, 0, 0, 0]))
        tokens[beat, 9:13] = [BASS_OFFSET, HOLD, HOLD, HOLD]
        tokens[beat, 13:17] = [chord, HOLD, HOLD, HOLD] if beat % 4 == 0 else [HOLD] * 4
        tokens[beat, 17:21] = [2, HOLD, 0, 0] if beat % 4 == 0 else 0
    tokens[12, 17] = LEAD_CHORD
    names = {
        "drums": "standard kit",
        "bass": "finger bass",
        "harmony": "piano",
        "lead": "flute",
    } | instruments
    globals_ = np.array([0, 1, 0, 0, 0, 0, 0])
    for stem, name in names.items():
        globals_[GLOBALS.index(stem)] = [i.name for i in INSTRUMENTS[stem]].index(name)
    return Score(tokens, globals_)


def held(*pitches: int, beats: int = 16) -> np.ndarray:
    """The salience of a vocal that sounds at these MIDI pitches all the time, [beats, 128]."""
    salience = np.zeros((beats, 128))
    salience[:, list(pitches)] = 1.0
    return salience
