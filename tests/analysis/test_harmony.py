"""Key, tuning and the proposed chords."""

from __future__ import annotations

import pytest

from studio.analysis import tuning_offset
from studio.analysis.chords import harmonise, key_chords
from studio.analysis.key import find_key
from studio.core.analysis import VocalNote
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter
from tests.analysis.singer import melody

#: A phrase in A minor with the leading note, (start beat, beats, pitch).
MINOR = (
    (0, 1, 69),
    (1, 1, 72),
    (2, 2, 76),
    (4, 1, 74),
    (5, 1, 72),
    (6, 2, 71),
    (8, 1, 69),
    (9, 1, 68),
    (10, 2, 71),
    (12, 4, 69),
)


@pytest.mark.parametrize("transpose", range(12))
def test_every_major_key_is_found(transpose: int) -> None:
    key, confidence = find_key(melody(transpose=float(transpose)))
    assert key == Key(transpose, "major")
    assert confidence > 0.5


@pytest.mark.parametrize("transpose", [0, 3, 8])
def test_minor_keys_are_found(transpose: int) -> None:
    key, _ = find_key(melody(MINOR, transpose=float(transpose)))
    assert key == Key((9 + transpose) % 12, "minor")


@pytest.mark.parametrize("cents", [-40, -15, 30, 45])
def test_a_singer_off_pitch_keeps_the_key(cents: int) -> None:
    notes = melody(transpose=cents / 100)
    assert tuning_offset(notes) == pytest.approx(cents / 100, abs=0.01)
    assert find_key(notes)[0] == Key(0, "major")


def test_no_notes_have_no_key() -> None:
    assert find_key([])[1] == 0.0


def test_bars_of_broken_triads_get_their_chords() -> None:
    triads = {Chord(0): (60, 64, 67, 64), Chord(5): (65, 69, 72, 69), Chord(7): (67, 71, 74, 71)}
    order = [Chord(0), Chord(5), Chord(7), Chord(0)]
    notes = [
        VocalNote(bar * 2.0 + beat * 0.5, bar * 2.0 + beat * 0.5 + 0.45, float(pitch))
        for bar, chord in enumerate(order)
        for beat, pitch in enumerate(triads[chord])
    ]
    grid = BeatGrid.regular(120.0, Meter(4, 4), 8.0)
    found = harmonise(notes, grid, Key(0, "major"))
    assert [chord.root for chord in found] == [0, 5, 7, 0]


def test_there_is_a_chord_for_each_bar_even_of_silence() -> None:
    grid = BeatGrid.regular(100.0, Meter(3, 4), 20.0)
    assert len(harmonise([], grid, Key(2, "minor"))) == grid.bars


@pytest.mark.parametrize("key", [Key(0, "major"), Key(9, "minor"), Key(6, "major")], ids=str)
def test_chords_are_triads_of_the_key_and_its_dominant_seventh(key: Key) -> None:
    chords, share = key_chords(key)
    assert share.sum() == pytest.approx(1.0)
    assert Chord((key.tonic + 7) % 12, "7") in chords
    for chord in chords:
        assert chord.quality in ("maj", "min", "7")
        if chord.quality != "7":
            assert set(chord.pitch_classes) <= set(key.scale)
