"""From a vocal to what the generator knows of it: runs the steps in order and reports on the way.

Pitch and flux are measured, notes are cut, then tuning, key, beats, bar lines and chords are read from the notes.
Confidences of `pitch`, `notes`, `onsets` and `loudness` are explained at `_measured_confidence`; the others in the
modules that make them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from studio.analysis.chords import harmonise
from studio.analysis.key import find_key
from studio.analysis.notes import find_notes, voiced_frames
from studio.analysis.onsets import OnsetCurve, onset_curve
from studio.analysis.pitch import resample_mono, track_pitch
from studio.analysis.rhythm import find_rhythm
from studio.core.analysis import Confidence, Given, PitchTrack, Reading, VocalAnalysis, VocalNote
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.tuning import tuning_offset
from studio.dsp.loudness import integrated_lufs
from studio.dsp.resample import resample

_SHORTEST_S = 0.5
_SILENCE_PEAK = 1e-3  # -60 dBFS
_WORKING_PEAK = 0.5


def analyse(
    audio: Audio,
    given: Given | None = None,
    *,
    song: VocalAnalysis | None = None,
    on_step: StepCallback | None = None,
    cancel: CancelToken | None = None,
) -> VocalAnalysis:
    """Pitch, notes, onsets, loudness, tempo, beats, bar lines, key and a plain harmonisation of a vocal.

    Args:
        audio: any rate, any number of channels.
        given: values to keep rather than estimate; they get confidence 1.
        song: what is known of the song this was sung over, in place of `given`: its beats, key and readings stay.

    Raises:
        StudioError: too short, silent, or without a single usable sample.
        JobCancelled: soon after `cancel`.
    """
    given = song.given if song else given or Given()
    cancel = cancel or CancelToken()

    def report(stage: str, fraction: float) -> None:
        cancel.check()
        if on_step:
            on_step(Progress(stage, fraction))

    if audio.duration_s < _SHORTEST_S:
        raise StudioError(
            "Cannot analyse the vocal",
            seen=f"{audio.duration_s:.2f} seconds of audio",
            expected=f"{_SHORTEST_S} seconds or more",
            todo="Choose a longer recording",
        )
    report("pitch", 0.0)
    signal = resample_mono(audio)
    if len(signal) == 0 or float(np.abs(signal).max()) < _SILENCE_PEAK:
        raise StudioError(
            "Cannot analyse the vocal",
            seen="a silent recording",
            expected="a voice above -60 dBFS",
            todo="Check the input, its level and that the right channel was recorded",
        )
    # The tracker and the flux expect a voice near full scale; levels are reported as recorded.
    gain = float(np.clip(_WORKING_PEAK / np.abs(signal).max(), 1.0, 1000.0))
    signal = signal * np.float32(gain)
    pitch = track_pitch(signal, on_block=lambda done: report("pitch", 0.7 * done))
    pitch = replace(pitch, loudness_db=pitch.loudness_db - np.float32(20 * np.log10(gain)))
    report("notes", 0.72)
    curve = onset_curve(signal)
    notes = find_notes(pitch, curve)
    if song is not None:
        return _sung_over(song, audio, pitch, notes, curve)
    report("key", 0.8)
    key, key_confidence = find_key(notes)
    if given.key:
        key, key_confidence = given.key, 1.0
    rhythm = find_rhythm(
        notes,
        key,
        tuning_offset(notes),
        audio.duration_s,
        given,
        on_step=lambda done: report("beats", 0.8 + 0.18 * done),
    )
    grid = rhythm.grid
    if given.shift_beats:
        grid = grid.shifted(given.shift_beats, audio.duration_s)
    report("chords", 0.99)
    chords = harmonise(notes, grid, key)
    alternatives: tuple[Reading, ...] = ()
    if rhythm.other_octave and not given.shift_beats:
        other = rhythm.other_octave
        alternatives = (Reading(other, harmonise(notes, other, key), 1.0 - rhythm.tempo),)
    confidence = replace(
        _measured_confidence(pitch, notes, curve),
        tempo=rhythm.tempo,
        beats=rhythm.beats,
        downbeats=1.0 if given.shift_beats else rhythm.downbeats,
        key=key_confidence,
    )
    report("done", 1.0)
    return VocalAnalysis(
        duration_s=audio.duration_s,
        pitch=pitch,
        notes=notes,
        onsets_s=tuple(note.start_s for note in notes),
        loudness_lufs=_loudness(audio),
        grid=grid,
        key=key,
        chords=chords,
        confidence=confidence,
        given=given,
        alternatives=alternatives,
    )


def _sung_over(
    song: VocalAnalysis,
    audio: Audio,
    pitch: PitchTrack,
    notes: tuple[VocalNote, ...],
    curve: OnsetCurve,
) -> VocalAnalysis:
    """The song with another vocal: its bands were made for these beats, and the singer heard them."""
    sure = song.confidence
    return replace(
        song,
        duration_s=audio.duration_s,
        pitch=pitch,
        notes=notes,
        onsets_s=tuple(note.start_s for note in notes),
        loudness_lufs=_loudness(audio),
        chords=harmonise(notes, song.grid, song.key),
        confidence=replace(
            _measured_confidence(pitch, notes, curve),
            tempo=sure.tempo, beats=sure.beats, downbeats=sure.downbeats, key=sure.key,
        ),
        alternatives=tuple(replace(r, chords=harmonise(notes, r.grid, song.key)) for r in song.alternatives),
    )  # fmt: skip


def _loudness(audio: Audio) -> float:
    """Integrated LUFS; very high rates are brought down first, which changes nothing that is weighted."""
    samples = (
        audio.samples
        if np.isfinite(audio.samples).all()
        else np.nan_to_num(audio.samples, posinf=0.0, neginf=0.0)
    )
    clean = Audio(samples, audio.sample_rate)
    return integrated_lufs(clean if audio.sample_rate <= 48000 else resample(clean, 48000))


def _measured_confidence(pitch: PitchTrack, notes: tuple[VocalNote, ...], curve: OnsetCurve) -> Confidence:
    """Confidence in what was measured; the musical estimates are filled in by the caller.

    `pitch` is the mean confidence of the tracker over the sung frames; `notes` the length-weighted mean confidence of
    the notes (tracker confidence times steadiness of pitch), scaled by the share of sung time that became notes;
    `onsets` the share of notes with audible flux at their start, counting the rest half; `loudness` is 1.
    """
    sung = voiced_frames(pitch)
    if not notes or not sung.any():
        return Confidence(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    seconds = np.array([note.end_s - note.start_s for note in notes])
    covered = min(
        1.0, float(seconds.sum()) / (float(sung.sum()) * float(pitch.times_s[1] - pitch.times_s[0]))
    )
    note_confidence = float(np.average([note.confidence for note in notes], weights=seconds)) * covered
    heard = np.array([curve.peak_near(note.start_s, 0.02, 0.02)[1] > 0.2 for note in notes])
    return Confidence(
        pitch=float(np.mean(pitch.confidence[sung])),
        notes=note_confidence,
        onsets=float(0.5 + 0.5 * heard.mean()) * note_confidence,
        loudness=1.0,
        tempo=0.0,
        beats=0.0,
        downbeats=0.0,
        key=0.0,
    )
