"""Where sung and spoken syllables begin, and what pitch each has.

A listener counts with the vowel, not with the consonant before it, so the curve that is peaked is first of all the
rise of the level between 300 and 1500 Hz, where vowels are strong and consonants, breaths and pops weak: the mean of
40 ms after a moment less the mean of 40 ms before it. On real pop voices its peaks lie nearer to the eighths of the
song than those of spectral flux do (docs/listening.md). Flux and steps of pitch are added for syllables that begin
without a rise: a nasal, a legato step. Nothing asks for a pitch that stands still or for any pitch at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from studio.analysis.notes import midi_pitch, voiced_frames
from studio.analysis.onsets import OnsetCurve
from studio.core.analysis import PitchTrack, Syllable

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class SyllableSettings:
    """Strengths are in decibels of rise; a full burst of flux is worth `flux_db`, a step of a semitone `step_db`."""

    half_s: float = 0.04
    most_db: float = 12.0
    flux_db: float = 6.0
    step_db: float = 1.0
    most_step: float = 3.0
    threshold_db: float = 5.0
    clear_db: float = 14.0
    """A peak of this much or more has strength 1; one at the threshold 0.1."""
    apart_s: float = 0.07
    gate_db: float = 30.0
    """Vowels this far below the loud ones of the recording are room, bleed or echo."""
    longest_s: float = 8.0


def rise(level: Curve, half: int) -> Curve:
    """Mean of `half` frames from each frame on, less the mean of those before it; [F] to [F]."""
    total = np.concatenate([[0.0], np.cumsum(level)])
    frame = np.arange(len(level))
    after, before = np.minimum(frame + half, len(level)), np.maximum(frame - half, 0)
    later = (total[after] - total[frame]) / np.maximum(after - frame, 1)
    earlier = (total[frame] - total[before]) / np.maximum(frame - before, 1)
    return np.asarray(np.where(before < frame, later - earlier, 0.0))


def pitch_steps(midi: Curve, frames: int = 4) -> Curve:
    """Semitones between the pitch shortly after each frame and shortly before it, 0 where either is missing."""
    padded = np.concatenate([np.full(frames + 1, np.nan), midi, np.full(frames + 1, np.nan)])
    views = np.lib.stride_tricks.sliding_window_view(padded, frames)
    count = len(midi)
    before, after = _medians(views[:count]), _medians(views[frames + 2 : frames + 2 + count])
    return np.nan_to_num(np.abs(after - before))


def _medians(rows: NDArray[np.float64]) -> Curve:
    """Median of what is finite in each row; NaN where fewer than two are."""
    ordered = np.sort(rows, axis=1)  # NaN comes last
    count = np.isfinite(rows).sum(axis=1)
    index, most = np.arange(len(rows)), rows.shape[1] - 1
    low = ordered[index, np.maximum(count - 1, 0) // 2]
    high = ordered[index, np.minimum(count // 2, most)]
    return np.where(count >= 2, (low + high) / 2, np.nan)


def find_syllables(
    pitch: PitchTrack, curve: OnsetCurve, settings: SyllableSettings | None = None
) -> tuple[Syllable, ...]:
    """The syllables of a recording in order of time, without overlap."""
    s = settings or SyllableSettings()
    vowel, hop_s = curve.vowel_db, curve.hop_s
    frames = len(vowel)
    times = np.arange(frames) * hop_s
    midi = np.where(voiced_frames(pitch), midi_pitch(pitch.f0_hz), np.nan)
    loud = float(np.percentile(vowel, 95))
    half = max(1, round(s.half_s / hop_s))
    climbs = np.clip(rise(np.maximum(vowel, loud - s.gate_db - 5.0), half), 0.0, s.most_db)
    strength = climbs + s.flux_db * gaussian_filter1d(np.minimum(curve.strength, 1.5), 3)
    if len(midi) > 1:
        steps = np.minimum(pitch_steps(midi), s.most_step)
        strength = strength + s.step_db * np.interp(times, pitch.times_s, steps)
    peaks, _ = find_peaks(strength, height=s.threshold_db, distance=max(1, round(s.apart_s / hop_s)))
    # What follows an onset must be audible: echoes and the room rise too.
    reach = round(0.12 / hop_s)
    audible = [p for p in peaks if vowel[p : p + reach].max(initial=-200.0) > loud - s.gate_db]
    result: list[Syllable] = []
    for index, peak in enumerate(audible):
        last = audible[index + 1] if index + 1 < len(audible) else frames
        result.append(_syllable(int(peak), int(last), strength, curve, loud, pitch, midi, s))
    return tuple(result)


def _syllable(
    peak: int, last: int, strength: Curve, curve: OnsetCurve, loud: float,
    pitch: PitchTrack, midi: Curve, s: SyllableSettings,
) -> Syllable:  # fmt: skip
    hop_s = curve.hop_s
    last = min(last, peak + round(s.longest_s / hop_s))
    inside = curve.vowel_db[peak:last]
    # It ends where its level has gone for good.
    sounding = np.flatnonzero(inside > max(loud - s.gate_db, float(inside.max()) - 25.0))
    end = peak + int(sounding[-1]) + 1 if len(sounding) else min(last, peak + 1)
    # The consonant before the vowel begins where the broad onset does.
    first = max(0, peak - round(0.12 / hop_s))
    flux = curve.strength[first : peak + 1]
    start = first + int(np.argmax(flux)) if flux.max() > 0.3 else peak
    onset_s, end_s = peak * hop_s, max(end * hop_s, peak * hop_s + 0.03)
    use = (pitch.times_s >= onset_s) & (pitch.times_s < end_s) & np.isfinite(midi)
    heard = midi[use]
    height: float | None = None
    contour: tuple[float, ...] = ()
    if len(heard) >= 2:
        margin = min(len(heard) // 4, 4)
        height = float(np.median(heard[margin : len(heard) - margin]))
        points = np.interp(np.linspace(0, len(heard) - 1, 5), np.arange(len(heard)), heard) - height
        contour = tuple(round(float(p), 2) for p in points)
    share = (strength[peak] - s.threshold_db) / (s.clear_db - s.threshold_db)
    return Syllable(
        onset_s=float(onset_s),
        start_s=float(min(start * hop_s, onset_s)),
        end_s=float(end_s),
        strength=float(np.clip(0.1 + 0.9 * share, 0.1, 1.0)),
        loudness_db=float(np.percentile(curve.level_db[peak : max(end, peak + 1)], 75)),
        pitch=height,
        contour=contour,
    )
