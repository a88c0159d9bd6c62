"""What a listener says is changed field by field, and decides what is out of sight; blind orders tell nothing."""

from __future__ import annotations

import random
from dataclasses import replace

from studio.core.commands import Command, Pick, SetMix, SetOpinion, apply
from studio.core.mix import Mix
from studio.core.opinion import NO_OPINION, Opinion, blind_label, blind_order
from studio.core.origin import Origin
from studio.core.project import CandidateRecord, Project


def project(*commands: Command) -> Project:
    """Eight candidates, and what was said of them."""
    records = (CandidateRecord(n, f"{n:02d}", Origin("ab", "x")) for n in range(1, 9))
    made = Project(candidates=tuple(records))
    for command in commands:
        made = apply(made, command)
    return made


def said(before: Project, number: int, **fields: object) -> Project:
    """With fields of one opinion changed."""
    return apply(before, SetOpinion(number, replace(before.opinion(number), **fields)))


def test_opinions_are_changed_field_by_field() -> None:
    state = said(said(said(project(), 2, favourite=True), 2, note="the bridge!"), 1, stars=4)
    assert state.opinion(2) == Opinion(favourite=True, note="the bridge!")
    assert state.opinion(1).stars == 4
    assert state.opinion(3) == NO_OPINION
    picked = apply(state, Pick(2))
    assert picked.picked == 2
    assert apply(picked, Pick(None)).picked is None
    assert apply(picked, Pick(1)).picked == 1


def test_an_opinion_that_says_nothing_is_not_kept() -> None:
    state = said(said(project(), 4, favourite=True), 4, favourite=False)
    assert state.opinions == {}


def test_poor_fits_are_hidden_unless_heard_picked_liked_or_asked_for() -> None:
    poor = {1, 2, 3, 4, 5, 6}
    state = project(
        Pick(2),
        SetOpinion(3, Opinion(favourite=True)),
        SetOpinion(4, Opinion(stars=1)),
        SetOpinion(5, Opinion(hidden=False)),
    )
    assert apply(state, SetMix(Mix(selected=1))).hidden(poor) == {6}
    assert state.hidden(poor) == {1, 6}
    state = said(said(state, 7, hidden=True), 3, hidden=True)
    assert apply(state, SetMix(Mix(selected=7))).hidden(poor) == {1, 3, 6, 7}


def test_a_blind_order_holds_everyone_and_is_another_one() -> None:
    orders = {blind_order((1, 2, 3), random.Random(seed)) for seed in range(60)}
    assert len(orders) == 5  # all but the one they stand in
    assert all(sorted(order) == [1, 2, 3] for order in orders)
    assert blind_order((4,), random.Random(0)) == (4,)
    assert [blind_label(n) for n in (0, 1, 25, 26, 27)] == ["A", "B", "Z", "AA", "AB"]
