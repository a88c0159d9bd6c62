"""Jobs end exactly once, cancel at their next step, never stop the essential, and tell a measured remaining time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.services.jobs import EtaEstimator, JobRunner, Lane


class MainThread:
    """Collects what is posted and runs it here."""

    def __init__(self) -> None:
        self.posted: queue.Queue[Callable[[], None]] = queue.Queue()

    def run_one(self) -> None:
        self.posted.get(timeout=10)()


@pytest.fixture
def main() -> MainThread:
    return MainThread()


@pytest.fixture
def runner(main: MainThread) -> Iterator[JobRunner]:
    runner = JobRunner(main.posted.put)
    yield runner
    runner.shutdown()


def test_the_result_arrives_on_the_posting_thread(main: MainThread, runner: JobRunner) -> None:
    where: list[object] = []

    def double(request: int, /, *, on_step: StepCallback, cancel: CancelToken) -> int:
        where.append(threading.current_thread())
        return 2 * request

    results: list[int] = []

    def on_done(result: int) -> None:
        where.append(threading.current_thread())
        results.append(result)

    runner.submit("Doubling", double, 21, on_done=on_done, on_failed=lambda _: pytest.fail("failed"))
    main.run_one()
    assert results == [42]
    assert where[0] is not where[1] is threading.current_thread()
    assert main.posted.empty()
    assert not runner.busy


def test_is_busy_until_the_end_was_told(main: MainThread, runner: JobRunner) -> None:
    busy: list[bool] = []

    def quick(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
        pass

    job = runner.submit("Quick", quick, None, on_done=lambda _: busy.append(runner.busy))
    assert job.future is not None
    job.future.result(10)
    assert runner.busy
    main.run_one()
    assert busy == [True]
    assert not runner.busy


def test_a_failure_is_handed_over_whole(main: MainThread, runner: JobRunner) -> None:
    def fail(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
        raise ValueError("no good")

    errors: list[Exception] = []
    runner.submit("Failing", fail, None, on_done=lambda _: pytest.fail("done"), on_failed=errors.append)
    main.run_one()
    assert [str(e) for e in errors] == ["no good"]
    assert errors[0].__traceback__ is not None


def test_cancel_stops_at_the_next_step(main: MainThread, runner: JobRunner) -> None:
    reached, go_on = threading.Event(), threading.Event()
    steps: list[int] = []

    def steady(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
        for i in range(100):
            cancel.check()
            steps.append(i)
            reached.set()
            go_on.wait(10)

    ended: list[str] = []
    job = runner.submit(
        "Steady", steady, None, lane="generator",
        on_done=lambda _: ended.append("done"), on_cancelled=lambda: ended.append("cancelled"),
    )  # fmt: skip
    assert reached.wait(10)
    job.cancel()
    go_on.set()
    main.run_one()
    assert ended == ["cancelled"]
    assert steps == [0]


@pytest.mark.parametrize("lane", ["generator", "writer"])
def test_generator_and_writer_run_one_job_at_a_time_in_order(
    main: MainThread, runner: JobRunner, lane: Lane
) -> None:
    running = threading.Semaphore(1)
    order: list[int] = []

    def alone(number: int, /, *, on_step: StepCallback, cancel: CancelToken) -> int:
        assert running.acquire(blocking=False)
        order.append(number)
        running.release()
        return number

    done: list[int] = []
    for number in range(5):
        runner.submit(
            "Alone", alone, number, lane=lane, on_done=done.append, on_failed=lambda e: done.append(-1)
        )
    for _ in range(5):
        main.run_one()
    assert order == done == [0, 1, 2, 3, 4]


def test_shutdown_cancels_what_waits_and_finishes_what_is_essential(main: MainThread) -> None:
    runner = JobRunner(main.posted.put, file_workers=1)
    written: list[str] = []

    def first(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
        until = time.monotonic() + 20
        while not cancel.cancelled and time.monotonic() < until:
            time.sleep(0.01)
        cancel.check()
        written.append("first")

    def write(name: str, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
        written.append(name)

    runner.submit("First", first, None)
    runner.submit("Idle", write, "idle")
    runner.submit("Keeping", write, "kept", essential=True)
    runner.shutdown()
    assert written == ["kept"]
    late = runner.submit("Late", write, "late", on_done=lambda _: written.append("told"))
    assert late.token.cancelled
    assert not runner.running("Late"), "nobody waits for what is never done"
    while not main.posted.empty():
        main.run_one()
    assert written == ["kept"]


def test_steps_are_thinned_but_every_stage_is_told(main: MainThread, runner: JobRunner) -> None:
    def busy(_: None, /, *, on_step: StepCallback, cancel: CancelToken) -> None:
        for stage in ("one", "two"):
            for i in range(1000):
                on_step(Progress(stage, i / 1000))

    told: list[str] = []
    done = threading.Event()
    runner.submit("Busy", busy, None, on_step=lambda p, _: told.append(p.stage), on_done=lambda _: done.set())
    while not done.is_set():
        main.run_one()
    assert list(dict.fromkeys(told)) == ["one", "two"]
    assert len(told) < 100


def test_remaining_time_of_a_steady_job_is_exact() -> None:
    now = [100.0]
    eta = EtaEstimator(lambda: now[0])
    assert eta.update(0.0) is None
    seen = []
    for step in range(1, 11):
        now[0] += 2.0
        seen.append(eta.update(step / 10))
    assert seen == pytest.approx([18, 16, 14, 12, 10, 8, 6, 4, 2, 0])


def test_remaining_time_follows_a_change_of_pace_and_stays_silent_at_first() -> None:
    now = [0.0]
    eta = EtaEstimator(lambda: now[0])
    now[0] = 0.5
    assert eta.update(0.05) is None
    for step in range(2, 11):
        now[0] += 0.5
        eta.update(step * 0.05)
    for step in range(11, 17):
        now[0] += 2.0
        left = eta.update(step * 0.05)
    # Four steps of 2 s are left. The average of the whole says 4.25 s, the latest quarter 8 s.
    assert left == pytest.approx((4.25 + 8.0) / 2)


def test_loading_does_not_count_as_work() -> None:
    now = [0.0]
    eta = EtaEstimator(lambda: now[0])
    now[0] = 60.0
    assert eta.update(0.0) is None
    now[0] = 61.0
    assert eta.update(0.1) == pytest.approx(9.0)
