"""A sound device whose output comes back as its input: jackd's dummy driver with its loopback, exact to the sample."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.audio.devices import Device, devices, refresh_devices

RATE = 48000
_ENVIRONMENT = ("JACK_NO_AUDIO_RESERVATION", "JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER")


@contextlib.contextmanager
def jack_server(rate: int = RATE, block: int = 1024) -> Iterator[subprocess.Popen[bytes]]:
    """jackd on a server of its own, which this process's environment names, for as long as the block runs."""
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed")
    before = {key: os.environ.get(key) for key in _ENVIRONMENT}
    with _server_name() as name:
        os.environ.update(JACK_NO_AUDIO_RESERVATION="1", JACK_DEFAULT_SERVER=name, JACK_NO_START_SERVER="1")
        server = _start_jackd(name, rate, block)
        try:
            yield server
        finally:
            server.terminate()
            server.wait(10)
            for key, value in before.items():
                if value is None:
                    os.environ.pop(key, None)
                else:
                    os.environ[key] = value


@contextlib.contextmanager
def _server_name() -> Iterator[str]:
    """One of a few names, ours until the block ends.

    JACK keeps eight places for servers in shared memory, and a killed server keeps its place until a server of the
    same name starts. With a new name each time, eight runs of the tests that kill a server would use them up.
    """
    for number in range(4):
        name = f"backline-test-{number}"
        with (Path(tempfile.gettempdir()) / f"{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if _answers(name):
                continue  # left over from a test run that was killed
            yield name
            return
    pytest.fail("other test runs, or servers left over from them, hold every name of a JACK server")


def _answers(name: str) -> bool:
    try:
        return not subprocess.run(["jack_lsp", "-s", name], capture_output=True, timeout=5).returncode
    except subprocess.TimeoutExpired:
        return False


def _start_jackd(name: str, rate: int, block: int) -> subprocess.Popen[bytes]:
    """A running jackd that answers. Three tries: its clients and it may meet while they make the shared memory."""
    said = ""
    for _ in range(3):
        with tempfile.TemporaryFile() as log:
            server = subprocess.Popen(_command(name, rate, block), stdout=log, stderr=log)
            until = time.monotonic() + 20
            while server.poll() is None and time.monotonic() < until:
                if _answers(name):
                    return server
                time.sleep(0.1)
            server.kill()
            server.wait(10)
            log.seek(0)
            said += log.read().decode(errors="replace")
        if "Too many servers" in said:
            _free_places_of_killed_servers()
    pytest.fail(f"jackd did not start in three tries; it said:\n{said}")


def _command(name: str, rate: int, block: int) -> list[str]:
    return ["jackd", "--no-realtime", "--sync", "-t", "5000", "-n", name, "-L", "2",
            "-d", "dummy", "-r", str(rate), "-p", str(block)]  # fmt: skip


def _free_places_of_killed_servers() -> None:
    """Start and end a server of every registered name: a living one refuses its second, a dead one's place is freed."""
    registry = Path("/dev/shm/jack-shm-registry").read_bytes()
    for name in {match.decode() for match in re.findall(rb"jack-\d+:([\w-]+):", registry)}:
        server = subprocess.Popen(
            _command(name, RATE, 1024), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(1)
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def jack_loop(rate: int = RATE, block: int = 1024) -> Iterator[Device]:
    """The loopback device of such a server."""
    with jack_server(rate, block):
        try:
            refresh_devices()
            found = [d for d in devices() if d.name == "loopback"]
            assert found, "jackd's loopback is not among the devices"
            yield found[0]
        finally:
            leave_the_server()


def leave_the_server() -> None:
    """Before it goes: this process's library is not left alone for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JACK_DEFAULT_SERVER", "backline-test-none")
        refresh_devices()


def noise(seed: int, frames: int) -> np.ndarray:
    """White noise, float32 [2, frames]: every stretch of it is found again at one place only."""
    return np.random.default_rng(seed).uniform(-0.4, 0.4, (2, frames)).astype(np.float32)


def wait_until(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def find(recording: np.ndarray, part: np.ndarray) -> int:
    """Where the first samples of `part` stand in the recording."""
    hits = np.flatnonzero(recording[0] == part[0, 0])
    for at in hits:
        if np.array_equal(recording[:, at : at + 64], part[:, :64]):
            return int(at)
    raise AssertionError("not found in the recording")
