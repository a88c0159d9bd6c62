"""Two processes train what one would."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from studio.core.errors import StudioError
from studio.training.runs import distributed
from tests.training.runs.train_tiny import numbers, train_tiny

_ROOT = Path(__file__).resolve().parents[3]


def _two_processes(folder: Path, steps: int) -> None:
    """As `torchrun --nproc-per-node 2` starts them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1",
             "GLOO_SOCKET_IFNAME": "lo"}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.runs.train_tiny", str(folder), str(steps)],
            cwd=_ROOT, env={**os.environ, **words, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        )
        for rank in range(2)
    ]  # fmt: skip
    assert [process.wait(300) for process in started] == [0, 0]


def test_two_processes_end_where_one_does(tmp_path: Path) -> None:
    """With the same batches, half of each in either; they go on with what one process began; one log, one owner."""
    for name in ("one", "two"):
        train_tiny(tmp_path / name, 10)
    before = load_file(tmp_path / "two/ema.safetensors")
    train_tiny(tmp_path / "one", 20)
    _two_processes(tmp_path / "two", 20)
    one, two = (torch.load(tmp_path / name / "state.pt", weights_only=True) for name in ("one", "two"))
    assert one["step"] == two["step"] == 20
    for part in ("network", "average"):
        for name, value in one[part].items():
            torch.testing.assert_close(two[part][name], value, atol=1e-5, rtol=1e-4)
    assert any(not torch.equal(before[name], value) for name, value in two["average"].items())
    logs = []
    for name in ("one", "two"):
        with (tmp_path / name / "log.csv").open() as file:
            logs.append([(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file)])
    assert [step for step, _ in logs[1]] == [10, 20]
    for (_, alone), (_, together) in zip(*logs, strict=True):
        assert together == pytest.approx(alone, rel=1e-4)  # of both halves, not of the first one's
    with (tmp_path / "two/held_out.csv").open() as file:
        assert [row["rank"] for row in csv.DictReader(file)] == ["0", "0"]


def test_rows_are_shared_out_evenly_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = numbers(0)
    assert distributed.share_of(batch) is batch
    monkeypatch.setattr(distributed, "world", lambda: 4)
    monkeypatch.setattr(distributed, "rank", lambda: 2)
    assert torch.equal(distributed.share_of(batch)["x"], batch["x"][4:6])
    monkeypatch.setattr(distributed, "world", lambda: 3)
    with pytest.raises(StudioError, match="cannot be shared out"):
        distributed.share_of(batch)
