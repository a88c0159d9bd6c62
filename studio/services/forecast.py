"""How far a job of several stages is, and how long it will take: from what the stages cost before, and how it goes.

Every stage has expected seconds. Its own pace (seconds taken for a second expected) starts at what the job has shown
so far and is taken over by what the stage itself shows; old work fades, so that another program that starts or ends
is noticed. Stages to come are expected at the pace of the job. Loading says nothing about the others: it waits for
the disk.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from studio.core.jobs import Progress

#: Loading the models.
LOAD = "load"

#: Share of a stage whose worth of work an expectation counts for, and after which seen work has faded to 1 / e.
_TRUST, _MEMORY = 0.1, 0.25
#: The same for the pace of the job, of all that is expected.
_JOB_TRUST = 0.1


@dataclass
class _Stage:
    expected_s: float
    done: float = 0.0
    spent_s: float = 0.0
    #: Faded seconds taken and seconds expected for them; 0 until the stage begins.
    taken_s: float = 0.0
    worth_s: float = 0.0

    def advance(self, seconds: float, done: float) -> None:
        worth = max(0.0, done - self.done) * self.expected_s
        fade = math.exp(-worth / (_MEMORY * self.expected_s)) if self.expected_s else 0.0
        self.taken_s = self.taken_s * fade + seconds
        self.worth_s = self.worth_s * fade + worth
        self.spent_s += seconds
        self.done = max(self.done, done)

    @property
    def left_s(self) -> float:
        return (1.0 - self.done) * self.expected_s


class Forecast:
    """Follows one job.

    Args:
        expected_s: seconds by stage, in any unit of trust above 0; stages of 0 s are taken for done.
        clock: monotonic seconds; begins now.
    """

    def __init__(self, expected_s: Mapping[str, float], clock: Callable[[], float] = time.monotonic) -> None:
        self._stages = {name: _Stage(seconds) for name, seconds in expected_s.items() if seconds > 0.0}
        self._expected_s = sum(stage.expected_s for stage in self._stages.values())
        self._clock, self._last_s = clock, clock()
        self._fraction = 0.0

    def update(self, stage: str, done: float, words: str, *, remaining_s: float | None = None) -> Progress:
        """What to report now.

        Args:
            stage: the one that was worked on since the last update; one that was not expected costs nothing.
            done: its share that is done, 0 to 1.
            words: what to tell the user.
            remaining_s: what is left of the stage, where it has a forecast of its own.
        """
        now = self._clock()
        seconds, self._last_s = now - self._last_s, now
        current = self._stages.get(stage)
        if current is not None:
            if not current.worth_s:
                current.worth_s = _TRUST * current.expected_s
                current.taken_s = current.worth_s * (1.0 if stage == LOAD else self._pace)
            current.advance(seconds, min(1.0, max(0.0, done)))
        left_s = sum(
            remaining_s if name == stage and remaining_s is not None else self._left_s(each)
            for name, each in self._stages.items()
        )
        if self._expected_s:
            undone = sum(each.left_s for each in self._stages.values())
            self._fraction = max(self._fraction, 1.0 - undone / self._expected_s)
        return Progress(words, self._fraction, left_s)

    def end(self, stage: str) -> None:
        """A stage is over, whatever was reported of it."""
        if stage in self._stages:
            self._stages[stage].done = 1.0

    def skip(self) -> None:
        """What passed since the last update was the work of others, and no measure of a stage."""
        self._last_s = self._clock()

    @property
    def spent_s(self) -> Mapping[str, float]:
        """Seconds by stage so far."""
        return {name: stage.spent_s for name, stage in self._stages.items()}

    def _left_s(self, stage: _Stage) -> float:
        return stage.left_s * (stage.taken_s / stage.worth_s if stage.worth_s else self._pace)

    @property
    def _pace(self) -> float:
        """Seconds taken for a second expected, of all the stages that compute."""
        seen = [stage for name, stage in self._stages.items() if name != LOAD and stage.worth_s]
        trust = _JOB_TRUST * self._expected_s
        worth_s = sum(stage.done * stage.expected_s for stage in seen)
        return (trust + sum(stage.spent_s for stage in seen)) / (trust + worth_s) if worth_s else 1.0
