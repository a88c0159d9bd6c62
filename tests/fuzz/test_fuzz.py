"""No damaged file is answered with anything but a value or a clear line. `BACKLINE_FUZZ` is the number of files; more
of them, each reader in a process of its own, with `python -m tests.fuzz --count N`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fuzz.mutate import mutated
from tests.fuzz.reader import Reader
from tests.fuzz.readers import every_reader
from tests.fuzz.run import fuzz_here

READERS = every_reader()
COUNT = int(os.environ.get("BACKLINE_FUZZ", "2000"))
SHARES = sum(reader.share for reader in READERS)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_damaged_file_is_read_or_refused_with_a_clear_line(reader: Reader, tmp_path: Path) -> None:
    count = max(1, round(COUNT * reader.share / SHARES))
    tally = fuzz_here(reader, tmp_path, count)
    assert not tally.faults, "\n".join(tally.faults[:20])
    assert sum(tally.outcomes.values()) == count


def test_the_mutator_is_deterministic_and_damages() -> None:
    content = b'{"a": [1, 2, {"b": "c"}], "d": 3.5}' * 1
    assert [mutated(content, seed) for seed in range(50)] == [mutated(content, seed) for seed in range(50)]
    assert len({mutated(content, seed) for seed in range(200)}) > 120


def test_a_reader_that_crashes_is_found(tmp_path: Path) -> None:
    def read(path: Path) -> object:
        return path.read_bytes().decode("utf-8")  # UnicodeDecodeError is no clear line

    def make(folder: Path) -> Path:
        (folder / "a").write_bytes("é".encode() * 50)
        return folder / "a"

    assert fuzz_here(Reader("careless", make, read), tmp_path, 100).faults
