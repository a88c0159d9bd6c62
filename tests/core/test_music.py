"""Names of keys, chords and meters."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter, parse_pitch_class


@pytest.mark.parametrize(
    ("text", "tonic", "mode"),
    [
        ("A minor", 9, "minor"),
        ("Am", 9, "minor"),
        ("F# major", 6, "major"),
        ("Bb", 10, "major"),
        ("c min", 0, "minor"),
    ],
)
def test_keys_are_read_in_common_spellings(text: str, tonic: int, mode: str) -> None:
    assert Key.parse(text) == Key(tonic, mode)


def test_keys_spell_their_notes() -> None:
    assert str(Key(10, "major")) == "Bb major"
    assert str(Key(1, "minor")) == "C# minor"
    assert Chord(10, "min7").name(Key(5, "major")) == "Bbm7"


def test_minor_scale_holds_its_relative_major_notes() -> None:
    assert set(Key(9, "minor").scale) == set(Key(0, "major").scale)


@pytest.mark.parametrize(
    ("text", "root", "quality"),
    [
        ("Am", 9, "min"),
        ("F", 5, "maj"),
        ("F#m7", 6, "min7"),
        ("Bb7", 10, "7"),
        ("Gsus4", 7, "sus4"),
        ("C/E", 0, "maj"),
    ],
)
def test_chords_are_read(text: str, root: int, quality: str) -> None:
    assert Chord.parse(text) == Chord(root, quality)


def test_a_row_of_chords() -> None:
    assert [c.name() for c in Chord.parse_many("Am F | C G")] == ["Am", "F", "C", "G"]
    assert Chord.parse("N").pitch_classes == ()
    assert Chord(9, "min").pitch_classes == (9, 0, 4)


@pytest.mark.parametrize("text", ["H", "Cfoo", "", "am7b9x"])
def test_unreadable_chords_say_what_was_seen(text: str) -> None:
    with pytest.raises(StudioError, match="Cannot read the chord"):
        Chord.parse(text)


def test_meters() -> None:
    assert Meter.parse("6/8").quarters_per_bar == 3
    assert Meter.parse("5/4").quarters_per_bar == 5
    assert Meter.parse("5/4").groups == (Meter(3, 4), Meter(2, 4))
    assert Meter.parse("3/4").groups == (Meter(3, 4),)
    with pytest.raises(StudioError, match="4/4, 3/4"):
        Meter.parse("9/8")


def test_seven_eighths_are_counted_in_eighths() -> None:
    seven = Meter.parse("7/8")
    assert (seven.quarters_per_bar, seven.beat_quarters) == (7, 0.5)
    grid = BeatGrid.regular(100.0, seven, 21.0)
    assert np.diff(grid.downbeats_s) == pytest.approx(3.5 * 0.6)
    assert grid.tempo_bpm == pytest.approx(100.0)


def test_unreadable_key_and_pitch() -> None:
    with pytest.raises(StudioError, match="Cannot read the key"):
        Key.parse("X dur")
    with pytest.raises(ValueError, match="not a pitch name"):
        parse_pitch_class("Q")


def test_a_key_spells_what_lies_beside_its_scale_as_players_write_it() -> None:
    def chords(key: str, roots: str) -> list[str]:
        names = Key.parse(key).names
        return [names[int(root)] for root in roots.split()]

    assert chords("C", "10 3 8 6") == ["Bb", "Eb", "Ab", "F#"]
    assert chords("G", "5 3 1") == ["F", "Eb", "C#"]
    assert chords("Am", "8 10 1") == ["G#", "Bb", "C#"]
    assert chords("Dm", "1 6") == ["C#", "F#"]
    assert chords("F# major", "5 0") == ["F", "C"], "not E# and B#"
    for name in ("C", "Eb", "F#m", "Bbm", "B"):
        assert [parse_pitch_class(n) for n in Key.parse(name).names] == list(range(12))
