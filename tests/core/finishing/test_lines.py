"""Held notes of the lead move with the chords."""

from __future__ import annotations

from studio.core.finishing.lines import move_lines
from tests.core.finishing.bands import C, F, G, band, read

HELD, STRUCK = "----------------", "h---------------"  # h: the fifth above the tonic


def test_a_held_note_moves_to_the_nearest_tone_when_it_leaves_the_chord() -> None:
    # The fifth of C is a tone of G and none of F, whose fourth and sixth lie as near: the lower.
    view = band(3, chords=(C, G, F), lead=STRUCK + HELD + HELD)
    move_lines(view)
    assert read(view, "lead") == f"{STRUCK} {HELD} {'f' + HELD[1:]}"


def test_a_held_chord_is_struck_where_the_chord_changes_and_every_other_bar() -> None:
    view = band(4, chords=(C, G, G, G), lead="C" + HELD[1:] + HELD * 3)
    move_lines(view)
    assert read(view, "lead") == f"C{HELD[1:]} C{HELD[1:]} {HELD} C{HELD[1:]}"


def test_a_note_that_stays_for_bars_moves_to_its_neighbour_and_back() -> None:
    moved = "e" + HELD[1:]
    view = band(6, lead=STRUCK)
    move_lines(view)
    assert read(view, "lead").split() == [STRUCK, STRUCK, moved, STRUCK, moved, STRUCK]
    held = band(4, lead=STRUCK + HELD * 3)
    move_lines(held)
    assert read(held, "lead").split() == [STRUCK, HELD, moved, STRUCK]


def test_rhythms_on_one_note_and_what_was_given_stay() -> None:
    riff = band(3, lead="h-h-h-h-h-h-h-h-")
    move_lines(riff)
    assert read(riff, "lead") == " ".join(["h-h-h-h-h-h-h-h-"] * 3)
    given = band(4, lead=STRUCK)
    given.free[:] = False
    move_lines(given)
    assert read(given, "lead") == " ".join([STRUCK] * 4)
