"""What every test shares: Qt without a screen, user folders of its own, and no thread left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# As the application: threads that wait for each other sleep (services/generating/service.py).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if "PYTEST_XDIST_WORKER" in os.environ:  # two share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def own_user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and data of whoever runs the tests are neither read nor changed."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: _made(home / "data"))
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: _made(home / "config"))


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fails a test that leaves a thread running."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 5
    while leaked := [t for t in threading.enumerate() if t not in before and not t.daemon and t.is_alive()]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads left running: {[t.name for t in leaked]}")
        time.sleep(0.01)
