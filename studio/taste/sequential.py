"""The blind test of old against new: Wald's sequential probability ratio test (1945), a win rate of 70 % against 50
%.

A win of the new one adds log(.7/.5), a loss log(.3/.5), a tie nothing. The bounds are narrower than Wald's own for
the wished-for errors because the test ends after at most 24 trials: what is not promoted by then is rejected.
`error_rates` computes exactly how often each decision falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.core.language import tr

WIN, LOSS = 0.336, -0.511
PROMOTE, REJECT = 2.08, -1.50
MOST_TRIALS = 24
_Z95 = 1.959964
OUTCOMES = ("win", "loss", "tie")


@dataclass(frozen=True)
class BlindTest:
    """Trials so far: 'win' where the new one was preferred, 'loss', 'tie'. What follows a decision is ignored."""

    outcomes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(outcome not in OUTCOMES for outcome in self.outcomes):
            raise ValueError("an outcome other than win, loss and tie")

    def after(self, outcome: str) -> BlindTest:
        return BlindTest((*self.outcomes, outcome))

    @property
    def counted(self) -> tuple[str, ...]:
        """The trials up to the decision."""
        evidence = 0.0
        for number, outcome in enumerate(self.outcomes[:MOST_TRIALS], 1):
            evidence += _step(outcome)
            if evidence >= PROMOTE or evidence <= REJECT:
                return self.outcomes[:number]
        return self.outcomes[:MOST_TRIALS]

    @property
    def evidence(self) -> float:
        return sum(map(_step, self.counted))

    @property
    def decision(self) -> str | None:
        """'promote', 'reject', or None while more trials are needed."""
        if self.evidence >= PROMOTE:
            return "promote"
        if self.evidence <= REJECT or len(self.counted) == MOST_TRIALS:
            return "reject"
        return None

    @property
    def wins(self) -> int:
        return self.counted.count("win")

    @property
    def losses(self) -> int:
        return self.counted.count("loss")

    @property
    def win_rate(self) -> float | None:
        """Share of wins among the trials that were no tie."""
        decided = self.wins + self.losses
        return self.wins / decided if decided else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % of the win rate (Wilson 1927); it takes no account of the early stop, so it is told beside the verdict
        and never used in its place."""
        return wilson(self.wins, self.wins + self.losses)

    @property
    def told(self) -> str:
        """The verdict in words, with its numbers."""
        decided = self.wins + self.losses
        low, high = self.interval
        numbers = tr(
            "preferred in {wins} of {decided} blind comparisons, 95 % interval {low:.0%} to {high:.0%}",
            wins=self.wins,
            decided=decided,
            low=low,
            high=high,
        )
        if self.decision is None:
            return tr("Undecided so far: {numbers}", numbers=numbers)
        if self.decision == "promote":
            return tr("The new one is better to your ears: {numbers}", numbers=numbers)
        if high < 0.5:
            return tr("The new one is worse to your ears: {numbers}", numbers=numbers)
        return tr("No audible effect: {numbers}", numbers=numbers)


def _step(outcome: str) -> float:
    return {"win": WIN, "loss": LOSS, "tie": 0.0}[outcome]


def wilson(wins: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); 0 to 1 without trials."""
    if not trials:
        return 0.0, 1.0
    share, z2 = wins / trials, _Z95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z95 * np.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


@dataclass(frozen=True)
class ErrorRates:
    """`promoted` is the chance of promotion, `trials` the mean number of trials."""

    promoted: float
    trials: float


def error_rates(win_rate: float, ties: float = 0.0) -> ErrorRates:
    """What the test does where the new one truly wins a share of the trials without a tie, computed exactly.

    Args:
        ties: share of all trials.
    """
    chances = {(0, 0): 1.0}
    promoted, trials = 0.0, 0.0
    for number in range(1, MOST_TRIALS + 1):
        following: dict[tuple[int, int], float] = {}
        for (wins, losses), chance in chances.items():
            steps = (((1, 0), (1 - ties) * win_rate), ((0, 1), (1 - ties) * (1 - win_rate)), ((0, 0), ties))
            for (won, lost), p in steps:
                state = (wins + won, losses + lost)
                evidence = state[0] * WIN + state[1] * LOSS
                reached = chance * p
                if evidence >= PROMOTE:
                    promoted += reached
                    trials += reached * number
                elif evidence <= REJECT or number == MOST_TRIALS:
                    trials += reached * number
                else:
                    following[state] = following.get(state, 0.0) + reached
        chances = following
    return ErrorRates(promoted, trials)


def decide(outcomes: Sequence[str]) -> str | None:
    """The decision after these trials, in order; None while more are needed."""
    return BlindTest(tuple(outcomes)).decision
