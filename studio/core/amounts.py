"""Amounts in words: how many, of memory, of files, of time; "GB" and decimal figures are the same in every language."""

from __future__ import annotations

from studio.core.language import tr


def many(number: int, one: str, more: str = "") -> str:
    """'1 file', '4 files'; `more` where an s does not make it. Of what is told in English
    alone, as the command line's own words are; what is translated has `trn`."""
    return f"{number} {one if number == 1 else more or one + 's'}"


def in_gb(amount: float, figures: int = 1) -> str:
    """'1.2 GB', of bytes; a gigabyte has 10^9 of them."""
    return f"{amount / 1e9:.{figures}f} GB"


def apart_in_gb(one: float, other: float) -> tuple[str, str]:
    """Two amounts that are held against each other, with a further figure where they would read the same."""
    figures = 1 if in_gb(one) != in_gb(other) else 2
    return in_gb(one, figures), in_gb(other, figures)


def in_minutes(seconds: float) -> str:
    """'8 s', '2 min 05 s': rounded up, so that it never promises too much."""
    whole = int(-(-seconds // 1))
    if whole < 60:
        return tr("{seconds} s", seconds=whole)
    return tr("{minutes} min {seconds:02d} s", minutes=whole // 60, seconds=whole % 60)
