"""The vocabulary of our harmony: Roman numerals, the loops of the repertoire, and what may follow what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from studio.core.music import Chord, Key

_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_SUFFIXES = {"": "maj", "7": "7", "maj7": "maj7", "sus": "sus4", "o": "dim"}


@dataclass(frozen=True)
class Numeral:
    """A chord relative to the tonic: semitones above it and a quality."""

    degree: int
    quality: str

    def in_key(self, key: Key) -> Chord:
        return Chord((key.tonic + self.degree) % 12, self.quality)


@cache
def numeral(text: str) -> Numeral:
    """Reads 'ii7', 'bVII', 'V7', 'Vsus', 'viio', 'IVmaj7': degrees count from the major scale in both modes."""
    match = re.fullmatch(r"(b|#)?([IV]+|[iv]+)(7|maj7|sus|o)?", text)
    if not match:
        raise ValueError(f"not a numeral: {text!r}")
    shift = {"b": -1, "#": 1}.get(match[1] or "", 0)
    quality = _SUFFIXES[match[3] or ""]
    if match[2].islower():
        quality = {"maj": "min", "7": "min7"}.get(quality, quality)
    return Numeral((_DEGREES[match[2].upper()] + shift) % 12, quality)


def parse_bars(text: str) -> tuple[Bar, ...]:
    """'I V/vi IV' -> bars of numerals; '/' joins the two chords of one bar."""
    return tuple(tuple(numeral(n) for n in bar.split("/")) for bar in text.split())


#: One or two chords.
Bar = tuple[Numeral, ...]

#: Repertoire loops with weights. Each is the common property of its style; none belongs to one song.
_MAJOR_LOOPS: dict[str, float] = {
    "I V vi IV": 8, "vi IV I V": 7, "I vi IV V": 6, "I IV V IV": 4, "I IV I V": 5, "IV I V vi": 4, "I V IV IV": 3,
    "I IV vi V": 5, "vi V IV V": 4, "I iii IV V": 4, "I ii IV V": 3, "IV V iii vi": 4, "IV V I vi": 3,
    "I V vi iii IV I IV V": 4, "I vi ii V": 4, "ii V I I": 4, "ii V I vi": 4, "I bVII IV I": 3, "I bVII IV IV": 2,
    "I V bVII IV": 2, "I IV iv I": 2, "I I IV IV": 4, "I I V V": 3, "IV IV I I": 3, "I iii vi IV": 3,
    "I V/vi IV I/V": 2, "I/V vi/IV I/V IV": 2, "I bVI bVII I": 1, "I III IV iv": 1, "I ii iii IV": 2,
    "IVmaj7 iii7 ii7 Imaj7": 2, "Imaj7 IVmaj7 Imaj7 IVmaj7": 3, "I II IV I": 1, "I ii I ii": 2, "I IV": 3,
    "I IV/V I IV/V": 3, "vi I IV I": 2, "vi IV V I": 3, "I v IV I": 1, "I bVII I bVII": 2,
}  # fmt: skip
_MINOR_LOOPS: dict[str, float] = {
    "i bVI bIII bVII": 8, "i bVII bVI bVII": 6, "i bVII bVI V": 5, "i iv i V": 4, "i iv bVII bIII": 4,
    "i bVI iv V": 5, "i v bVI bVII": 3, "i bIII bVII iv": 3, "i iv bVI V": 4, "i bVII i bVII": 3, "i iv": 3,
    "i IV i IV": 3, "i bIII IV bVI": 1, "bVI bVII i i": 5, "iv bVII bIII bVI": 2, "i bVI i bVI": 2, "i i iv iv": 3,
    "i bVII iv i": 3, "i v iv i": 2, "i bIII iv bVI": 2, "iv i V i": 2, "bVI bIII bVII i": 3, "i V i V": 2,
    "i bVII/bVI i bVII": 2, "i iv/V i iv/V": 2, "iv7 bVII7 bIIImaj7 bVImaj7 iio V i i": 3, "i bII i bII": 1,
    "i7 IV7": 2, "i V bVII IV bVI bIII iv V": 1,
}  # fmt: skip
LOOPS = {"major": _MAJOR_LOOPS, "minor": _MINOR_LOOPS}
BLUES = {
    "major": (
        "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",
        "I7 IV7 I7 I7 IV7 IV7 I7 VI7 ii7 V7 I7 V7",
        "I I7 IV IV I V7 I I",
    ),
    "minor": ("i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 i7",),
}
BRIDGES = {
    "major": (
        "vi iii IV I vi iii IV V", "IV IV I I IV IV V V", "III7 III7 VI7 VI7 II7 II7 V7 V7", "vi vi ii ii IV IV V V",
        "iv iv I I iv bVII V V", "bVI bVII I I bVI bVII V V", "ii V iii vi ii V I I", "IV V iii vi IV V V V",
    ),
    "minor": (
        "bVI bVI bIII bIII iv iv V V", "iv iv i i bVI bVII V V", "bIII bVII i i bIII bVII V V",
        "iv bVII bIII bVI iio V i i",
        "bVI bVII bVI bVII bVI bVII V V",
    ),
}  # fmt: skip

#: What may follow a chord in the middle of a phrase: Piston's table of root progressions, loosened to popular song.
MOVES: dict[str, dict[str, dict[str, float]]] = {
    "major": {
        "I": {"IV": 5, "V": 4, "vi": 4, "ii": 2, "iii": 2, "I": 2},
        "ii": {"V": 6, "IV": 1, "I": 1},
        "iii": {"vi": 4, "IV": 4, "ii": 1},
        "IV": {"V": 4, "I": 4, "ii": 2, "vi": 1},
        "V": {"I": 6, "vi": 3, "IV": 2},
        "vi": {"IV": 4, "ii": 3, "V": 2, "iii": 1},
    },
    "minor": {
        "i": {"iv": 4, "bVII": 4, "bVI": 3, "V": 3, "bIII": 2, "i": 2},
        "iv": {"V": 4, "i": 3, "bVII": 2},
        "bIII": {"bVI": 3, "bVII": 3, "iv": 2},
        "bVI": {"bVII": 4, "iv": 2, "V": 3, "bIII": 2},
        "bVII": {"i": 4, "bIII": 3, "bVI": 2},
        "V": {"i": 6, "bVI": 2},
    },
}
CADENCES = {
    "major": {"V I": 8, "IV I": 3},
    "minor": {"V i": 7, "bVII i": 4, "iv i": 3},
}
HALF_CADENCES = {
    "major": {"IV V": 4, "ii V": 3, "I V": 4, "vi V": 1},
    "minor": {"iv V": 4, "bVI V": 3, "i V": 3, "bVI bVII": 2},
}
