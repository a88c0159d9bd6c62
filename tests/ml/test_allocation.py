"""Memory that is freed stays with the process: told by its page faults, in a process of its own."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from studio.ml.allocation import keep_freed_memory

FAULTS = """
import resource, sys
import numpy as np
from studio.ml.allocation import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def churn():
    for _ in range(5):
        [np.ones(2_000_000, dtype=np.float32) for _ in range(10)]
churn()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
churn()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    run = subprocess.run(
        [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True, timeout=60
    )
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_arrays_are_made_in_memory_that_is_there_already() -> None:
    assert faults("keep") < 100
    assert faults("leave") > 10 * 100


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr("ctypes.CDLL", lambda name: pytest.fail("asked the C library"))
    assert keep_freed_memory() is False
