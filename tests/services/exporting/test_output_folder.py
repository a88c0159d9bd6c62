"""Folders for results: tried before the work, and left as they were."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.services.exporting.output_folder import check_writable


def test_a_folder_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    check_writable(kept)
    check_writable(tmp_path / "new" / "within")
    assert [path.name for path in tmp_path.rglob("*")] == ["kept"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_folder_that_only_claims_to_be_writable_is_refused() -> None:
    with pytest.raises(StudioError, match="Cannot write to /proc/backline"):
        check_writable(Path("/proc/backline"))


def test_a_file_in_the_way_is_named_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "song.wav"
    file.write_bytes(b"sound")
    for out in (file, file / "results"):
        with pytest.raises(StudioError, match="is a file"):
            check_writable(out)
    assert file.read_bytes() == b"sound"
    assert list(tmp_path.iterdir()) == [file]


def test_a_name_that_no_disk_takes_is_refused(tmp_path: Path) -> None:
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(StudioError, match="Cannot write"):
            check_writable(tmp_path / "new" / name)
    assert not list(tmp_path.iterdir())
