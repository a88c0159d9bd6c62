"""Killed in the middle of anything: nothing that was told is lost, and nothing half-written is found."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_KILLS = int(os.environ.get("BACKLINE_KILLS", "80"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_killed_at_random_moments_a_project_is_what_its_user_was_told() -> None:
    # In a process of its own: it forks, which a process with threads must not.
    command = [sys.executable, "-m", "tests.services.project.killed", "--count", str(_KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{_KILLS} killed" in done.stdout
