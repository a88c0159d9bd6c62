"""Chords on six strings: where a hand can take them.

A voicing for piano is not one for guitar. Of all places on the neck the one is taken whose notes are the chord's, whose
lowest is the wanted bass and whose highest is near the wanted top; the hand spans four frets, open strings are free.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

#: Standard tuning, MIDI.
STRINGS = (40, 45, 50, 55, 59, 64)
_SPAN = 3
_HIGHEST_FRET = 12


@lru_cache(maxsize=4096)
def fretted(pitches: tuple[int, ...], strings: int = 6) -> tuple[int, ...]:
    """The pitches of a strummed chord from the lowest string to the highest; the given ones where no hand fits them.

    Args:
        pitches: what is written, lowest first, at least two.
        strings: how many may sound, at most.
    """
    classes = {p % 12 for p in pitches}
    if len(classes) < 2:
        return pitches
    best: tuple[float, tuple[int, ...]] | None = None
    for base in range(_HIGHEST_FRET - _SPAN + 1):
        for first in range(4):
            taken = _grip(pitches, classes, base, first, strings)
            if taken is None:
                continue
            missing = len(classes - {p % 12 for p in taken})
            cost = 6.0 * missing + abs(taken[-1] - pitches[-1]) + 1.5 * abs(taken[0] - pitches[0]) / 12
            cost += 0.3 * base + 0.8 * (strings - len(taken))
            if best is None or cost < best[0]:
                best = cost, taken
    return best[1] if best is not None and best[0] < 14.0 else pitches


def _grip(
    pitches: Sequence[int], classes: set[int], base: int, first: int, strings: int
) -> tuple[int, ...] | None:
    """One hand: each string from `first` on takes a note of the chord, the lowest the bass; None where it cannot."""
    taken: list[int] = []
    used: set[int] = set()
    for string in STRINGS[first : first + strings]:
        frets = [0, *range(max(base, 1), base + _SPAN + 1)]
        notes = [string + fret for fret in frets]
        if not taken:
            notes = [n for n in notes if n % 12 == pitches[0] % 12]
        else:
            notes = [n for n in notes if n % 12 in classes and n > taken[-1] and n <= pitches[-1] + 4]
        if not notes:
            if not taken:
                return None
            break
        fresh = [n for n in notes if n % 12 not in used]
        note = min(fresh or notes, key=lambda n: abs(n - string - base))
        taken.append(note)
        used.add(note % 12)
    return tuple(taken) if len(taken) >= 3 else None


def power_chord(pitches: Sequence[int]) -> tuple[int, ...]:
    """What a driven guitar plays of a chord: its bass, the fifth where there is one, and the octave; thirds blur."""
    low = pitches[0]
    while low > 52:
        low -= 12
    classes = {(p - low) % 12 for p in pitches}
    fifth = next((interval for interval in (7, 8, 6) if interval in classes), 7)
    return low, low + fifth, low + 12
