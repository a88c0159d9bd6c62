from __future__ import annotations

import signal
import sys

import pytest

from studio.core.errors import JobCancelled
from studio.core.jobs import CancelToken
from studio.services.machine.trial import Trial, try_in_child
from tests.services.machine import deaths

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and resource limits")


def test_a_child_that_works() -> None:
    assert try_in_child(deaths.work, 41) == Trial("worked", 42)


def test_a_child_that_meets_an_unknown_instruction() -> None:
    trial = try_in_child(deaths.meet_unknown_instruction)
    assert (trial.outcome, trial.crashed) == ("died", True)
    assert "an instruction this processor does not know" in trial.told
    assert "driver: no such instruction" in trial.told  # what the driver said last


def test_a_child_that_runs_out_of_memory() -> None:
    assert try_in_child(deaths.run_out_of_memory) == Trial("no memory", told="memory ran out")


def test_a_child_that_hangs_is_killed() -> None:
    trial = try_in_child(deaths.hang, timeout_s=3.0)
    assert trial == Trial("hung", told="no answer within 3 seconds")
    assert trial.crashed


def test_a_child_that_refuses_has_not_crashed() -> None:
    trial = try_in_child(deaths.refuse)
    assert trial == Trial("refused", told="an error of 3 in a product")
    assert not trial.crashed


def test_a_cancel_ends_the_child() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(JobCancelled):
        try_in_child(deaths.hang, timeout_s=60.0, cancel=cancel)


def test_ctrl_c_is_for_the_parent() -> None:
    assert try_in_child(signal.getsignal, signal.SIGINT).value == signal.SIG_IGN
