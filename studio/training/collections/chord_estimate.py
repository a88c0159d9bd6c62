"""The chords an accompaniment plays: templates of pitch classes, the bass weighted, smoothed over the beats.

Per quarter each chord scores the sounding time of its tones less that of others; a Viterbi path then pays for every
change, least on a bar line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.music import QUALITIES, Chord, Meter

#: What a quality must gain over a plain triad to be chosen.
_COST = {"maj": 0.0, "min": 0.0, "7": 0.12, "maj7": 0.3, "min7": 0.22, "sus4": 0.3, "dim": 0.12}
_OTHER_TONE = 0.9
_BASS_ROOT, _BASS_TONE, _BASS_OTHER = 0.35, 0.05, -0.35
_CHANGE = (0.25, 0.5, 0.85)  # on a bar line, in its middle, elsewhere


def estimate_chords(notes: NDArray[np.float64], beats: int, meter: Meter) -> list[Chord]:
    """One chord a quarter.

    Args:
        notes: [N, 4] of start and end in quarters from a bar line, MIDI pitch, weight.
        beats: quarters to fill.

    Returns:
        `beats` chords; a quarter without notes keeps the chord before it.
    """
    profile, bass = _profiles(notes, beats)
    chords = [Chord(root, quality) for quality in QUALITIES for root in range(12)]
    templates = np.full((len(chords), 12), -_OTHER_TONE)
    bass_bonus = np.full((len(chords), 12), _BASS_OTHER)
    cost = np.array([_COST[chord.quality] for chord in chords])
    for row, chord in enumerate(chords):
        members = list(chord.pitch_classes)
        templates[row, members] = 1.0
        bass_bonus[row, members] = _BASS_TONE
        bass_bonus[row, chord.root] = _BASS_ROOT
    score = profile @ templates.T + bass @ bass_bonus.T - cost * (profile.sum(axis=1, keepdims=True) > 0)
    return [chords[k] for k in _path(score, meter)]


def _profiles(notes: NDArray[np.float64], beats: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the sounding time of each pitch class [beats, 12], and of the lowest note's [beats, 12]."""
    profile, bass = np.zeros((beats, 12)), np.zeros((beats, 12))
    lowest = np.full(beats, np.inf)
    for start, end, pitch, weight in notes:
        for beat in range(max(int(start), 0), min(int(np.ceil(end)), beats)):
            share = min(end, beat + 1) - max(start, beat)
            if share <= 0.05:
                continue
            profile[beat, int(pitch) % 12] += share * weight
            if pitch < lowest[beat] and pitch < 60:
                lowest[beat] = pitch
                bass[beat] = 0.0
                bass[beat, int(pitch) % 12] = 1.0
    total = profile.sum(axis=1, keepdims=True)
    return np.divide(profile, total, out=np.zeros_like(profile), where=total > 0), bass


def _path(score: NDArray[np.float64], meter: Meter) -> list[int]:
    beats, size = len(score), meter.quarters_per_bar
    middle = size // 2 if size % 2 == 0 else -1
    best = score[0].copy()
    back = np.zeros((beats, score.shape[1]), dtype=int)
    stay = np.arange(score.shape[1])
    for beat in range(1, beats):
        place = beat % size
        change = best.max() - (_CHANGE[0] if place == 0 else _CHANGE[1] if place == middle else _CHANGE[2])
        back[beat] = np.where(best >= change, stay, best.argmax())
        best = np.maximum(best, change) + score[beat]
    path = [int(best.argmax())]
    for beat in range(beats - 1, 0, -1):
        path.append(int(back[beat, path[-1]]))
    return path[::-1]
