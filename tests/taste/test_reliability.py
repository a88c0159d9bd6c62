"""Attention, repeats, drift and the anchor, counted by hand."""

from __future__ import annotations

import pytest

from studio.taste.exclusion import exclusion
from studio.taste.judgement import Judgement
from studio.taste.reliability import consistency_of, is_heard, reliability, repeats_of
from tests.taste.makers import judgement, plain

FOUR = plain(("a", "b", "c", "d"))


def shown(number: int, best: str, worst: str, **more: object) -> Judgement:
    return judgement(FOUR, screen=f"s{number}", best=best, worst=worst, **more)  # type: ignore[arg-type]


def test_a_screen_not_listened_to_counts_nothing() -> None:
    heard, missed = shown(1, "a", "b"), shown(2, "a", "b", heard_s=4.9)
    assert is_heard(heard)
    assert not is_heard(missed)
    # A clip of 4 s is heard to its end.
    assert is_heard(missed, length_s=4.0)
    trust = reliability([heard, missed])
    assert trust.weights[0] > 0
    assert trust.weights[1] == 0
    assert "1 of 2 screens" in trust.told[0]


def test_listening_longer_earns_nothing() -> None:
    assert reliability([shown(1, "a", "b", heard_s=5.0)]) == reliability([shown(1, "a", "b", heard_s=500.0)])


def test_without_repeats_a_listener_is_trusted() -> None:
    # h = 3 / 4, (h - .5) / .2 is more than 1.
    assert reliability([shown(1, "a", "b")]).weights == pytest.approx([1.0])


def test_repeats_are_compared_by_pairs() -> None:
    same = [shown(1, "a", "d"), shown(2, "a", "d", repeat_of="s1")]
    assert [r.agreement for r in repeats_of(same)] == [1.0]
    turned = [shown(1, "a", "d"), shown(2, "d", "a", repeat_of="s1")]
    assert [r.agreement for r in repeats_of(turned)] == [0.0]
    # First: a>b a>c a>d b>d c>d. Then: b>a b>c b>d a>d c>d. Both know a>d, b>d, c>d and a>b against b>a: 3 of 4.
    part = [shown(1, "a", "d"), shown(2, "b", "d", repeat_of="s1")]
    assert [r.agreement for r in repeats_of(part)] == [pytest.approx(3 / 4)]
    assert repeats_of([shown(2, "a", "d", repeat_of="unknown")]) == []


def test_agreement_raises_and_contradiction_lowers_the_weight() -> None:
    def pairs(agree: bool, count: int) -> list[Judgement]:
        made = []
        for k in range(count):
            made.append(judgement(FOUR, screen=f"f{k}", best="a", worst="d"))
            best, worst = ("a", "d") if agree else ("d", "a")
            made.append(judgement(FOUR, screen=f"r{k}", best=best, worst=worst, repeat_of=f"f{k}"))
        return made

    # h = (4 + 3) / 8 and a = 1; (1 x 0 + 3) / 5 = .6 and .5; (0 + 3) / 8 and 0.
    assert reliability(pairs(True, 4)).weights[-1] == pytest.approx(1.0)
    assert reliability(pairs(False, 1)).weights[-1] == pytest.approx(0.5)
    assert reliability(pairs(False, 4)).weights[-1] == 0.0
    assert consistency_of(repeats_of(pairs(True, 4))) == pytest.approx(7 / 8)


def test_age_halves_in_two_hundred_judgements() -> None:
    weights = reliability([shown(k, "a", "b") for k in range(201)]).weights
    assert weights[0] == pytest.approx(weights[-1] / 2)


def test_a_taste_that_moved_is_told_and_older_answers_count_half() -> None:
    def history(turned: int) -> list[Judgement]:
        first = [judgement(FOUR, screen=f"f{k}", best="a", worst="d", sitting="old") for k in range(8)]
        later = [
            judgement(
                FOUR, screen=f"r{k}", repeat_of=f"f{k}", sitting="new",
                best="d" if k < turned else "a", worst="a" if k < turned else "d",
            )
            for k in range(8)
        ]  # fmt: skip
        return first + later

    moved, steady = reliability(history(4)), reliability(history(3))
    assert moved.has_drifted
    assert any("changed" in text for text in moved.told)
    assert not steady.has_drifted
    assert moved.weights[0] / moved.weights[8] == pytest.approx(0.5 * 2 ** (-8 / 200))
    assert steady.weights[0] / steady.weights[8] == pytest.approx(2 ** (-8 / 200))


def anchored(failed: int, shown_: int) -> list[Judgement]:
    roles = {"a": "anchor", "b": "base"}
    return [
        judgement(
            FOUR,
            screen=f"s{k}",
            roles=roles,
            best="a" if k < failed else "b",
            worst="c",
        )
        for k in range(shown_)
    ]


@pytest.mark.parametrize(
    ("failed", "of", "excluded"),
    [
        (2, 13, True),
        (2, 14, False),
        (3, 20, False),
        (4, 20, True),
        (2, 4, True),
        (1, 4, False),
        (3, 3, False),
        (0, 9, False),
    ],
)
def test_more_than_fifteen_per_cent_of_anchors(failed: int, of: int, excluded: bool) -> None:
    """2 of 13 is 15.4 %, 2 of 14 14.3 %, 3 of 20 exactly 15 %; one slip or fewer than four screens say nothing."""
    rule = exclusion(anchored(failed, of))
    assert (rule.failed, rule.shown) == (failed, of)
    assert rule.is_excluded is excluded
    assert bool(rule.told) is excluded


def test_anchor_by_stars_ties_and_screens_without_one() -> None:
    roles = {"a": "anchor"}

    def failed(**verdict: object) -> tuple[int, int]:
        rule = exclusion([judgement(FOUR, roles=roles, **verdict)])  # type: ignore[arg-type]
        return rule.failed, rule.shown

    assert failed(stars={"a": 5, "b": 4}) == (1, 1)
    assert failed(stars={"a": 4, "b": 4}) == (0, 1)
    assert failed(tie=True) == (0, 1)
    assert failed(none_usable=True) == (0, 1)
    assert failed() == (0, 0)
    assert exclusion([shown(1, "a", "b")]).shown == 0
