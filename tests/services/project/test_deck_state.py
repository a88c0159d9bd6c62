"""What a listener said is kept, read back and never costs a candidate."""

from __future__ import annotations

import json
import random

import pytest
from studio.services.project.deck_state import (
    DeckState,
    blind_label,
    blind_order,
    deck_from_json,
    match_gain,
)


def test_remarks_are_changed_field_by_field() -> None:
    state = (
        DeckState().with_remark(2, favourite=True).with_remark(2, note="the bridge!").with_remark(1, stars=4)
    )
    assert state.remark(2) == Opinion(favourite=True, note="the bridge!")
    assert state.remark(1).stars == 4
    assert state.remark(3) == Opinion()
    assert state.with_pick(2).picked == 2
    assert state.with_pick(2).with_pick(2).picked is None
    assert state.with_pick(2).with_pick(1).picked == 1


def test_poor_fits_are_hidden_unless_heard_picked_liked_or_asked_for() -> None:
    numbers, poor = range(1, 9), {1, 2, 3, 4, 5, 6}
    state = (
        DeckState(picked=2)
        .with_remark(3, favourite=True)
        .with_remark(4, stars=1)
        .with_remark(5, hidden=False)
    )
    assert state.hidden(poor, numbers, keep=1) == {6}
    assert state.hidden(poor, numbers) == {1, 6}
    state = state.with_remark(7, hidden=True).with_remark(3, hidden=True)
    assert state.hidden(poor, numbers, keep=7) == {1, 3, 6, 7}


def test_a_state_is_read_back_for_the_candidates_there_are() -> None:
    state = (
        DeckState(3)
        .with_remark(1, hidden=True, note="ä")
        .with_remark(2, hidden=False)
        .with_remark(3, stars=5)
    )
    state = state.with_remark(4, favourite=True).with_remark(4, favourite=False)
    content = json.loads(json.dumps(state.to_json()))
    assert "4" not in content["remarks"]
    read = deck_from_json(content, {1, 2, 3, 4})
    assert read.picked == 3
    assert [read.remark(n) for n in range(1, 5)] == [state.remark(n) for n in range(1, 5)]
    assert deck_from_json(content, {1, 2}).picked is None
    assert deck_from_json(content, {2}).remarks.keys() == {2}


@pytest.mark.parametrize("content", [{}, {"picked": "x", "remarks": [1]}, {"remarks": {"1": 7}}])
def test_a_damaged_state_is_an_empty_one(content: dict[str, object]) -> None:
    assert deck_from_json(content, {1, 2}) == DeckState()
    assert deck_from_json({"remarks": {"1": {"stars": 99, "hidden": "no"}}}, {1}).remark(1) == Opinion(
        stars=5
    )


def test_a_blind_order_holds_everyone_and_is_another_one() -> None:
    orders = {blind_order((1, 2, 3), random.Random(seed)) for seed in range(60)}
    assert len(orders) == 5  # all but the one they stand in
    assert all(sorted(order) == [1, 2, 3] for order in orders)
    assert blind_order((4,), random.Random(0)) == (4,)
    assert [blind_label(n) for n in (0, 1, 25, 26, 27)] == ["A", "B", "Z", "AA", "AB"]


def test_matched_bands_are_equally_loud_and_silence_stays() -> None:
    gains = {band: match_gain(band, -18.0) for band in (-25.0, -19.0, -12.0)}
    assert gains[-19.0] == pytest.approx(1.0)
    assert gains[-25.0] == pytest.approx(10 ** (6 / 20))
    assert gains[-12.0] == pytest.approx(10 ** (-7 / 20))
    assert match_gain(-120.0, -18.0) == 1.0
    assert match_gain(-60.0, -18.0) == pytest.approx(10 ** (15 / 20))
