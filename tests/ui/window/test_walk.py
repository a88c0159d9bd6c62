"""From *record* to *export* by keys alone: on a small screen and at 200 %, dark and light, in English and Japanese."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.ui.walk.place import PAIRWISE, Place


@pytest.fixture(scope="module")
def told() -> str:
    """What was said of all walks; each is a process, forked from one."""
    if not hasattr(os, "fork"):
        pytest.skip("walks are forked")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.walk"], env=environment, capture_output=True, text=True, timeout=400
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("place", PAIRWISE, ids=str)
def test_from_record_to_export_by_keys_alone(place: Place, told: str) -> None:
    """All eight, with pictures of every station: python -m tests.ui.walk --every --whole --pictures DIR"""
    assert f"{place}: well" in told, told
