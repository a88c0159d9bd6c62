"""What may happen to a child in which a driver is tried; functions of a module, since the child must import them."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np

from studio.core.errors import StudioError


def work(number: int) -> int:
    return number + 1


def meet_unknown_instruction() -> None:
    print("driver: no such instruction", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGILL)


def run_out_of_memory() -> None:
    import resource

    limit = 1 << 31
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    np.ones(limit, np.uint8)


def hang() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def refuse() -> None:
    raise StudioError("The device computes wrong", seen="an error of 3 in a product")
