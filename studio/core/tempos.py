"""How a tempo is said: in one way in fields, rows, names and on the terminal."""

from __future__ import annotations

#: Of a quarter a minute. Somebody who types the tempo of a name into a DAW is off by half of the last at most: 5 ms at
#: the end of ten minutes at 60 bpm, which nobody hears.
DECIMALS = 3


def said_bpm(tempo_bpm: float) -> str:
    """A tempo with as many decimals as it has, from one to three: '120.0', '46.25'."""
    whole, _, decimals = f"{tempo_bpm:.{DECIMALS}f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"
