"""The vocal encoder's output: a timbre-invariant melody on the sixteenth grid.

FastSAG hears the vocal through MERT; AnyAccomp (arXiv:2509.14052) showed that pitch and timing alone travel
better between singers and recordings. Pitch classes are relative to the tonic, so one model serves every key.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import VocalNote
from studio.core.grid import STEPS_PER_BEAT, BeatGrid
from studio.core.music import Key
from studio.core.tuning import tuning_offset

#: Features a sixteenth: 12 pitch classes, sung share, onset, height, loudness.
STEP_FEATURES = 16
#: Where among them the sung share stands.
SUNG = 12
N_MELODY = STEP_FEATURES * STEPS_PER_BEAT


def melody_features(notes: Sequence[VocalNote], grid: BeatGrid, key: Key) -> NDArray[np.float32]:
    """Melody on the grid.

    Returns:
        float32 [beats, N_MELODY], four sixteenths a row: shares of the sixteenth sung on each pitch class
        above the tonic, share sung at all, 1 for an onset nearest to this sixteenth, octaves above middle C,
        loudness in units of 20 dB above the song's median.
    """
    steps = grid.beats * STEPS_PER_BEAT
    out = np.zeros((steps, STEP_FEATURES), dtype=np.float32)
    if not notes:
        return out.reshape(grid.beats, N_MELODY)
    offset = tuning_offset(notes)
    median_db = float(np.median([n.loudness_db for n in notes]))
    for note in notes:
        start, end = (grid.beat_of([note.start_s, note.end_s]) * STEPS_PER_BEAT).tolist()
        nearest = round(start)
        if 0 <= nearest < steps:
            out[nearest, 13] = 1.0
        pitch = note.pitch - offset - key.tonic
        low = int(np.floor(pitch))
        share_high = float(pitch - low)
        for step in range(max(0, int(start)), min(steps, int(np.ceil(end)))):
            covered = min(end, step + 1) - max(start, step)
            if covered <= 0:
                continue
            row = out[step]
            row[low % 12] += covered * (1 - share_high)
            row[(low + 1) % 12] += covered * share_high
            row[SUNG] += covered
            row[14] += covered * (note.pitch - 60.0) / 12.0
            row[15] += covered * (note.loudness_db - median_db) / 20.0
    return np.clip(out, -3.0, 3.0).reshape(grid.beats, N_MELODY)
