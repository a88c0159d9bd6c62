"""The key of a melody from its pitch classes.

Duration-weighted pitch classes (tuning removed, each note shared between its two nearest semitones) are
scored against the key profiles of Albrecht and Shanahan (Music Perception 31, 2013): the log likelihood of the notes
under each of the 24 keys. Melodies end at home, so the last and the phrase-ending notes add evidence for a tonic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.analysis import VocalNote
from studio.core.music import Key
from studio.core.tuning import tuning_offset

_MAJOR = np.array([0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081])
_MINOR = np.array([0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052])
#: Weight of a phrase's last note as evidence for tonic, third and fifth of the key.
_END_WEIGHT = 0.5
_FLOOR = 0.01
_LONGEST_S = 1.0


def note_weights(notes: Sequence[VocalNote]) -> NDArray[np.float64]:
    """How much each note says about harmony: its seconds, up to one, times its confidence. [N]."""
    return np.array([min(n.end_s - n.start_s, _LONGEST_S) * max(n.confidence, 0.05) for n in notes])


def pitch_class_weights(
    notes: Sequence[VocalNote], offset: float, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Weight of each pitch class, float64 [12]; a note between two semitones is shared by both."""
    chroma = np.zeros(12)
    if not notes:
        return chroma
    pitch = np.array([n.pitch for n in notes]) - offset
    w = note_weights(notes) if weights is None else weights
    low = np.floor(pitch).astype(int)
    share = pitch - low
    # Sharpened: a note 20 cents off is still that note.
    share = np.clip((share - 0.5) * 2.5 + 0.5, 0.0, 1.0)
    np.add.at(chroma, low % 12, w * (1 - share))
    np.add.at(chroma, (low + 1) % 12, w * share)
    return chroma


def _phrase_ends(notes: Sequence[VocalNote]) -> list[int]:
    return [i for i, n in enumerate(notes) if i + 1 == len(notes) or notes[i + 1].start_s - n.end_s > 0.5]


def key_scores(notes: Sequence[VocalNote], offset: float | None = None) -> dict[Key, float]:
    """Log posterior of the 24 keys under a flat prior, up to a constant; `offset` is the tuning in semitones."""
    offset = tuning_offset(notes) if offset is None else offset
    weights = note_weights(notes)
    # Notes are not independent draws: a song's worth of them says as much as about 24 would.
    chroma = pitch_class_weights(notes, offset)
    chroma *= min(24.0, float(len(notes))) / max(chroma.sum(), 1e-9)
    ends = np.zeros(12)
    indices = _phrase_ends(notes)
    for place, i in enumerate(indices):
        last = place + 1 == len(indices)
        ends[round(notes[i].pitch - offset) % 12] += (2.0 if last else 1.0) * min(1.0, weights[i] / 0.3)
    ends *= min(6.0, ends.sum()) / max(ends.sum(), 1e-9)
    scores: dict[Key, float] = {}
    for mode, profile in (("major", _MAJOR), ("minor", _MINOR)):
        logs = np.log((profile + _FLOOR) / (profile + _FLOOR).sum())
        end_logs = np.log(np.array([0.45, 0, 0.08, 0.0, 0.0, 0.03, 0, 0.18, 0, 0.03, 0, 0.02]) + 0.03)
        end_logs[4 if mode == "major" else 3] = np.log(0.18)
        for tonic in range(12):
            turned = np.roll(chroma, -tonic)
            scores[Key(tonic, mode)] = float(turned @ logs + _END_WEIGHT * np.roll(ends, -tonic) @ end_logs)
    return scores


def find_key(notes: Sequence[VocalNote], offset: float | None = None) -> tuple[Key, float]:
    """The likeliest key, and its posterior probability among the 24 as confidence. No notes: C major, 0."""
    if not notes:
        return Key(0, "major"), 0.0
    scores = key_scores(notes, offset)
    best = max(scores, key=lambda key: scores[key])
    total = sum(np.exp(value - scores[best]) for value in scores.values())
    return best, float(1.0 / total)
