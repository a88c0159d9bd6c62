"""The plan of a sitting: repeats, anchors and phrases, the same for the same name."""

from __future__ import annotations

from collections import Counter

import pytest

from studio.services.taste.sitting import (
    ANCHOR_EVERY,
    LONGEST,
    REPEAT_AFTER,
    USUAL,
    Progress,
    plan,
    progress,
    slot_of,
)


@pytest.mark.parametrize("name", ["a", "b1", "歌", *(f"{n * 7919:012x}" for n in range(1, 21))])
def test_one_screen_in_six_is_an_earlier_one_and_anchors_are_hidden_among_the_others(name: str) -> None:
    slots = plan(name)
    assert [slot.place for slot in slots] == list(range(1, USUAL + 1))
    repeats = [slot for slot in slots if slot.repeat_of is not None]
    assert len(repeats) == USUAL // 6
    for slot in repeats:
        assert slot.repeat_of is not None
        assert slot.place - slot.repeat_of > REPEAT_AFTER
        assert slots[slot.repeat_of - 1].repeat_of is None
        assert not slot.anchor
    assert len({slot.repeat_of for slot in repeats}) == len(repeats)
    new = [slot for slot in slots if slot.repeat_of is None]
    for group in range(0, len(new) - ANCHOR_EVERY + 1, ANCHOR_EVERY):
        assert sum(slot.anchor for slot in new[group : group + ANCHOR_EVERY]) == 1
    assert [slot.phrase for slot in new] == [index // 3 for index in range(len(new))]


def test_a_longer_sitting_begins_like_a_shorter_one_and_each_screen_is_known_alone() -> None:
    for name in ("a", "b1", "c7"):
        assert plan(name, LONGEST)[:USUAL] == plan(name)
        assert [slot_of(name, place) for place in range(1, USUAL + 1)] == list(plan(name))
        assert slot_of(name, 40).place == 40


def test_no_place_gives_repeats_or_anchors_away() -> None:
    plans = [plan(f"sitting {number}") for number in range(300)]
    anchors = Counter(slot.place for slots in plans for slot in slots if slot.anchor)
    repeats = Counter(slot.place for slots in plans for slot in slots if slot.repeat_of is not None)
    assert max(anchors.values()) < 0.5 * len(plans)
    assert max(repeats.values()) < 0.6 * len(plans)


def test_progress_counts_votes_of_the_sitting_only() -> None:
    assert progress({1, 2, 9}, {2, 3, 9}, 10) == Progress(2, 10)
    assert progress({1}, {1}, 1).done
    assert progress({1}, {1}, 3).left_s == 90.0
