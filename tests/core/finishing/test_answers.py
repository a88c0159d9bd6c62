"""The lead's answer comes back, varied, on the chord of its new place."""

from __future__ import annotations

from studio.core.finishing.answers import return_answers
from tests.core.finishing.bands import C, G, band, read

# The singer rests in the second half of each bar. Heights: a tonic, c second, e third, f fourth, h fifth.
SUNG = "x-------........"
FIRST = "........e-f-h-.."
OTHER = "........h---...."


def test_the_first_answer_comes_back_on_the_chord_that_is_there() -> None:
    view = band(3, chords=(C, G, C), sung=SUNG, lead=FIRST + OTHER + "." * 16)
    return_answers(view, major=True)
    bars = read(view, "lead").split()
    assert bars[0] == FIRST
    # From a tone of G on, in the same rhythm and up the scale once; the last turns down, to a tone of G again.
    rhythm = ["x" if c.isalpha() else c for c in bars[1]]
    assert "".join(rhythm) == "........x-x-x-.."
    first, middle, last = (ord(bars[1][i]) - ord("a") for i in (8, 10, 12))
    assert first % 12 in G.pitch_classes
    assert last % 12 in G.pitch_classes
    assert 0 < middle - first <= 2
    assert last < middle
    assert bars[2] == "." * 16


def test_every_other_answer_is_one_of_its_own() -> None:
    # Five rests, of which the last is not between two lines.
    view = band(5, sung=SUNG, lead=FIRST + OTHER * 4)
    return_answers(view, major=True)
    bars = read(view, "lead").split()
    assert bars[2] == OTHER
    assert bars[1] != OTHER != bars[3]
    assert bars[1] != bars[3]
    assert bars[4] == OTHER


def test_chords_single_notes_and_what_was_given_are_no_answers_to_change() -> None:
    for lead in ("........C-C-C-.." + OTHER * 3, OTHER * 4):
        view = band(4, sung=SUNG, lead=lead)
        return_answers(view, major=True)
        assert read(view, "lead").replace(" ", "") == lead
    given = band(4, sung=SUNG, lead=FIRST + OTHER * 3)
    given.free[16:] = False
    given.free[4:8] = False
    return_answers(given, major=True)
    assert read(given, "lead").split()[1] == OTHER
