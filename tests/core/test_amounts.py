"""Amounts in words."""

from __future__ import annotations

from studio.core.amounts import apart_in_gb, in_gb, in_minutes


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
