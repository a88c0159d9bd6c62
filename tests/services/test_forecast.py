"""What is left is told from the first report on, close to the truth, and the share done never goes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.services.forecast import LOAD, Forecast

#: What was expected of two minutes and four candidates.
EXPECTED = {LOAD: 5.0, "listen": 2.0, "make": 50.0, "write": 14.0}


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


Slowness = Callable[[str, float], float]
#: (moment, share done, seconds left as told) of each report.
Trace = list[tuple[float, float, float]]


def simulate(
    slowness: Slowness, expected: Mapping[str, float] = EXPECTED, *, candidates: int = 4, burst: int = 1
) -> Trace:
    """A run whose stages take `slowness(stage, second)` times what was expected, `write` between candidates.

    Args:
        burst: steps of `make` that are reported at once.
    """
    clock = Clock()
    start = clock.now_s
    forecast = Forecast(expected, clock)
    trace: Trace = []

    def report(stage: str, done: float) -> None:
        progress = forecast.update(stage, done, stage)
        assert progress.remaining_s is not None
        trace.append((clock.now_s - start, progress.fraction, progress.remaining_s))

    def work(stage: str, first: float, last: float, steps: int, *, every: int = 1) -> None:
        for step in range(1, steps + 1):
            clock.now_s += expected[stage] * (last - first) / steps * slowness(stage, clock.now_s - start)
            if step % every == 0 or step == steps:
                report(stage, first + (last - first) * step / steps)

    report(LOAD, 0.0)
    work(LOAD, 0.0, 1.0, 1)  # nothing is heard of loading until it is over
    work("listen", 0.0, 1.0, 20)
    for index in range(candidates):
        work("make", index / candidates, (index + 1) / candidates, 60, every=burst)
        work("write", index / candidates, (index + 1) / candidates, 1)
    return trace


def worst_ratio(trace: Trace, since: float = 0.5, until_left_s: float = 1.0) -> float:
    """How far the seconds left were off, as a factor, in the part of the run from `since` on."""
    end = trace[-1][0]
    ratios = [
        max(told / (end - at), (end - at) / max(told, 1e-9))
        for at, _, told in trace
        if at >= since * end and end - at > until_left_s
    ]
    return max(ratios)


RUNS: dict[str, Slowness] = {
    "as expected": lambda stage, _: 1.0,
    "a machine four times as slow": lambda stage, _: 4.0,
    "a machine four times as fast": lambda stage, _: 0.25,
    "cold models": lambda stage, _: 8.0 if stage == LOAD else 1.0,
    "a quick start": lambda stage, _: 0.1 if stage == LOAD else 1.0,
    "a slow listener": lambda stage, _: 5.0 if stage == "listen" else 1.0,
    "a slow disk": lambda stage, _: 4.0 if stage == "write" else 1.0,
    "another program from second 20 on": lambda _, second: 2.0 if second > 20 else 1.0,
    "another program until second 60": lambda _, second: 2.0 if second < 60 else 1.0,
    "another program every ten seconds": lambda _, second: 2.0 if second % 20 < 10 else 1.0,
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("burst", [1, 12])
def test_in_the_second_half_it_is_never_twice_off(run: str, burst: int) -> None:
    assert worst_ratio(simulate(RUNS[run], burst=burst)) < 2.0


RECORDED = json.loads(Path(__file__).with_name("recorded_runs.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("run", RECORDED, ids=lambda run: str(run["what"]))
def test_recorded_runs_on_a_crowded_machine(run: dict[str, Any]) -> None:
    """Real runs: what was expected of each stage, and (moment, stage, share done) of some reports; a moment without
    a stage ends work of others."""
    clock = Clock()
    start = clock.now_s
    forecast = Forecast(run["expected_s"], clock)
    trace: Trace = []
    for at_s, stage, done in run["events"]:
        clock.now_s = start + at_s
        if not stage:
            forecast.skip()
            continue
        if stage == "play":
            forecast.end("arrange")
        progress = forecast.update(stage, done, stage)
        assert progress.remaining_s is not None
        trace.append((at_s, progress.fraction, progress.remaining_s))
    assert worst_ratio(trace) < 2.0
    shares = [share for _, share, _ in trace]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0, abs=0.05)  # some reports between were left out


def test_a_machine_as_known_is_told_right_from_the_first_report_on() -> None:
    trace = simulate(RUNS["as expected"])
    assert trace[0][2] == pytest.approx(71.0)
    assert worst_ratio(trace, since=0.0) < 1.1


@pytest.mark.parametrize("run", RUNS)
def test_the_share_done_rises_to_one(run: str) -> None:
    shares = [share for _, share, _ in simulate(RUNS[run])]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == pytest.approx(1.0)


def test_a_pace_that_jitters_is_told_calmly() -> None:
    rng = np.random.default_rng(3)
    trace = simulate(lambda stage, _: float(rng.lognormal(0.0, 0.6)))
    assert worst_ratio(trace, since=0.2) < 2.0


def test_the_work_of_others_between_two_updates_is_no_measure() -> None:
    clock = Clock()
    forecast = Forecast({"make": 10.0}, clock)
    clock.now_s += 5
    forecast.update("make", 0.5, "")
    clock.now_s += 100
    forecast.skip()
    clock.now_s += 1
    progress = forecast.update("make", 0.6, "")
    assert progress.remaining_s == pytest.approx(4.0)
    assert forecast.spent_s == {"make": pytest.approx(6.0)}


def test_a_stage_with_a_forecast_of_its_own_is_believed() -> None:
    clock = Clock()
    forecast = Forecast({"make": 10.0, "write": 2.0}, clock)
    clock.now_s += 1
    assert forecast.update("make", 0.1, "", remaining_s=30.0).remaining_s == pytest.approx(32.0, rel=0.1)


def test_an_earlier_share_is_not_reported_again() -> None:
    forecast = Forecast({"make": 10.0}, Clock())
    forecast.update("make", 0.16, "")
    assert forecast.update("make", 0.08, "").fraction == pytest.approx(0.16)


def test_a_stage_that_is_over_is_done_though_nothing_was_reported_of_it() -> None:
    forecast = Forecast({"arrange": 5.0, "play": 5.0}, Clock())
    forecast.end("arrange")
    assert forecast.update("play", 0.5, "").fraction == pytest.approx(0.75)
    forecast.end("odd")


def test_stages_that_are_not_needed_or_not_known_cost_nothing() -> None:
    clock = Clock()
    forecast = Forecast({LOAD: 0.0, "make": 10.0}, clock)
    assert forecast.update(LOAD, 1.0, "").remaining_s == pytest.approx(10.0)
    assert forecast.update("odd", 0.5, "").fraction == 0.0
    assert Forecast({}, clock).update("make", 0.5, "").remaining_s == 0.0
