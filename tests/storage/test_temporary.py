"""Temporary folders: they go with the process that made them, at the latest when the next one is made."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from studio.storage.temporary import sweep_temporary_folders, temporary_folder


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def _dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_process_left_is_removed_when_the_next_folder_is_made(place: Path) -> None:
    left = place / f"backline-{_dead_pid()}-abc"
    left.mkdir()
    (left / "stem").write_bytes(b"0" * 1000)
    with temporary_folder() as name:
        assert [path.name for path in place.iterdir()] == [Path(name).name]
    assert not list(place.iterdir())


def test_folders_of_the_living_and_of_others_stay(place: Path) -> None:
    for name in (f"backline-{os.getpid()}-mine", "backline-bench-1", f"other-{_dead_pid()}-x"):
        (place / name).mkdir()
    before = sorted(place.iterdir())
    assert sweep_temporary_folders() == ()
    assert sorted(place.iterdir()) == before


def test_a_link_is_not_followed(place: Path) -> None:
    (place / "kept").mkdir()
    (place / "kept" / "file").touch()
    try:
        (place / f"backline-{_dead_pid()}-link").symlink_to(place / "kept")
    except OSError:
        pytest.skip("no links here")
    assert sweep_temporary_folders() == ()
    assert (place / "kept" / "file").exists()
