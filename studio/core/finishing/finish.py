"""What an arranger goes over after the band was written down: rules on the score, one after the other.

The arrangement model draws every token from what stands about it; these rules see the song as a whole. Each is
deterministic, changes nothing that was given, and leaves alone what is as it should be. Measured in docs/arranging.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import VocalAnalysis
from studio.core.finishing.answers import return_answers
from studio.core.finishing.form import announce, end_song, enter_one_by_one
from studio.core.finishing.grid_view import GridView, Setting
from studio.core.finishing.lines import move_lines
from studio.core.finishing.strokes import restore_strokes, ring_on
from studio.core.grid import STEPS_PER_BEAT
from studio.core.score import Score, repair


def setting_of(analysis: VocalAnalysis) -> Setting:
    """What the rules must know of a vocal."""
    grid = analysis.grid
    steps = grid.beats * STEPS_PER_BEAT
    sung, onsets = np.zeros(steps, dtype=bool), np.zeros(steps, dtype=bool)
    for note in analysis.notes:
        first, stop = (float(b) * STEPS_PER_BEAT for b in grid.beat_of([note.start_s, note.end_s]))
        begin = round(first)
        sung[max(0, begin) : max(0, round(stop), begin + 1)] = True
        if 0 <= begin < steps:
            onsets[begin] = True
    end = float(grid.beat_of(analysis.duration_s))
    return Setting(grid.meter.quarters_per_bar, grid.beat_s / STEPS_PER_BEAT, end, sung, onsets)


def finish(score: Score, free: NDArray[np.bool_], analysis: VocalAnalysis) -> Score:
    """The score gone over.

    Args:
        score: for every quarter of the analysis' grid.
        free: bool [L, 21], the tokens that may change: those that were drawn.
    """
    view = GridView(score, free, setting_of(analysis))
    restore_strokes(view)
    return_answers(view, major=analysis.key.mode == "major")
    move_lines(view)
    enter_one_by_one(view)
    announce(view)
    end_song(view)
    view.tokens = repair(Score(view.tokens, score.globals)).tokens
    ring_on(view)
    return Score(view.tokens, score.globals)
