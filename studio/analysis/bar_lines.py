"""Where the bar lines fall among the beats of a melody.

Two cues are added for each beat that could be the first of its bar: how well the rhythm sits (meter_prior) and how
well the melody can be harmonised when chords change mostly on bar lines, sometimes on the half bar and seldom
elsewhere. The second is the evidence (forward algorithm) of a hidden Markov model whose chance of a new chord
depends on the place in the bar. Phrase starts, phrase ends and accents were tried and did not help on songs they
were not tuned on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.analysis.chords import chord_emissions, chord_transitions, key_chords
from studio.analysis.grid_scores import Placed, Pulse, rhythm_scores
from studio.core.analysis import VocalNote
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Key, Meter

_RHYTHM_WEIGHT, _HARMONY_WEIGHT = 0.2, 0.25
#: Chance of a new chord on the bar line, in its middle, on another quarter, anywhere else.
_CHANGE = (0.8, 0.4, 0.1, 0.005)
#: Independent draws a sung sixteenth is worth, and the longest a note counts, in sixteenths.
_SLICE_WEIGHT, _LONGEST = 0.8, 12


def bar_line_scores(
    placed: Placed, meter: Meter, pulse: Pulse, notes: Sequence[VocalNote], key: Key, offset: float
) -> NDArray[np.float64]:
    """Log probability (up to a constant) of a bar line on each of the first quarters of a reading, [quarters a bar].

    Args:
        placed: the onsets on the sixteenths of `pulse`; entry q puts a bar line on its beat q.
        offset: tuning of the notes in semitones.
    """
    scores = _RHYTHM_WEIGHT * rhythm_scores(placed, meter)
    if notes:
        slices, first = _chroma_slices(notes, pulse, offset)
        shifts = STEPS_PER_BEAT * np.arange(meter.quarters_per_bar)
        places = meter.quarters_per_bar * STEPS_PER_BEAT
        scores = scores + _HARMONY_WEIGHT * _harmony_evidence(slices, first, shifts, places, key)
    return np.asarray(scores)


def _chroma_slices(
    notes: Sequence[VocalNote], pulse: Pulse, offset: float
) -> tuple[NDArray[np.float64], int]:
    """Which pitch class sounds in each sixteenth, [sixteenths, 12], and the number of the first of them."""
    exact = STEPS_PER_BEAT * pulse.position_of(np.array([note.start_s for note in notes]))
    starts = np.round(exact).astype(np.int64)
    first = int(starts[0])
    slices = np.zeros((int(starts[-1]) - first + _LONGEST, 12))
    following = np.append(starts[1:], starts[-1] + _LONGEST)
    for note, start, until in zip(notes, starts - first, following - first, strict=True):
        length = round((note.end_s - note.start_s) / pulse.period_s * STEPS_PER_BEAT)
        last = start + int(np.clip(length, 1, max(1, min(int(until - start), _LONGEST))))
        slices[start:last, round(note.pitch - offset) % 12] += 1.0
    return slices, first


def _harmony_evidence(
    slices: NDArray[np.float64], first: int, shifts: NDArray[np.int64], places: int, key: Key
) -> NDArray[np.float64]:
    """log P(melody | bar lines) for each shift, [shifts]."""
    chords, common = key_chords(key)
    fit = _SLICE_WEIGHT * slices @ chord_emissions(chords, key).T
    move = np.exp(chord_transitions(chords, common))
    np.fill_diagonal(move, 0.0)
    move /= move.sum(axis=1, keepdims=True)
    change = np.full(places, _CHANGE[3])
    change[::STEPS_PER_BEAT] = _CHANGE[2]
    if places % 8 == 0:
        change[places // 2] = _CHANGE[1]
    change[0] = _CHANGE[0]
    belief = np.tile(common, (len(shifts), 1))
    evidence = np.zeros(len(shifts))
    for index in range(len(fit)):
        if index:
            chance = change[(first + index - shifts) % places][:, None]
            belief = (1 - chance) * belief + chance * (belief @ move)
        belief = belief * np.exp(fit[index])
        total = belief.sum(axis=1, keepdims=True)
        evidence += np.log(total[:, 0])
        belief /= total
    return evidence
