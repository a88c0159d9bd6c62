"""How far the singer's tuning lies from A = 440 Hz, and how sure that is.

Notes are points on a circle of one semitone. Their mean by length and confidence is a first answer; glides and
spoken syllables lie anywhere on the circle and pull it, so it is taken again of the notes near it, each the less the
further off it is. An offset of a quarter tone is two answers, -50 and +50: the one from -50 on is taken (the notes
round up), unless a key was given that fits the other side clearly better: then the tuning may reach to -65 or +65.

The pitch tracker itself errs by up to six cents, differently at every pitch; so each note's pitch is first read again
from the partials of its spectrum, which a quarter of a second shows to within a cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studio.analysis.key import key_scores, note_weights
from studio.analysis.pitch import ANALYSIS_RATE
from studio.core.analysis import PitchTrack, VocalNote
from studio.core.audio import Samples
from studio.core.music import Key

_WINDOW, _PARTIALS, _LOOKS = 4096, 8, 4
#: Notes this far from the mean hardly count, in semitones.
_NEAR = 0.18
#: Beyond this a given key may choose the other side.
_DOUBTFUL = 0.35
#: Notes that make a sure answer, when they agree.
_ENOUGH = 8.0
#: Below this confidence the tuning is not told.
UNSURE = 0.25


def fine_pitches(signal: Samples, pitch: PitchTrack, notes: Sequence[VocalNote]) -> tuple[VocalNote, ...]:
    """The notes with their pitch read from the partials of a float32 [T] signal at ANALYSIS_RATE.

    The tracker's error is measured on windows of the note (at most `_LOOKS`) and its median taken off.
    """
    hz_of_bin = ANALYSIS_RATE / _WINDOW
    window = np.hanning(_WINDOW)
    result = []
    for note in notes:
        inside = np.flatnonzero(
            (pitch.times_s >= note.start_s) & (pitch.times_s <= note.end_s) & (pitch.f0_hz > 0)
        )
        errors = []
        # Its ends glide.
        looks = np.unique(np.round(np.linspace(0.25, 0.8, _LOOKS) * (len(inside) - 1)).astype(np.int64))
        for frame in inside[looks] if len(inside) else inside:
            start = int(pitch.times_s[frame] * ANALYSIS_RATE) - _WINDOW // 2
            if start < 0 or start + _WINDOW > len(signal):
                continue
            level = np.log(np.abs(np.fft.rfft(signal[start : start + _WINDOW] * window)) + 1e-9)
            f0 = float(pitch.f0_hz[frame])
            off, weight = [], []
            for k in range(1, min(_PARTIALS, int(4000.0 / f0)) + 1):
                reach = max(2, round(0.025 * k * f0 / hz_of_bin))
                middle = round(k * f0 / hz_of_bin)
                peak = middle - reach + int(level[middle - reach : middle + reach + 1].argmax())
                a, b, c = level[peak - 1 : peak + 2]
                if b < a or b < c:
                    continue
                exact = (peak + 0.5 * (a - c) / min(a - 2 * b + c, -1e-9)) * hz_of_bin
                off.append(12 * np.log2(exact / (k * f0)))
                weight.append(k * np.exp(b))  # a higher partial tells the pitch more finely
            if off:
                errors.append(float(np.average(off, weights=weight)))
        result.append(replace(note, pitch=note.pitch + float(np.median(errors))) if errors else note)
    return tuple(result)


def find_tuning(notes: Sequence[VocalNote], key: Key | None = None) -> tuple[float, float]:
    """Cents above A = 440 Hz, -50 to below 50 (or to 65 either way for a given key), and confidence 0 to 1.

    (0.0, confidence) where the notes do not agree on any tuning.
    """
    if not notes:
        return 0.0, 0.0
    pitch = np.array([n.pitch for n in notes])
    weight = note_weights(notes)
    turn = np.exp(2j * np.pi * pitch)
    offset = _angle((weight * turn).sum())
    for _ in range(12):
        off = _wrapped(pitch - offset)
        near = weight * np.exp(-0.5 * np.square(off / _NEAR))
        offset = _wrapped(offset + float((near * off).sum() / max(near.sum(), 1e-9)))
    agree = float(abs((weight * turn).sum()) / max(weight.sum(), 1e-9))
    count = float(weight.sum() ** 2 / max(np.square(weight).sum(), 1e-9))
    # Notes anywhere on the circle still agree by 1 / sqrt(count) on the average.
    clear = max(0.0, agree - 1.0 / np.sqrt(max(count, 1.0))) if count > 1 else 0.0
    confidence = float(np.clip(2.0 * clear, 0.0, 1.0) * min(1.0, count / _ENOUGH))
    if confidence < UNSURE:
        return 0.0, confidence
    offset = float(offset)
    if key is not None and abs(offset) > _DOUBTFUL:
        other = offset - 1.0 if offset > 0 else offset + 1.0
        if abs(other) <= 1.0 - _DOUBTFUL and _fit(notes, key, other) > _fit(notes, key, offset) + 1.0:
            offset = other
    return 100.0 * offset, confidence


def _fit(notes: Sequence[VocalNote], key: Key, offset: float) -> float:
    return key_scores(notes, offset)[key]


def _angle(value: complex) -> float:
    return _wrapped(float(np.angle(value)) / (2 * np.pi))


def _wrapped(offset: NDArray[np.float64] | float) -> float:
    """Semitones into -0.5 to below 0.5."""
    return (offset + 0.5) % 1.0 - 0.5  # type: ignore[return-value]
