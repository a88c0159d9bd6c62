from __future__ import annotations

import os
import sys

import pytest

from studio.storage.outside import as_outside, outside_environment


def paths(environment: dict[str, str]) -> tuple[str | None, str | None]:
    return environment.get("LD_LIBRARY_PATH"), environment.get("LD_LIBRARY_PATH_ORIG")


@pytest.mark.parametrize("before", [None, "/opt/lib"])
def test_the_package_keeps_its_libraries_to_itself(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", "/opt/Backline", raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/Backline")
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    if before is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    ours = paths(dict(os.environ))
    assert paths(outside_environment()) == (before, None)
    with as_outside():
        assert paths(dict(os.environ)) == (before, None)
    assert paths(dict(os.environ)) == ours


def test_in_the_repository_nothing_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/cuda")
    assert outside_environment() == dict(os.environ)
