"""Where the bar lines fall among the sixteenths of a melody.

Two cues are added for each place in the bar that could be its first: how well the rhythm sits (meter_prior) and how
well the melody can be harmonised when chords change mostly on bar lines, sometimes on the half bar and seldom
elsewhere. The second is the evidence (forward algorithm) of a hidden Markov model whose chance of a new chord
depends on the place in the bar. Phrase starts, phrase ends and accents were tried and did not help on songs they
were not tuned on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.analysis.beats import Parse
from studio.analysis.chords import chord_emissions, chord_transitions, key_chords
from studio.analysis.meter_prior import LONGEST_STEP, place_log_probability, step_log_probability
from studio.core.analysis import VocalNote
from studio.core.grid import STEPS_PER_BEAT
from studio.core.music import Key

#: Bar lines are tried on eighths.
SHIFT = 2
_RHYTHM_WEIGHT, _HARMONY_WEIGHT = 0.2, 0.25
#: Chance of a new chord on the bar line, in its middle, on another quarter, anywhere else.
_CHANGE = (0.8, 0.4, 0.1, 0.005)
#: Independent draws a sung sixteenth is worth, and the longest a note counts, in sixteenths.
_SLICE_WEIGHT, _LONGEST = 0.8, 12


def bar_line_scores(
    parse: Parse, starts: NDArray[np.int64], notes: Sequence[VocalNote], key: Key, offset: float
) -> NDArray[np.float64]:
    """Log probability (up to a constant) of moving the bar lines of a reading by each eighth of a bar.

    Args:
        parse: the reading; entry s of the result moves its bar lines s * SHIFT sixteenths later.
        starts: int64 [notes] sixteenth each note starts on, counted like `parse.sixteenths`.
    """
    places = parse.meter.quarters_per_bar * STEPS_PER_BEAT
    shifts = np.arange(0, places, SHIFT)
    log_step, log_place = step_log_probability(parse.meter), place_log_probability(parse.meter)
    steps = np.minimum(np.diff(starts), LONGEST_STEP)
    place = (starts[None, :] - shifts[:, None]) % places
    rhythm = log_place[place[:, 0]] + log_step[place[:, :-1], steps].sum(axis=1)
    harmony = _harmony_evidence(
        _chroma_slices(notes, starts, parse.sixteenth_s, offset), starts[0], shifts, places, key
    )
    return np.asarray(_RHYTHM_WEIGHT * rhythm + _HARMONY_WEIGHT * harmony)


def _chroma_slices(
    notes: Sequence[VocalNote], starts: NDArray[np.int64], sixteenth_s: float, offset: float
) -> NDArray[np.float64]:
    """Which pitch class sounds in each sixteenth from the first note on, [sixteenths, 12]."""
    first = int(starts[0])
    slices = np.zeros((int(starts[-1]) - first + _LONGEST, 12))
    following = np.append(starts[1:], starts[-1] + _LONGEST)
    for note, start, until in zip(notes, starts - first, following - first, strict=True):
        length = round((note.end_s - note.start_s) / sixteenth_s)
        last = start + int(np.clip(length, 1, max(1, min(int(until - start), _LONGEST))))
        slices[start:last, round(note.pitch - offset) % 12] += 1.0
    return slices


def _harmony_evidence(
    slices: NDArray[np.float64], first: np.int64, shifts: NDArray[np.int64], places: int, key: Key
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
