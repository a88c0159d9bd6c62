"""A chord line as it is typed: a typo marks one word and keeps the others; brackets are the pickup's."""

from __future__ import annotations

from studio.core.music import Chord


def test_a_typo_marks_its_word_and_keeps_the_line() -> None:
    line = "Am  Fz | C, G"
    words = Chord.parse_each(line)
    assert [word.text for word in words] == ["Am", "Fz", "C", "G"]
    assert [line[slice(*word.span)] for word in words] == ["Am", "Fz", "C", "G"]
    assert [word.chord for word in words] == [Chord(9, "min"), None, Chord(0), Chord(7)]
    assert words[1].error is not None
    assert "'Fz'" in str(words[1].error)
    assert not any(word.is_pickup for word in words)
    assert Chord.parse_each("  ") == ()


def test_brackets_at_the_start_are_for_the_pickup() -> None:
    words = Chord.parse_each("(G7) C F (C)")
    assert [word.is_pickup for word in words] == [True, False, False, False]
    assert [word.chord for word in words] == [Chord(7, "7"), Chord(0), Chord(5), Chord(0)]
    assert [word.is_pickup for word in Chord.parse_each("(D G C")] == [True, True, True]
