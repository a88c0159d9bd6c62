"""The sequential test: hand-counted decisions, and its error rates exactly and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from studio.taste.sequential import MOST_TRIALS, BlindTest, decide, error_rates, wilson


def test_decisions_counted_by_hand() -> None:
    # 6 x .336 = 2.016 < 2.08 < 7 x .336; 2 x -.511 = -1.022 > -1.50 > 3 x -.511.
    assert decide(["win"] * 6) is None
    assert decide(["win"] * 7) == "promote"
    assert decide(["loss"] * 2) is None
    assert decide(["loss"] * 3) == "reject"
    assert decide(["win", "loss"] * 3) is None
    # A tie counts as a trial only.
    assert decide(["tie"] * (MOST_TRIALS - 1)) is None
    assert decide(["tie"] * MOST_TRIALS) == "reject"


def test_what_follows_a_decision_is_not_counted() -> None:
    test = BlindTest(("loss",) * 3 + ("win",) * 20)
    assert test.decision == "reject"
    assert (test.wins, test.losses) == (0, 3)
    assert test.evidence == pytest.approx(-1.533)


def test_words_carry_the_numbers() -> None:
    won = BlindTest(("win",) * 7)
    assert won.told.startswith("The new one is better")
    assert "7 of 7" in won.told
    assert BlindTest(("win", "loss", "loss", "loss", "loss")).told.startswith("No audible effect")
    assert BlindTest(("loss",) * 3).told.startswith("No audible effect")
    assert BlindTest().told.startswith("Undecided")
    with pytest.raises(ValueError, match="outcome"):
        BlindTest(("maybe",))


def test_wilson_interval_of_a_textbook_case() -> None:
    # 7 of 10: (.397, .892).
    assert wilson(7, 10) == pytest.approx((0.3968, 0.8922), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("win_rate", "promoted"), [(0.5, 0.067), (0.7, 0.627), (0.75, 0.802), (0.8, 0.923)])
def test_error_rates(win_rate: float, promoted: float) -> None:
    """False promotion 7 %, power 63, 80 and 92 %: what design and users are told."""
    assert error_rates(win_rate).promoted == pytest.approx(promoted, abs=0.001)
    assert 12 < error_rates(win_rate).trials < 17


def test_exact_rates_agree_with_a_simulation() -> None:
    rng = np.random.default_rng(1)
    runs = 2000
    promoted = trials = 0
    for _ in range(runs):
        draws = rng.random(MOST_TRIALS)
        test = BlindTest(tuple("tie" if d < 0.2 else "win" if d < 0.2 + 0.8 * 0.7 else "loss" for d in draws))
        promoted += test.decision == "promote"
        trials += len(test.counted)
    exact = error_rates(0.7, ties=0.2)
    assert promoted / runs == pytest.approx(exact.promoted, abs=0.04)
    assert trials / runs == pytest.approx(exact.trials, abs=0.6)
