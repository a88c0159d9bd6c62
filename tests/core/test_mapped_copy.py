from __future__ import annotations

import mmap
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio.core import mapped_copy
from studio.core.mapped_copy import copied
from studio.core.scratch import is_mapped


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "samples"
    np.arange(2 * 40_000, dtype=np.float32).tofile(path)
    return path


def interleaved(path: Path) -> np.ndarray:
    return np.asarray(np.memmap(path, np.float32, "r", shape=(40_000, 2))).T


def apart(path: Path) -> np.ndarray:
    return np.asarray(np.memmap(path, np.float32, "r", shape=(2, 40_000)))


@pytest.mark.parametrize("mapped", [interleaved, apart])
@pytest.mark.parametrize(("start", "stop"), [(0, 40_000), (7, 9), (39_990, 50_000), (100, 100)])
def test_a_copy_has_the_same_samples_and_lies_elsewhere(file: Path, mapped, start: int, stop: int) -> None:  # type: ignore[no-untyped-def]
    samples = mapped(file)
    part = copied(samples, start, stop)
    np.testing.assert_array_equal(part, samples[:, start:stop])
    assert not part.size or not is_mapped(part)


def test_one_channel_on_both_sides(file: Path) -> None:
    both = np.broadcast_to(interleaved(file)[0], (2, 40_000))
    np.testing.assert_array_equal(copied(both, 5, 90), both[:, 5:90])


def test_what_is_not_mapped_is_not_copied() -> None:
    samples = np.zeros((2, 9), np.float32)
    assert copied(samples, 0, 9).base is samples


def test_a_file_that_was_cut_is_an_error(file: Path) -> None:
    samples = interleaved(file)
    with file.open("r+b") as cut:
        cut.truncate(mmap.PAGESIZE)
    with pytest.raises(OSError, match="cut short"):
        copied(samples, 30_000, 30_010)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the length is all that is asked for")
def test_also_where_it_is_cut_between_question_and_look(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = interleaved(file)
    monkeypatch.setattr(mapped_copy, "is_cut_short", lambda _: False)
    with file.open("r+b") as cut:
        cut.truncate(mmap.PAGESIZE)
    for start, stop in ((30_000, 30_010), (0, 40_000)):
        with pytest.raises(OSError, match="cut short"):
            copied(samples, start, stop)
    np.testing.assert_array_equal(copied(samples, 0, 10)[0], np.arange(0, 20, 2))  # what is there is read
    look = (
        "import numpy as np, sys; a = np.memmap(sys.argv[1], np.float32, 'r'); "
        "open(sys.argv[1], 'r+b').truncate(0); print(a[0])"
    )
    assert (
        subprocess.run([sys.executable, "-c", look, str(file)], check=False).returncode < 0
    )  # it would end us
