"""Notes from pitch: vibrato, scoops, repeated syllables, legato and a tracker that slips an octave."""

from __future__ import annotations

import numpy as np
import pytest

from studio.analysis.notes import find_notes, midi_pitch
from studio.analysis.onsets import OnsetCurve, onset_curve
from studio.analysis.pitch import resample_mono, track_pitch
from studio.core.analysis import PitchTrack, VocalNote
from tests.analysis.singer import sing

HOP_S = 0.016


def _heard(notes: list[VocalNote], **how: float) -> tuple[VocalNote, ...]:
    signal = resample_mono(sing(notes, **how))
    return find_notes(track_pitch(signal), onset_curve(signal))


def _track(midi: list[float]) -> tuple[PitchTrack, OnsetCurve]:
    """A pitch line without any audible onset; 0 is silence."""
    values = np.array(midi)
    times = np.arange(len(values)) * HOP_S
    f0 = np.where(values > 0, 440 * 2 ** ((values - 69) / 12), 0).astype(np.float32)
    level = np.where(values > 0, -20.0, -80.0)
    track = PitchTrack(times, f0, (values > 0).astype(np.float32), level.astype(np.float32))
    frames = int(len(values) * HOP_S / 0.005)
    return track, OnsetCurve(np.zeros(frames), *[np.interp(np.arange(frames) * 0.005, times, level)] * 2)


def test_wide_vibrato_is_one_note() -> None:
    (note,) = _heard([VocalNote(0.3, 2.0, 62.3)], vibrato=0.8)
    assert note.pitch == pytest.approx(62.3, abs=0.15)


def test_a_scoop_belongs_to_its_note() -> None:
    (note,) = _heard([VocalNote(0.3, 1.2, 64.0)], scoop=3.0)
    assert note.start_s == pytest.approx(0.3, abs=0.03)
    assert note.pitch == pytest.approx(64.0, abs=0.15)


def test_syllables_repeated_on_one_pitch_are_parted() -> None:
    sung = [VocalNote(0.3 + 0.4 * i, 0.3 + 0.4 * i + 0.37, 60.0) for i in range(4)]
    heard = _heard(sung)
    assert [note.start_s for note in heard] == pytest.approx([note.start_s for note in sung], abs=0.03)


def test_legato_steps_are_parted_at_the_step() -> None:
    track, curve = _track([0.0] * 10 + [60.0] * 30 + [62.0] * 30 + [64.0] * 30 + [0.0] * 10)
    notes = find_notes(track, curve)
    assert [round(note.pitch) for note in notes] == [60, 62, 64]
    assert notes[1].start_s == pytest.approx(40 * HOP_S, abs=HOP_S)


def test_an_octave_slip_inside_a_syllable_is_undone() -> None:
    track, curve = _track([60.0] * 30 + [72.0] * 12 + [60.0] * 30)
    (note,) = find_notes(track, curve)
    assert note.pitch == pytest.approx(60.0, abs=0.05)


def test_fractional_pitch_is_kept() -> None:
    track, curve = _track([57.37] * 40)
    (note,) = find_notes(track, curve)
    assert note.pitch == pytest.approx(57.37, abs=0.01)


def test_a_click_is_no_note() -> None:
    track, curve = _track([0.0] * 20 + [70.0] * 3 + [0.0] * 20)
    assert find_notes(track, curve) == ()


def test_midi_pitch_of_silence_is_not_a_number() -> None:
    assert midi_pitch(np.array([440.0]))[0] == pytest.approx(69.0)
    assert np.isnan(midi_pitch(np.array([0.0]))[0])
