"""The paper's statistics on a table small enough for a pencil."""

from __future__ import annotations

import pytest

from studio.taste.aggregate import Rating, aggregated, loss_weights, scaled, top_quartile


def of(rater: str, **stars: float) -> list[Rating]:
    return [Rating(rater, clip, value) for clip, value in stars.items()]


def test_each_rater_gets_a_scale_of_their_own() -> None:
    # Generous 3, 5: mean 4, sd 1. Strict 1, 3: mean 2, sd 1. Both say the same.
    values = {(r.rater, r.clip): r.value for r in scaled(of("generous", a=3, b=5) + of("strict", a=1, b=3))}
    assert values == {("generous", "a"): -1, ("generous", "b"): 1, ("strict", "a"): -1, ("strict", "b"): 1}


def test_same_stars_throughout_say_nothing_and_distrusted_ratings_are_dropped() -> None:
    assert [r.value for r in scaled(of("flat", a=5, b=5))] == [0, 0]
    kept = scaled([Rating("x", "a", 1), Rating("x", "b", 3), Rating("x", "c", 5, weight=0.0)])
    assert {r.clip: r.value for r in kept} == {"a": -1, "b": 1}


def test_weights_count_in_scale_and_mean() -> None:
    # Mean (3 x 1 + 1 x 5) / 4 = 2, variance (3 x 1 + 1 x 9) / 4 = 3.
    values = [r.value for r in scaled([Rating("x", "a", 1, 0.75), Rating("x", "b", 5, 0.25)])]
    assert values == pytest.approx([-1 / 3**0.5, 3**0.5])
    (clip,) = aggregated([Rating("x", "a", 4, 1.0), Rating("y", "a", 1, 0.5)])
    assert clip.mean == pytest.approx(3.0)


def test_means_their_errors_and_their_order() -> None:
    rated = aggregated(of("x", a=1, b=4) + of("y", a=3, b=4))
    # Pooled scatter: squares (1 + 1 + 0 + 0), two degrees of freedom: 1. Error 1 / sqrt 2.
    assert [(r.clip, r.mean, r.raters) for r in rated] == [("b", 4, 2), ("a", 2, 2)]
    assert [r.error for r in rated] == pytest.approx([0.5**0.5] * 2)
    low, high = rated[1].interval
    assert (low, high) == pytest.approx((2 - 1.386, 2 + 1.386), abs=1e-3)
    assert aggregated([]) == []


def test_the_top_quartile_and_its_weights() -> None:
    rated = aggregated(of("x", a=0, b=1, c=2, d=3, e=4, f=5, g=6, h=11))
    chosen = top_quartile(rated)
    assert [r.clip for r in chosen] == ["h", "g"]
    # Mean of all is 4: 7 and 2 above it, mean 4.5.
    assert loss_weights(chosen, rated) == pytest.approx({"h": 7 / 4.5, "g": 2 / 4.5})
    flat = aggregated(of("x", a=3, b=3))
    assert loss_weights(top_quartile(flat), flat) == {"a": 1.0}
    assert top_quartile([]) == []
