"""Temporary names, and what killed processes leave."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.core.part_path import part_path, writer_of
from studio.storage.atomic import named, new_folder, sweep_parts, write_text
from studio.storage.temporary import sweep_temporary_folders, temporary_folder


def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_no_two_writers_share_a_temporary_name(tmp_path: Path) -> None:
    names = {part_path(tmp_path / "a") for _ in range(100)}
    assert len(names) == 100
    assert {writer_of(name) for name in names} == {os.getpid()}


def test_two_threads_that_write_one_file_both_succeed(tmp_path: Path) -> None:
    failed: list[Exception] = []

    def write(text: str) -> None:
        try:
            for _ in range(100):
                write_text(tmp_path / "a", text)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(text * 1000,)) for text in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert (tmp_path / "a").read_text() in ("x" * 1000, "y" * 1000, "z" * 1000)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_that_finds_no_room_in_a_new_folder_is_told_as_the_folder(tmp_path: Path) -> None:
    with (
        pytest.raises(StudioError) as told,
        new_folder(
            tmp_path / "a", "Cannot write a", expected="a folder with room", todo="Make room"
        ) as folder,
    ):
        raise StudioError("Cannot write b.wav", seen="No space left", expected=f"3 MB free: {folder}")
    assert str(told.value) == "Cannot write a. Found: No space left. Expected: a folder with room. Make room."
    with (
        pytest.raises(StudioError, match="Another reason"),
        new_folder(tmp_path / "a", "Cannot write a", expected="a folder with room", todo="Make room"),
    ):
        raise StudioError("Another reason")
    assert not list(tmp_path.iterdir())


def test_two_folders_that_want_one_name_both_get_one(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "content").write_text(name)
    assert named(tmp_path / "x", tmp_path / "a") == tmp_path / "a"
    assert named(tmp_path / "y", tmp_path / "a") == tmp_path / "a_v02"
    assert (tmp_path / "a" / "content").read_text() == "x"


def test_only_what_dead_processes_were_writing_is_swept(tmp_path: Path) -> None:
    dead, inner = dead_pid(), tmp_path / "inner"
    inner.mkdir()
    gone = [tmp_path / f".a.wav.{dead}-1.part", tmp_path / f".candidate_01.{dead}-2.part"]
    gone[0].write_text("half")
    gone[1].mkdir()
    (gone[1] / "bass.wav").write_text("half")
    deep = inner / f".b.{dead}-1.part"
    deep.write_text("half")
    kept = [
        part_path(tmp_path / "a"),
        tmp_path / ".a.part",
        tmp_path / "b.txt",
        tmp_path / ".x.notanumber.part",
    ]
    for path in kept:
        path.write_text("mine")
    assert set(sweep_parts(tmp_path, deep=False)) == set(gone)
    assert deep.exists()
    assert sweep_parts(tmp_path) == (deep,)
    assert all(path.exists() for path in kept)


def test_temporary_folders_of_dead_processes_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = tmp_path / f"backline-{dead_pid()}-abc"
    gone.mkdir()
    (gone / "array").write_text("left")
    mine = temporary_folder()
    (tmp_path / "backline-other").mkdir()
    assert not gone.exists()  # swept when the next folder is made
    assert sweep_temporary_folders() == ()
    assert Path(mine.name).exists()
    mine.cleanup()
    assert (tmp_path / "backline-other").exists()
