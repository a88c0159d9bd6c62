"""What is said of one screen before it is voted on: which clips were heard, what is best and worst, stars. No Qt.

Voting opens when every clip was heard at all; five seconds or more of each count as attention (studio.taste learns
little from less), and how long a clip was heard is never a sign of liking.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.language import later, tr
from studio.core.opinion import blind_label
from studio.core.screen import Verdict

#: Seconds from which on a clip counts as listened to: the gate of attention, see studio.taste.reliability.
ENOUGH_S = 5.0
_WHICH = later("Which is best? Or none is usable (0), or all are alike (=).")


class Ballot:
    """Of the clips of one screen, by key, in the order they are shown in.

    Args:
        verdict: what was said before, to go on from; None for an empty one.
    """

    def __init__(self, keys: Sequence[str], verdict: Verdict | None = None) -> None:
        verdict = verdict or Verdict()
        self.keys = tuple(keys)
        self.best, self.worst = verdict.best, verdict.worst
        self.none_usable, self.tie = verdict.none_usable, verdict.tie
        self.stars = dict(verdict.stars)
        self.heard_s = {key: verdict.heard_s.get(key, 0.0) for key in self.keys}
        self.plays = {key: verdict.plays.get(key, 0) for key in self.keys}
        self.took_s = verdict.took_s

    # Hearing

    def hear(self, key: str, seconds: float) -> None:
        self.heard_s[key] += seconds
        self.took_s += seconds

    def wait(self, seconds: float) -> None:
        """Time passed since the first sound, in which nothing was heard."""
        if any(self.plays.values()):
            self.took_s += seconds

    def turn_to(self, key: str) -> None:
        """A clip begins to sound."""
        self.plays[key] += 1

    def attention(self, key: str) -> int:
        """0 not heard yet, 1 heard, 2 heard long enough to count."""
        seconds = self.heard_s[key]
        return 2 if seconds >= ENOUGH_S else 1 if seconds > 0 else 0

    # Saying: the same again takes it back

    def name_best(self, key: str) -> None:
        self.best = None if self.best == key else key
        self._untie(key == self.worst and self.best is not None, "worst")

    def name_worst(self, key: str) -> None:
        self.worst = None if self.worst == key else key
        self._untie(key == self.best and self.worst is not None, "best")

    def _untie(self, clash: bool, other: str) -> None:
        self.tie = False
        if clash:
            setattr(self, other, None)

    def toggle_tie(self) -> None:
        """None is better than the others."""
        self.tie = not self.tie
        if self.tie:
            self.best = self.worst = None

    def toggle_none(self) -> None:
        """None is good enough to be used; one may be best all the same."""
        self.none_usable = not self.none_usable

    def rate(self, key: str, stars: int) -> None:
        """1 to 5; 0, or what there is already, for none."""
        if stars == 0 or self.stars.get(key) == stars:
            self.stars.pop(key, None)
        else:
            self.stars[key] = stars

    # The vote

    @property
    def open(self) -> bool:
        """Whether every clip was heard."""
        return all(self.attention(key) for key in self.keys)

    @property
    def missing(self) -> str:
        """Why it cannot be voted on yet, as a sentence; empty when it can."""
        unheard = [blind_label(n) for n, key in enumerate(self.keys) if not self.attention(key)]
        if unheard:
            names = tr(" and ").join(filter(None, (tr(", ").join(unheard[:-1]), unheard[-1])))
            return tr("Voting opens when every clip was heard: {names} to go.", names=names)
        if self.best is None and not self.tie and not self.none_usable:
            return tr("Which is best? All alike is =.") if len(self.keys) == 2 else tr(_WHICH)
        return ""

    @property
    def counts_little(self) -> str:
        """What was heard for too short a time to be learnt from, as a sentence; empty where all was heard enough."""
        short = [blind_label(n) for n, key in enumerate(self.keys) if self.attention(key) < 2]
        return (
            tr(
                "Under {enough_s:.0f} s of {names}: the vote would be kept, but teach nothing.",
                enough_s=ENOUGH_S,
                names=tr(", ").join(short),
            )
            if short
            else ""
        )

    @property
    def verdict(self) -> Verdict:
        return Verdict(
            self.best, self.worst, self.none_usable, self.tie, dict(self.stars),
            {key: round(seconds, 2) for key, seconds in self.heard_s.items()}, dict(self.plays),
            round(self.took_s, 2),
        )  # fmt: skip
