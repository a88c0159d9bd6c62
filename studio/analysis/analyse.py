"""From a vocal to what the generator knows of it: runs the steps in order and reports on the way.

Pitch and flux are measured and cut into syllables and notes; tuning, key and chords are read from the notes, beats
and bar lines from the syllables.
Confidences of `pitch`, `notes`, `onsets` and `loudness` are explained at `_measured_confidence`; the others in the
modules that make them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from studio.analysis.chords import harmonise
from studio.analysis.heard import measure_traits, verdict
from studio.analysis.heard_chords import chroma, hear_bar_chords
from studio.analysis.key import find_key
from studio.analysis.notes import find_notes, voiced_frames, with_syllables
from studio.analysis.onsets import OnsetCurve, onset_curve
from studio.analysis.pitch import resample_mono, track_pitch
from studio.analysis.readings import Found, Rhythm, find_readings
from studio.analysis.syllables import find_syllables
from studio.analysis.tuning import find_tuning, fine_pitches
from studio.core.analysis import Confidence, Given, PitchTrack, Reading, Syllable, VocalAnalysis, VocalNote
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.language import tr
from studio.core.music import Chord
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
            tr("Cannot analyse the vocal"),
            seen=tr("{duration_s:.2f} seconds of audio", duration_s=audio.duration_s),
            expected=tr("{shortest_s} seconds or more", shortest_s=_SHORTEST_S),
            todo=tr("Choose a longer recording"),
        )
    report("pitch", 0.0)
    signal = resample_mono(audio)
    if len(signal) == 0 or float(np.abs(signal).max()) < _SILENCE_PEAK:
        raise StudioError(
            tr("Cannot analyse the vocal"),
            seen=tr("a silent recording"),
            expected=tr("a voice above -60 dBFS"),
            todo=tr("Check the input, its level and that the right channel was recorded"),
        )
    # The tracker and the flux expect a voice near full scale; levels are reported as recorded.
    gain = float(np.clip(_WORKING_PEAK / np.abs(signal).max(), 1.0, 1000.0))
    signal = signal * np.float32(gain)
    pitch = track_pitch(signal, on_block=lambda done: report("pitch", 0.7 * done))
    pitch = replace(pitch, loudness_db=pitch.loudness_db - np.float32(20 * np.log10(gain)))
    report("notes", 0.72)
    curve = onset_curve(signal)
    sung = _Sung(pitch, *_syllables_and_notes(pitch, curve), curve)
    if song is not None:
        return _sung_over(song, audio, sung)
    report("key", 0.8)
    tuning, tuning_confidence = find_tuning(fine_pitches(signal, pitch, sung.notes), given.key)
    offset = tuning / 100.0
    key, key_confidence = find_key(sung.notes, offset)
    told = given.key or (given.guide.key if given.guide else None)
    if told:
        key, key_confidence = told, 1.0
    guide = given.guide
    rhythm = (
        Rhythm((Found(guide.grid(audio.duration_s), 1.0, 1.0),), 1.0)
        if guide
        else find_readings(
            sung.syllables,
            sung.notes,
            key,
            offset,
            audio.duration_s,
            given,
            on_step=lambda done: report("beats", 0.8 + 0.18 * done),
        )
    )
    report("chords", 0.99)
    traits = measure_traits(signal, pitch, curve, sung.syllables)
    heard, heard_confidence = verdict(traits)
    sound = chroma(signal) if heard == "instrument" and traits.is_chordal else None

    def known_chords(grid: BeatGrid) -> tuple[Chord, ...]:
        """Told by the guide or heard in an instrument's sound; empty where they must be made up for the tune."""
        if guide and guide.chords:
            return guide.bar_chords(grid)
        return hear_bar_chords(sound, grid, key) if sound is not None else ()

    def reading(found: Found) -> Reading:
        grid = found.grid.shifted(given.shift_beats, audio.duration_s) if given.shift_beats else found.grid
        chords = known_chords(grid) or harmonise(sung.notes, grid, key, offset)
        return Reading(grid, chords, found.chance)

    first, *others = [reading(found) for found in rhythm.readings]
    confidence = replace(
        _measured_confidence(pitch, sung.notes, curve),
        tempo=rhythm.tempo,
        beats=first.confidence,
        downbeats=1.0 if given.shift_beats else rhythm.readings[0].downbeat * first.confidence,
        key=key_confidence,
        tuning=1.0 if given.tuning is not None else tuning_confidence,
        heard=heard_confidence,
    )
    report("done", 1.0)
    return VocalAnalysis(
        duration_s=audio.duration_s,
        pitch=pitch,
        notes=sung.notes,
        onsets_s=tuple(s.onset_s for s in sung.syllables),
        loudness_lufs=_loudness(audio),
        grid=first.grid,
        key=key,
        chords=first.chords,
        confidence=confidence,
        given=given,
        alternatives=() if given.shift_beats else tuple(others),
        syllables=sung.syllables,
        tuning_cents=tuning if given.tuning is None else given.tuning,
        heard=heard,
        chords_heard=bool(known_chords(first.grid)),
    )


@dataclass(frozen=True, eq=False)
class _Sung:
    """What was measured of a recording."""

    pitch: PitchTrack
    syllables: tuple[Syllable, ...]
    notes: tuple[VocalNote, ...]
    curve: OnsetCurve


def _syllables_and_notes(
    pitch: PitchTrack, curve: OnsetCurve
) -> tuple[tuple[Syllable, ...], tuple[VocalNote, ...]]:
    syllables = find_syllables(pitch, curve)
    return syllables, with_syllables(find_notes(pitch, curve), syllables)


def _sung_over(song: VocalAnalysis, audio: Audio, sung: _Sung) -> VocalAnalysis:
    """The song with another vocal: its bands were made for these beats, and the singer heard them."""
    sure, notes, offset = song.confidence, sung.notes, song.tuning_cents / 100.0
    return replace(
        song,
        duration_s=audio.duration_s,
        pitch=sung.pitch,
        notes=notes,
        onsets_s=tuple(s.onset_s for s in sung.syllables),
        syllables=sung.syllables,
        loudness_lufs=_loudness(audio),
        chords=song.chords if song.chords_heard else harmonise(notes, song.grid, song.key, offset),
        confidence=replace(
            _measured_confidence(sung.pitch, notes, sung.curve),
            tempo=sure.tempo, beats=sure.beats, downbeats=sure.downbeats, key=sure.key, tuning=sure.tuning,
        ),
        alternatives=tuple(
            replace(r, chords=harmonise(notes, r.grid, song.key, offset)) for r in song.alternatives
        ),
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
