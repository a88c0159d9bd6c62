"""Amounts in words."""

from __future__ import annotations

import re
from pathlib import Path

import studio
from studio.core.amounts import apart_in_gb, in_gb, in_minutes, many


def test_bytes_are_told_in_gigabytes() -> None:
    assert (in_gb(1_250_000), in_gb(8e9), in_gb(8.126e9, 2)) == ("0.0 GB", "8.0 GB", "8.13 GB")


def test_two_amounts_that_differ_little_are_told_apart() -> None:
    assert apart_in_gb(1.17e9, 1.18e9) == ("1.17 GB", "1.18 GB")
    assert apart_in_gb(1.1e9, 1.2e9) == ("1.1 GB", "1.2 GB")


def test_times_are_rounded_up() -> None:
    assert [in_minutes(s) for s in (7.1, 59.9, 600.0, 600.2)] == [
        "8 s",
        "1 min 00 s",
        "10 min 00 s",
        "10 min 01 s",
    ]


def test_one_is_told_in_the_singular() -> None:
    assert [many(n, "candidate") for n in (0, 1, 4)] == ["0 candidates", "1 candidate", "4 candidates"]
    assert [many(n, "person", "people") for n in (1, 2)] == ["1 person", "2 people"]


def test_no_command_counts_without_its_singular() -> None:
    """Numbers before a plural, in the words of the command line and of what it measures with."""
    root = Path(studio.__file__).parent
    counted = re.compile(r"\{(?:len|sum)\([^{}]*\)\} [a-z]+s\b|\{counts\} [a-z]+s\b")
    plain = [
        f"{path.name}: {line.strip()}"
        for folder in ("cli", "services/machine", "services/measuring", "services/taste")
        for path in sorted((root / folder).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if counted.search(line)
    ]
    # Of readings and vocals there are several, or there is nothing to tell.
    assert [line for line in plain if " readings of it" not in line and ' vocals"' not in line] == []
