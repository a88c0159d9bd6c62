"""The comp that chooses among takes: what is heard where."""

from __future__ import annotations

import dataclasses

from studio.core.takes import BASE, AudioRef, Comp, Take, choose_take, last_whole

RATE = 48000
SOUND = AudioRef("ab" * 32, "take", ".wav", RATE, 10 * RATE, 1)


def test_choosing_replaces_what_was_there_and_joins_equal_neighbours() -> None:
    comp = Comp(1000).choose(200, 600, 1).choose(400, 800, 2)
    assert comp.parts == ((0, BASE), (200, 1), (400, 2), (800, BASE))
    assert [comp.at(f) for f in (0, 199, 200, 399, 400, 799, 800, 999)] == [0, 0, 1, 1, 2, 2, 0, 0]
    assert comp.choose(200, 400, BASE).parts == ((0, BASE), (400, 2), (800, BASE))
    assert comp.choose(0, 1000, 3).parts == ((0, 3),)
    assert comp.choose(700, 700, 3) == comp


def test_a_take_is_heard_only_as_far_as_it_goes() -> None:
    take = Take(SOUND, 0, 2 * RATE, 3 * RATE)
    comp = choose_take(Comp(10 * RATE), (take,), BASE, 0, 10, RATE)
    assert comp.is_base
    comp = choose_take(comp, (take,), 1, 4.0, 9.0, RATE)
    assert comp.parts == ((0, BASE), (4 * RATE, 1), (5 * RATE, BASE))
    spans = ((4, 5), (4.5, 6), (6, 7))
    assert [comp.heard(round(a * RATE), round(b * RATE)) for a, b in spans] == [{1}, {1, BASE}, {BASE}]


def test_of_loop_takes_the_last_whole_one_is_heard() -> None:
    whole = Take(SOUND, 0, 3 * RATE, 2 * RATE)
    stump = dataclasses.replace(whole, first=6 * RATE, frames=RATE)
    takes = (whole, whole, stump)
    assert last_whole(takes, 3) == 2
    comp = choose_take(Comp(10 * RATE), takes, 2, whole.start_s, whole.end_s, RATE)
    assert comp.parts == ((0, BASE), (2 * RATE, 2), (5 * RATE, BASE))
    again = (*takes, stump)
    assert last_whole(again, 1) == 4, "the only pass of its recording is heard even so"
    comp = choose_take(comp, again, 4, stump.start_s, stump.end_s, RATE)
    assert comp.parts == ((0, BASE), (2 * RATE, 4), (3 * RATE, 2), (5 * RATE, BASE))
