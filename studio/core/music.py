"""Pitch names, keys, chords and meters: parsing, printing and their pitch classes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from studio.core.errors import StudioError
from studio.core.language import tr

SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Major keys that are written with flats, as tonic pitch classes; a minor key is spelt as its relative.
_FLAT_MAJORS = {5, 10, 3, 8, 1}
# For each semitone above the tonic, the degree (from 0) whose letter it takes: b2, b3, #4, b6 and b7 beside a major
# scale; b2 and the raised third, fourth, sixth and seventh beside a minor one.
_DEGREES = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)
_ODD = {("E", 1), ("B", 1), ("C", -1), ("F", -1)}

#: Tempos that a band plays, slowest and fastest, quarters a minute: what can be said, tapped and typed.
PLAYED_BPM = (30.0, 300.0)
#: Semitones above the root of each chord quality the arrangement knows, in vocabulary order.
QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "sus4": (0, 5, 7),
    "dim": (0, 3, 6),
}
_SUFFIX = {"maj": "", "min": "m", "7": "7", "maj7": "maj7", "min7": "m7", "sus4": "sus4", "dim": "dim"}
_QUALITY_OF_SUFFIX = {
    "": "maj", "M": "maj", "maj": "maj", "m": "min", "min": "min", "-": "min", "7": "7",
    "maj7": "maj7", "M7": "maj7", "m7": "min7", "min7": "min7", "-7": "min7", "sus4": "sus4", "sus": "sus4",
    "sus2": "sus4", "dim": "dim", "o": "dim", "dim7": "dim", "m7b5": "dim", "6": "maj", "m6": "min",
    "9": "7", "add9": "maj", "m9": "min7", "maj9": "maj7", "11": "7", "13": "7", "aug": "maj", "+": "maj",
    "5": "maj",
}  # fmt: skip


def parse_pitch_class(text: str) -> int:
    """'Bb' -> 10. Raises ValueError for anything else than a letter and accidentals."""
    match = re.fullmatch(r"([A-Ga-g])([#b♯♭]*)", text.strip())
    if not match:
        raise ValueError(f"not a pitch name: {text!r}")
    accidentals = sum(1 if a in "#♯" else -1 for a in match[2])
    return (_LETTERS[match[1].upper()] + accidentals) % 12


@dataclass(frozen=True)
class Key:
    """A tonic pitch class (0 = C) and a mode, 'major' or 'minor'."""

    tonic: int
    mode: str

    def __str__(self) -> str:
        return f"{self.names[self.tonic]} {self.mode}"

    @property
    def names(self) -> tuple[str, ...]:
        """Pitch names as this key spells them: C major has a Bb beside its scale, A minor a G#."""
        return _spelling(self.tonic, self.mode)

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes of the major or natural minor scale."""
        steps = (0, 2, 4, 5, 7, 9, 11) if self.mode == "major" else (0, 2, 3, 5, 7, 8, 10)
        return tuple((self.tonic + s) % 12 for s in steps)

    @classmethod
    def parse(cls, text: str) -> Key:
        """Reads 'A minor', 'Am', 'F# major', 'Bb'. Raises StudioError."""
        match = re.fullmatch(r"\s*([A-Ga-g][#b♯♭]?)\s*(m|min|minor|maj|major)?\s*", text, re.IGNORECASE)
        if not match:
            raise StudioError(
                tr("Cannot read the key"),
                seen=repr(text),
                expected=tr("a name such as 'A minor' or 'Bb major'"),
            )
        word = match[2] or ""
        minor = word == "m" or word.lower().startswith("min")
        return cls(parse_pitch_class(match[1]), "minor" if minor else "major")


@cache
def _spelling(tonic: int, mode: str) -> tuple[str, ...]:
    relative_major = tonic if mode == "major" else (tonic + 3) % 12
    simple = FLAT_NAMES if relative_major in _FLAT_MAJORS else SHARP_NAMES
    letters = list(_LETTERS)
    first = letters.index(simple[tonic][0])
    names = list(simple)
    for above, degree in enumerate(_DEGREES):
        pitch, letter = (tonic + above) % 12, letters[(first + degree) % 7]
        accidental = (pitch - _LETTERS[letter] + 6) % 12 - 6
        # Players read C for a B#, and a simple name for two signs.
        if abs(accidental) < 2 and (letter, accidental) not in _ODD:
            names[pitch] = letter + {-1: "b", 0: "", 1: "#"}[accidental]
    return tuple(names)


@dataclass(frozen=True)
class Chord:
    """A root pitch class and one of QUALITIES; `root` None is 'no chord'."""

    root: int | None
    quality: str = "maj"

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Pitch classes from the root up; empty for no chord."""
        return () if self.root is None else tuple((self.root + s) % 12 for s in QUALITIES[self.quality])

    def name(self, key: Key | None = None) -> str:
        """'Bbm7', spelt in the key when one is given; 'N' for no chord."""
        if self.root is None:
            return "N"
        return (key.names if key else SHARP_NAMES)[self.root] + _SUFFIX[self.quality]

    @classmethod
    def parse(cls, text: str) -> Chord:
        """Reads common lead-sheet names; a bass after '/' is dropped, extensions are simplified."""
        symbol = text.strip()
        if symbol.upper() in ("N", "N.C.", "NC"):
            return cls(None)
        match = re.fullmatch(r"([A-G][#b♯♭]?)([^/]*)(/[A-G][#b]?)?", symbol)
        if not match or match[2] not in _QUALITY_OF_SUFFIX:
            raise StudioError(
                tr("Cannot read the chord {symbol!r}", symbol=symbol),
                expected=tr("names such as C, Am, F#m7, Bb7, Gsus4, Bdim or N"),
            )
        return cls(parse_pitch_class(match[1]), _QUALITY_OF_SUFFIX[match[2]])

    @classmethod
    def parse_many(cls, text: str) -> tuple[Chord, ...]:
        """Reads 'Am F | C G' as one chord a bar; bars are repeated to the end of the song."""
        return tuple(cls.parse(word) for word in re.split(r"[\s|,]+", text.strip()) if word)

    @classmethod
    def parse_each(cls, text: str) -> tuple[TypedChord, ...]:
        """Like `parse_many`, but what cannot be read is told word by word, and the rest is kept.

        Words in brackets before all others are for the bars of the pickup: '(G) C F C'.
        """
        words: list[TypedChord] = []
        opened = False
        for match in re.finditer(r"\(|\)|[^\s|,()]+", text):
            if match[0] in "()":
                opened = match[0] == "(" and all(word.is_pickup for word in words)
                continue
            try:
                chord, error = cls.parse(match[0]), None
            except StudioError as failure:
                chord, error = None, failure
            words.append(TypedChord(match[0], match.span(), chord, error, opened))
        return tuple(words)


@dataclass(frozen=True)
class TypedChord:
    """One word of a typed chord line.

    Attributes:
        text: the word.
        span: first character in the line and the one past the last.
        chord: None where the word is none.
        error: why; None for a chord.
        is_pickup: whether it belongs to a bar before the first full one.
    """

    text: str
    span: tuple[int, int]
    chord: Chord | None
    error: StudioError | None = None
    is_pickup: bool = False


@dataclass(frozen=True)
class Meter:
    """A time signature.

    A grid counts quarters: 6/8 has three a bar. Only 7/8, whose bar is no whole number of quarters, is counted in
    eighths; its tempo is still told in quarters.
    """

    numerator: int
    denominator: int

    #: Those the arrangement model was trained in, in its order; the others are written as rows of these.
    WRITTEN: ClassVar = ((4, 4), (3, 4), (6, 8), (2, 4))
    #: Those that can be given.
    SUPPORTED: ClassVar = (*WRITTEN, (5, 4), (7, 8))
    _GROUPS: ClassVar = {(5, 4): ((3, 4), (2, 4)), (7, 8): ((4, 4), (3, 4))}

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def quarters_per_bar(self) -> int:
        """Beats of the grid in a bar: quarters, in 7/8 eighths."""
        return self.numerator if self._is_in_eighths else self.numerator * 4 // self.denominator

    @property
    def beat_quarters(self) -> float:
        """Length of a beat of the grid in quarters."""
        return 0.5 if self._is_in_eighths else 1.0

    @property
    def _is_in_eighths(self) -> bool:
        return self.denominator == 8 and self.numerator % 2 == 1

    @property
    def groups(self) -> tuple[Meter, ...]:
        """The written meters that a bar is made of, as beats of the grid: 5/4 is three and two, 7/8 four and three."""
        pairs = self._GROUPS.get((self.numerator, self.denominator), ((self.numerator, self.denominator),))
        return tuple(Meter(*pair) for pair in pairs)

    @classmethod
    def parse(cls, text: str) -> Meter:
        """Reads '3/4'. Raises StudioError for a meter the grooves do not know."""
        match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
        if not match or (int(match[1]), int(match[2])) not in cls.SUPPORTED:
            raise StudioError(
                tr("Cannot use the meter"), seen=repr(text), expected=tr("4/4, 3/4, 6/8, 2/4, 5/4 or 7/8")
            )
        return cls(int(match[1]), int(match[2]))
