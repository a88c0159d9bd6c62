"""From how a vocal was heard to what the arrangement model is told of it."""

from __future__ import annotations

import torch

from studio.core.analysis import VocalAnalysis
from studio.ml.arrangement.melody import melody_features
from studio.ml.arrangement.model import Condition, places, song_features

#: The model knows songs up to this tempo: faster beats (the eighths of 7/8) are told as this.
_FASTEST_BPM = 180.0


def condition_of(analysis: VocalAnalysis) -> Condition:
    """The condition of one vocal, B = 1."""
    grid, key = analysis.grid, analysis.key
    return Condition(
        torch.from_numpy(melody_features(analysis.notes, grid, key))[None],
        places(grid.meter, grid.beats)[None],
        song_features(min(60.0 / grid.beat_s, _FASTEST_BPM), key)[None],
    )
