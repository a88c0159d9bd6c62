"""How hands play: in tune, as loud as asked, no stroke like the one before."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from studio.core.arrangement import Note
from studio.dsp.sampler.frets import STRINGS, fretted, power_chord
from studio.dsp.sampler.hands import Touch, play_bass, play_breath, play_keys, play_strings
from studio.dsp.sampler.samples import RATE
from studio.dsp.sampler.strokes import Recorded, Stroke, mix_strokes
from tests.dsp.sampler.recordings import hz, notes, sine_set

HANDS = {"keys": play_keys, "strings": play_strings, "bass": play_bass, "breath": play_breath}
SET = sine_set()


def _pitch_hz(sound: np.ndarray) -> float:
    """By the phase of the analytic signal over a steady second."""
    spectrum = np.fft.rfft(sound * np.hanning(len(sound)), 1 << 20)
    return float(np.argmax(np.abs(spectrum)) * RATE / (1 << 20))


def _recorded(stroke: Stroke) -> Recorded:
    assert isinstance(stroke.source, Recorded)
    return stroke.source


@pytest.mark.parametrize("hands", list(HANDS))
@pytest.mark.parametrize("pitch", [33, 46, 61, 75])
def test_notes_are_in_tune_whatever_the_recording_was(hands: str, pitch: int) -> None:
    strokes = HANDS[hands]([Note(0.1, 1.4, pitch, 90)], SET, Touch(), 1)
    steady = [replace(s, vibrato=None) for s in strokes]
    sound = mix_strokes(steady, round(0.25 * RATE), round(1.3 * RATE), 1)[0]
    assert abs(1200 * np.log2(_pitch_hz(sound) / hz(pitch))) < 3.0


@pytest.mark.parametrize("hands", list(HANDS))
def test_harder_is_louder_at_every_step(hands: str) -> None:
    levels = []
    for velocity in range(20, 128, 9):
        strokes = HANDS[hands]([Note(0.1, 0.9, 57, velocity)], SET, Touch(range_db=20.0), 1)
        levels.append(20 * np.log10(np.std(mix_strokes(strokes, 0, RATE, 1))))
    assert (np.diff(levels) > 0).all()
    assert levels[-1] - levels[1] == pytest.approx(20.0, abs=4.0)  # from 29 to 119


@pytest.mark.parametrize("hands", ["keys", "strings", "bass"])
def test_no_stroke_has_the_recording_of_the_one_before(hands: str) -> None:
    strokes = HANDS[hands](notes(*[52] * 12), SET, Touch(), 1)
    names = [_recorded(s).sample.name for s in strokes]
    assert len(names) == 12
    assert all(a != b for a, b in pairwise(names))


def test_the_same_seed_plays_the_same_and_another_does_not() -> None:
    chords = tuple(
        n
        for i in range(6)
        for n in notes(48, 52, 55, every_s=0.0)
        for n in [replace(n, start_s=i, end_s=i + 0.9)]
    )
    first, again, other = (
        mix_strokes(play_keys(chords, SET, Touch(), seed), 0, RATE, 1) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_a_strum_goes_down_then_up_within_25_ms() -> None:
    chord = (40, 47, 52, 56, 59, 64)
    strummed = [Note(t + 0.001 * k, t + 0.4, p, 80) for t in (0.5, 1.0) for k, p in enumerate(chord)]
    strokes = play_strings(strummed, SET, Touch(strum="chords"), 1)
    down, up = ([s for s in strokes if abs(s.start_s - t) < 0.1] for t in (0.5, 1.0))
    for stroke in (down, up):
        times = [s.start_s for s in stroke]
        assert 0.008 <= max(times) - min(times) <= 0.025
    pitches = [
        [round(_recorded(s).sample.pitch + _recorded(s).semitones) for s in stroke] for stroke in (down, up)
    ]  # type: ignore[operator]
    assert pitches[0] == sorted(pitches[0])
    assert pitches[1] == sorted(pitches[1], reverse=True)


def test_a_grip_is_the_chord_and_a_hand_can_take_it() -> None:
    for written in ((48, 64, 67, 72), (45, 57, 60, 64), (43, 59, 62, 67), (50, 62, 66, 69)):
        grip = fretted(written)
        assert {p % 12 for p in grip} == {p % 12 for p in written}
        assert grip[0] % 12 == written[0] % 12
        assert list(grip) == sorted(set(grip))
        first = next(i for i in range(4) if STRINGS[i] <= grip[0] <= STRINGS[i] + 12 and i + len(grip) <= 6)
        best = min(
            max((p - s for p, s in zip(grip, STRINGS[i:], strict=False) if p > s), default=0)
            - min((p - s for p, s in zip(grip, STRINGS[i:], strict=False) if p > s), default=0)
            for i in range(first, 4)
            if i + len(grip) <= 6 and all(p >= s for p, s in zip(grip, STRINGS[i:], strict=False))
        )
        assert best <= 3
    assert power_chord((64, 68, 71)) == (52, 59, 64)


def test_a_string_struck_again_stops_and_one_bass_note_ends_another() -> None:
    first, second = play_bass([Note(0.1, 1.0, 33, 90), Note(0.5, 1.0, 40, 90)], SET, Touch(), 1)
    assert first.end_s == pytest.approx(0.504)
    again = play_keys([Note(0.1, 1.0, 60, 90), Note(0.5, 1.0, 60, 90)], SET, Touch(), 1)
    assert again[0].end_s == pytest.approx(0.5)
    assert second.end_s == pytest.approx(1.0)


def test_a_muted_string_dies_away() -> None:
    def late(muted_s: float) -> float:
        strokes = play_strings([Note(0.0, 1.0, 45, 90)], SET, Touch(muted_s=muted_s), 1)
        return float(np.abs(mix_strokes(strokes, RATE // 2, RATE, 1)).max())

    assert late(0.07) < 0.01 * late(0.0)


def test_slurred_winds_leave_no_gap_and_parted_ones_do() -> None:
    slurred = play_breath(notes(60, 62, length_s=0.49), SET, Touch(), 1)
    parted = play_breath(notes(60, 62, length_s=0.3), SET, Touch(), 1)
    assert slurred[0].end_s > slurred[1].start_s
    assert slurred[1].fade_in_s > 0.02
    assert parted[0].end_s < parted[1].start_s
