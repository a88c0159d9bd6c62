"""What a screen shows, whom it breeds from, what is kept, and how clips weigh in training."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.opinion import Opinion
from studio.core.origin import Origin
from studio.core.screen import Clip, Screen, Verdict
from studio.taste.archive import ALIKE, MOST, Archive, Kept
from studio.taste.judgement import OPEN_WEIGHT, of_opinions, of_pick, of_screen, songs_of
from studio.taste.model import Taste, learn
from studio.taste.search import LEAST_PAIRS, Entry, choose, may_breed, parents, pick, worth
from studio.taste.weights import advantages, effective_size, weights_of
from tests.taste.makers import judgement


@pytest.fixture(scope="module")
def likes_drums() -> Taste:
    clips = {
        "a": {"drums": 2.0},
        "b": {"drums": -2.0},
        "c": {"drums": 1.0, "bass": 1.0},
        "d": {"drums": -1.0},
    }
    return learn([judgement(clips, screen=str(k), best="a", worst="b") for k in range(12)])


POOL = [
    *(Entry(f"p{k}", {"drums": float(d), "bass": 0.0}) for k, d in enumerate(np.linspace(-2, 1.5, 8))),
    Entry("child", {"drums": 2.0, "bass": 0.0}, is_child=True),
    Entry("odd", {"drums": 0.0, "bass": 6.0}, is_child=True),
]


def test_a_screen_has_two_liked_ones_a_different_one_and_the_base(likes_drums: Taste) -> None:
    orders = set()
    for seed in range(8):
        places = choose(POOL, likes_drums, Archive(), np.random.default_rng(seed))
        by_role = {place.role: place.key for place in places}
        assert len({place.key for place in places}) == 4
        assert by_role["child"] == "child"
        assert set(by_role) == {"child", "exploit", "different", "base"}
        assert by_role["different"] == "odd"
        assert by_role["base"].startswith("p")
        orders.add(tuple(place.role for place in places))
    assert len(orders) > 3


def test_the_base_is_drawn_blindly(likes_drums: Taste) -> None:
    keys = {
        place.key
        for seed in range(60)
        for place in choose(POOL, likes_drums, Archive(), np.random.default_rng(seed))
        if place.role == "base"
    }
    assert len(keys) == 8


def test_the_second_exploit_is_no_copy_of_the_first(likes_drums: Taste) -> None:
    twins = [
        Entry("x", {"drums": 2.0, "bass": 0.0}),
        Entry("x2", {"drums": 1.99, "bass": 0.0}),
        Entry("y", {"drums": 1.0, "bass": 0.0}),
        Entry("z", {"drums": 0.0, "bass": 0.0}),
        Entry("w", {"drums": -1.0, "bass": 2.0}),
    ]
    for seed in range(10):
        places = choose(twins, likes_drums, Archive(), np.random.default_rng(seed))
        exploits = {place.key for place in places if place.role == "exploit"}
        assert exploits != {"x", "x2"}


def test_without_a_taste_nothing_is_called_liked_and_small_pools_are_refused() -> None:
    for known in (None, learn([])):
        places = choose(POOL[:8], known, Archive(), np.random.default_rng(0))
        assert sorted(place.role for place in places) == ["base", "different", "different", "different"]
        numbers = [int(place.key[1:]) for place in places]
        assert max(numbers) - min(numbers) >= 6  # of 7: nearly as far apart as the pool allows
    with pytest.raises(ValueError, match="pool of 3"):
        choose(POOL[:3], None, Archive(), np.random.default_rng(0))
    with pytest.raises(ValueError, match="unchanged"):
        choose([POOL[8], POOL[9]], None, Archive(), np.random.default_rng(0), places=2)


def test_caution_takes_the_deviation_off(likes_drums: Taste) -> None:
    rng = np.random.default_rng(0)
    entries = [Entry("near", {"drums": 1.0}), Entry("far", {"drums": 1.0, "register": 4.0})]
    near, far = worth(entries, likes_drums, rng, caution=1.0)
    assert near > far
    mean, _ = likes_drums.scores([e.features for e in entries])
    np.testing.assert_allclose(worth(entries, likes_drums, rng, caution=0.0), mean, atol=1e-5)


def test_a_pick_is_liked_and_unlike_what_is_there(likes_drums: Taste) -> None:
    rng = np.random.default_rng(0)
    first = pick(POOL, likes_drums, rng)
    assert first.key in ("child", "p7")
    second = pick(POOL, likes_drums, rng, beside=[first.features])
    # sqrt(d^2 / 2) >= 1 for a difference of 1.42 in drums, or the odd one.
    assert abs(second.features["drums"] - first.features["drums"]) >= 1.41 or second.key == "odd"
    only = [Entry("same", first.features), Entry("near", {"drums": 1.0, "bass": 0.0})]
    assert pick(only, likes_drums, rng, beside=[first.features]).key == "near"
    with pytest.raises(ValueError, match="nothing"):
        pick([], likes_drums, rng)


def test_children_come_to_screens_after_a_sitting(likes_drums: Taste) -> None:
    assert not may_breed(None)
    assert may_breed(likes_drums) == (likes_drums.pairs >= LEAST_PAIRS)
    assert not may_breed(learn([]))


def test_parents_are_of_the_best_quarter(likes_drums: Taste) -> None:
    judged = {"a": {"drums": 2.0}, "b": {"drums": -2.0}, "c": {"drums": 1.0}, "d": {"drums": -1.0}, "new": {}}
    pairs = parents(likes_drums, judged, np.random.default_rng(1), pairs=6)
    assert {key for pair in pairs for key in pair} == {"a", "c"}
    assert all(first != second for first, second in pairs)
    assert parents(likes_drums, {"a": {}}, np.random.default_rng(1)) == ()


def test_the_archive_keeps_the_better_of_two_alike_and_the_different() -> None:
    archive = Archive().adding(Kept("x", {"drums": 0.0}, 1.0))
    assert archive.adding(Kept("worse", {"drums": ALIKE / 2}, 0.5)) == archive
    assert [k.key for k in archive.adding(Kept("better", {"drums": ALIKE / 2}, 2.0)).kept] == ["better"]
    assert [k.key for k in archive.adding(Kept("other", {"drums": 2.0}, -1.0)).kept] == ["x", "other"]
    assert archive.novelty({"drums": 2.0}) == pytest.approx(2.0)
    assert Archive().novelty({"drums": 2.0}) == float("inf")
    full = Archive()
    for k in range(MOST + 5):
        full = full.adding(Kept(str(k), {"drums": k % 6 - 2.5, "bass": k // 6 - 2.5}, float(k)))
    assert len(full.kept) == MOST


def test_advantages_and_weights_by_hand() -> None:
    # Two songs, centred: -1, 1, -1, 1; sd 1; half of the variance is explained in the last.
    a = advantages(np.array([0.0, 2.0, 10.0, 12.0]), np.array([0, 0, 0, 0.5**0.5]), np.ones(4), list("xxyy"))
    assert a == pytest.approx([-1, 1, -1, 0.5])
    made = weights_of(np.zeros(40))
    assert made.weights == pytest.approx(1.0)
    assert made.effective == pytest.approx(40)
    assert effective_size(np.array([1.0, 1.0, 0.0, 0.0])) == pytest.approx(2.0)
    # At tau .5: 2 x 4 against 38 x .2, an effective size of 15.6^2 / 33.5 = 7.3; 20 are wanted.
    spread = weights_of(np.where(np.arange(40) < 38, -1.0, 3.0))
    assert spread.weights.mean() == pytest.approx(1.0)
    assert spread.effective >= 20 - 1e-9
    assert spread.tau > 0.5
    assert np.all(np.diff(spread.weights) >= 0)
    assert weights_of(np.array([5.0, -5.0])).effective == pytest.approx(2.0, abs=0.01)
    assert not advantages(np.ones(3), np.zeros(3), np.ones(3), list("xxx")).any()


def test_judgements_of_screens_opinions_and_picks() -> None:
    clips = tuple(Clip(k, "exploit", Origin("0" * 64, "analysis"), {"drums": 1.0}) for k in "ab")
    screen = Screen(3, "first", (0.0, 8.0), clips, repeat_of=1, made_at="2026-01-01T12:00:00Z")
    told = of_screen(screen, Verdict(best="a"), listener="me", song="song")
    assert (told.screen, told.repeat_of, told.sitting) == ("song/3", "song/1", "song/first")
    assert told.preferred == (("a", "b"),)
    with pytest.raises(ValueError, match="another screen"):
        of_screen(screen, Verdict(best="z"), listener="me", song="song")
    opinions = {
        "a": Opinion(stars=4),
        "b": Opinion(favourite=True),
        "c": Opinion(hidden=True),
        "d": Opinion(),
    }
    open_ = of_opinions(opinions, {k: {} for k in "abcd"}, listener="me", song="song")
    assert open_ is not None
    assert open_.verdict.stars == {"a": 4, "b": 5, "c": 2}
    assert open_.weight == OPEN_WEIGHT
    assert not open_.blind
    assert of_opinions({"a": Opinion()}, {"a": {}}, listener="me", song="song") is None
    pick = of_pick("a", {"a": {}, "b": {}}, listener="me", song="song")
    assert pick is not None
    assert pick.preferred == (("a", "b"),)
    assert of_pick("a", {"a": {}}, listener="me", song="song") is None
    assert songs_of([told, open_]) == ("song",)
