"""Pitch frames into notes.

A voice slides into notes, shakes on them and jumps an octave on consonants, so a note is not where the pitch moves
but where it stays. The pitch line is fitted with a piecewise constant one whose error counts at most a little more
than a semitone a frame (a truncated L1 Potts model, solved exactly by dynamic programming): vibrato is cheaper to
leave than to follow, scoops and spikes are outliers. What remains is small: syllables repeated on one pitch are
divided at dips of level and bursts of flux, glides are handed to the note they lead to, and every start is moved
to the flux peak beside it, which is where a listener hears it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from studio.analysis.onsets import OnsetCurve
from studio.core.analysis import PitchTrack, Syllable, VocalNote


@dataclass(frozen=True)
class Segmentation:
    """Costs are in semitones times frames of 16 ms."""

    change: float = 5.5
    """Price of a new note where nothing is heard; it falls to `change_at_onset` at a clear syllable start."""
    change_at_onset: float = 1.5
    error_cap: float = 1.8
    unvoiced: float = 0.7
    """Price of calling an unvoiced frame sung; `voiced` is the price of calling a voiced frame silent."""
    voiced: float = 0.7
    gate_db: float = 25.0
    """Frames this far below the loud ones are room, breath or bleed."""
    min_note_s: float = 0.085
    glide_s: float = 0.2
    merge_semitones: float = 0.75
    """Touching notes closer than this are one wandering note, unless a syllable starts between them."""
    split_strength: float = 0.45
    split_dip_db: float = 3.7
    split_total: float = 2.6
    """How much flux and dip together (each over its scale, at most `split_cap`) make a new syllable."""
    split_cap: float = 1.7
    short_s: float = 0.18
    short_semitones: float = 1.4
    """A touching note shorter than `short_s` and within this step is an overshoot of its neighbour."""


def midi_pitch(f0_hz: NDArray[np.floating]) -> NDArray[np.float64]:
    """Fractional MIDI pitch; NaN where f0 is 0."""
    with np.errstate(divide="ignore"):
        midi = 69.0 + 12.0 * np.log2(np.asarray(f0_hz, dtype=np.float64) / 440.0)
    return np.where(np.asarray(f0_hz) > 0, midi, np.nan)


def voiced_frames(pitch: PitchTrack, gate_db: float = Segmentation.gate_db) -> NDArray[np.bool_]:
    """Frames that carry the singer: voiced, and not far below the loud frames."""
    voiced = pitch.f0_hz > 0
    if not voiced.any():
        return voiced
    loud = float(np.percentile(pitch.loudness_db[voiced], 90))
    return voiced & (pitch.loudness_db > loud - gate_db)


def _fit_levels(
    midi: NDArray[np.float64], voiced: NDArray[np.bool_], change: NDArray[np.float64], s: Segmentation
) -> NDArray[np.float64]:
    """The piecewise constant pitch of least cost, [F]; NaN where silent. `change` [F] prices a new note."""
    levels = np.arange(np.floor(midi[voiced].min()) - 0.5, np.ceil(midi[voiced].max()) + 0.75, 0.25)
    states = len(levels)  # the state after the last level is silence
    value = np.zeros(states + 1)
    came_from = np.empty((len(midi), states + 1), dtype=np.int16)
    stay = np.arange(states + 1, dtype=np.int16)
    for frame in range(len(midi)):
        best = int(np.argmin(value))
        jump = value[best] + change[frame]
        moved = jump < value
        came_from[frame] = np.where(moved, best, stay)
        value = np.where(moved, jump, value)
        if voiced[frame]:
            value[:-1] += np.minimum(np.abs(levels - midi[frame]), s.error_cap)
            value[-1] += s.voiced
        else:
            value[:-1] += s.unvoiced
        value -= value.min()
    path = np.empty(len(midi), dtype=np.int64)
    state = int(np.argmin(value))
    for frame in range(len(midi) - 1, -1, -1):
        path[frame] = state
        state = int(came_from[frame, state])
    return np.append(levels, np.nan)[path]


def _segments(line: NDArray[np.float64]) -> list[tuple[int, int]]:
    """[first, last) frames of each constant stretch that is not silent."""
    label = np.nan_to_num(line, nan=-1.0)
    edges = np.concatenate([[0], np.nonzero(np.diff(label))[0] + 1, [len(line)]])
    return [(int(a), int(b)) for a, b in itertools.pairwise(edges) if label[a] >= 0]


def _onset_evidence(time_s: float, curve: OnsetCurve, s: Segmentation) -> float:
    """Flux and dip of level around a time, each over its scale; `split_total` and more is a new syllable."""
    reach = int(0.06 / curve.hop_s)
    frame = curve.index(time_s)
    first = max(0, frame - reach)
    valley = first + int(np.argmin(curve.level_db[first : frame + reach + 1]))
    before = curve.level_db[max(0, valley - 2 * reach) : valley + 1].max()
    after = curve.level_db[valley : valley + 2 * reach + 1].max()
    dip = min(before, after) - curve.level_db[valley]
    strength = curve.strength[first : frame + reach + 1].max()
    return float(min(strength / s.split_strength, s.split_cap) + min(dip / s.split_dip_db, s.split_cap))


def _merge_wandering(
    segments: list[tuple[int, int]],
    midi: NDArray[np.float64],
    pitch: PitchTrack,
    curve: OnsetCurve,
    s: Segmentation,
) -> list[tuple[int, int]]:
    """Joins touching segments whose pitch barely differs and between which no syllable starts."""
    hop_s = float(pitch.times_s[1] - pitch.times_s[0])
    result: list[tuple[int, int]] = []
    for first, last in segments:
        if result and result[-1][1] == first:
            step = abs(np.nanmedian(midi[first:last]) - np.nanmedian(midi[result[-1][0] : first]))
            shortest = min(last - first, first - result[-1][0]) * hop_s
            limit = s.short_semitones if shortest < s.short_s else s.merge_semitones
            if step < limit and _onset_evidence(pitch.times_s[first], curve, s) < s.split_total:
                result[-1] = (result[-1][0], last)
                continue
        result.append((first, last))
    return result


def _absorb_glides(
    segments: list[tuple[int, int]], midi: NDArray[np.float64], hop_s: float, s: Segmentation
) -> list[tuple[int, int]]:
    """Hands scoops, slides and clicks to a touching note; drops them where none touches."""
    result: list[tuple[int, int]] = []
    index = 0
    pending = list(segments)
    while index < len(pending):
        first, last = pending[index]
        seconds = (last - first) * hop_s
        inside = midi[first:last]
        inside = inside[np.isfinite(inside)]
        quarter = max(1, len(inside) // 4)
        slide = abs(np.median(inside[-quarter:]) - np.median(inside[:quarter])) if len(inside) else np.inf
        is_glide = seconds < s.min_note_s or (seconds < s.glide_s and slide > 1.2)
        if not is_glide:
            result.append((first, last))
        elif index + 1 < len(pending) and pending[index + 1][0] == last:
            pending[index + 1] = (first, pending[index + 1][1])
        elif result and result[-1][1] == first:
            result[-1] = (result[-1][0], last)
        index += 1
    return result


def _split_times(start_s: float, end_s: float, curve: OnsetCurve, s: Segmentation) -> list[float]:
    """Times inside a steady pitch at which a new syllable begins."""
    low, high = curve.index(start_s + s.min_note_s), curve.index(end_s - s.min_note_s)
    reach = int(0.06 / curve.hop_s)
    times: list[float] = []
    for frame in range(low, high):
        near = curve.strength[max(0, frame - reach) : frame + reach + 1]
        is_peak = curve.strength[frame] >= max(near.max(), 0.1)
        if is_peak and _onset_evidence(frame * curve.hop_s, curve, s) >= s.split_total:
            times.append(frame * curve.hop_s)
    return times


def _refined_start(start_s: float, earliest_s: float, latest_s: float, curve: OnsetCurve) -> float:
    """The flux peak that belongs to a start, or the start itself when there is none."""
    low, high = curve.index(max(start_s - 0.07, earliest_s)), curve.index(min(start_s + 0.05, latest_s)) + 1
    if high <= low:
        return start_s
    offsets = np.arange(low, high) * curve.hop_s - start_s
    weighted = curve.strength[low:high] * np.exp(-0.5 * np.square(offsets / 0.04))
    best = int(np.argmax(weighted))
    return float(start_s + offsets[best]) if weighted[best] > 0.15 else start_s


def _unfold_octaves(
    segments: list[tuple[int, int]],
    midi: NDArray[np.float64],
    pitch: PitchTrack,
    curve: OnsetCurve,
    s: Segmentation,
) -> None:
    """Brings back stretches where the tracker slipped an octave inside a syllable; changes `midi`."""
    for (first, last), (after, end) in itertools.pairwise(segments):
        if last != after:
            continue
        step = float(np.nanmedian(midi[after:end]) - np.nanmedian(midi[first:last]))
        octaves = 12 * round(step / 12)
        quiet = _onset_evidence(float(pitch.times_s[after]), curve, s) < s.split_total
        if octaves and abs(step - octaves) < s.merge_semitones and quiet:
            midi[after:end] -= octaves


def find_notes(
    pitch: PitchTrack, curve: OnsetCurve, settings: Segmentation | None = None
) -> tuple[VocalNote, ...]:
    """The sung notes in order of time, without overlap; pitch is the true fractional pitch (no tuning removed)."""
    s = settings or Segmentation()
    voiced = voiced_frames(pitch, s.gate_db)
    if voiced.sum() < 3:
        return ()
    midi = np.where(voiced, midi_pitch(pitch.f0_hz), np.nan)
    hop_s = float(np.median(np.diff(pitch.times_s)))
    reach = round(0.03 / curve.hop_s)
    nearest = np.clip(np.round(pitch.times_s / curve.hop_s).astype(np.int64), 0, len(curve.strength) - 1)
    heard = maximum_filter1d(curve.strength, 2 * reach + 1)[nearest]
    change = s.change - (s.change - s.change_at_onset) * np.clip(heard, 0.0, 1.0)
    segments = _segments(_fit_levels(midi, voiced, change, s))
    _unfold_octaves(segments, midi, pitch, curve, s)
    segments = _merge_wandering(_absorb_glides(segments, midi, hop_s, s), midi, pitch, curve, s)

    spans: list[tuple[float, float]] = []
    for first, last in segments:
        start_s, end_s = float(pitch.times_s[first]) - hop_s / 2, float(pitch.times_s[last - 1]) + hop_s / 2
        cuts = [start_s, *_split_times(start_s, end_s, curve, s), end_s]
        spans.extend(itertools.pairwise(cuts))

    notes: list[VocalNote] = []
    for index, (start_s, end_s) in enumerate(spans):
        earliest = spans[index - 1][0] + s.min_note_s if index else 0.0
        start = _refined_start(start_s, max(0.0, earliest), end_s - s.min_note_s, curve)
        if notes and notes[-1].end_s > start:
            notes[-1] = _cut(notes[-1], start)
        # The middle of a note carries its pitch; its ends lean towards the neighbours.
        margin = min(0.06, 0.25 * (end_s - start_s))
        inside = (pitch.times_s >= start_s + margin) & (pitch.times_s <= end_s - margin) & voiced
        if not inside.any():
            inside = (pitch.times_s >= start_s - hop_s) & (pitch.times_s <= end_s + hop_s) & voiced
        if not inside.any() or end_s - start < 0.5 * s.min_note_s:
            continue
        steadiness = float(np.exp(-np.median(np.abs(midi[inside] - np.median(midi[inside]))) / 0.6))
        notes.append(
            VocalNote(
                start,
                end_s,
                float(np.median(midi[inside])),
                float(np.percentile(pitch.loudness_db[inside], 75)),
                float(np.mean(pitch.confidence[inside])) * steadiness,
            )
        )
    return tuple(notes)


def _cut(note: VocalNote, end_s: float) -> VocalNote:
    return VocalNote(note.start_s, end_s, note.pitch, note.loudness_db, note.confidence)


#: Confidence of a note that only a syllable vouches for, when its pitch stands still, and how clear it must be: on
#: sight-singing fainter ones are scoops and swells within notes.
_UNSTEADY, _CLEAR = 0.5, 0.5


def with_syllables(notes: Sequence[VocalNote], syllables: Sequence[Syllable]) -> tuple[VocalNote, ...]:
    """The notes, and one for each pitched syllable that none of them covers: what glides, is short or half spoken.

    These carry the rhythm of the tune where nothing stands still, and little weight in its harmony.
    """
    edges = [(n.start_s, n.end_s) for n in notes]
    starts = np.array([a for a, _ in edges])
    found = list(notes)
    for s in syllables:
        if s.pitch is None or s.strength < _CLEAR:
            continue
        near = int(np.searchsorted(starts, s.onset_s, side="right"))
        before = edges[near - 1][1] if near else 0.0
        after = edges[near][0] if near < len(edges) else np.inf
        start, end = max(s.onset_s, before), min(s.end_s, after)
        if end - start < 0.06 or end - start < 0.6 * (s.end_s - s.onset_s):
            continue
        wander = float(np.ptp(s.contour)) if s.contour else 0.0
        sure = _UNSTEADY * s.strength * float(np.exp(-wander / 4.0))
        found.append(VocalNote(float(start), float(end), s.pitch, s.loudness_db, max(0.05, sure)))
    return tuple(sorted(found, key=lambda n: n.start_s))
