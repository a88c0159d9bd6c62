"""Chords of our own songs: a grammar from folk to jazz-tinged pop, in Roman numerals.

A section's chords are either a loop of the repertoire repeated (pop, rock, modal vamps, blues) or a phrase derived
from tonic, subdominant and dominant functions with a cadence at its end. What is common to both, and makes each
song its own, follows: secondary dominants, borrowed chords, suspensions and sevenths, each with a chance that
grows with the song's `jazziness`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from studio.core.music import Chord, Key, Meter

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

# Repertoire loops with weights. Each is a common property of its style; none belongs to one song.
_MAJOR_LOOPS = {
    "I V vi IV": 8, "vi IV I V": 7, "I vi IV V": 6, "I IV V IV": 4, "I IV I V": 5, "IV I V vi": 4, "I V IV IV": 3,
    "I IV vi V": 5, "vi V IV V": 4, "I iii IV V": 4, "I ii IV V": 3, "IV V iii vi": 4, "IV V I vi": 3,
    "I V vi iii IV I IV V": 4, "I vi ii V": 4, "ii V I I": 4, "ii V I vi": 4, "I bVII IV I": 3, "I bVII IV IV": 2,
    "I V bVII IV": 2, "I IV iv I": 2, "I I IV IV": 4, "I I V V": 3, "IV IV I I": 3, "I iii vi IV": 3,
    "I V/vi IV I/V": 2, "I/V vi/IV I/V IV": 2, "I bVI bVII I": 1, "I III IV iv": 1, "I ii iii IV": 2,
    "IVmaj7 iii7 ii7 Imaj7": 2, "Imaj7 IVmaj7 Imaj7 IVmaj7": 3, "I II IV I": 1, "I ii I ii": 2, "I IV": 3,
    "I IV/V I IV/V": 3, "vi I IV I": 2, "vi IV V I": 3, "I v IV I": 1, "I bVII I bVII": 2,
}  # fmt: skip
_MINOR_LOOPS = {
    "i bVI bIII bVII": 8, "i bVII bVI bVII": 6, "i bVII bVI V": 5, "i iv i V": 4, "i iv bVII bIII": 4,
    "i bVI iv V": 5, "i v bVI bVII": 3, "i bIII bVII iv": 3, "i iv bVI V": 4, "i bVII i bVII": 3, "i iv": 3,
    "i IV i IV": 3, "i bIII IV bVI": 1, "bVI bVII i i": 5, "iv bVII bIII bVI": 2, "i bVI i bVI": 2, "i i iv iv": 3,
    "i bVII iv i": 3, "i v iv i": 2, "i bIII iv bVI": 2, "iv i V i": 2, "bVI bIII bVII i": 3, "i V i V": 2,
    "i bVII/bVI i bVII": 2, "i iv/V i iv/V": 2, "iv7 bVII7 bIIImaj7 bVImaj7 iio V i i": 3, "i bII i bII": 1,
    "i7 IV7": 2, "i V bVII IV bVI bIII iv V": 1,
}  # fmt: skip
_BLUES = {
    "major": ("I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7", "I7 IV7 I7 I7 IV7 IV7 I7 VI7 ii7 V7 I7 V7", "I I7 IV IV I V7 I I"),
    "minor": ("i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 i7",),
}
_BRIDGES = {
    "major": (
        "vi iii IV I vi iii IV V", "IV IV I I IV IV V V", "III7 III7 VI7 VI7 II7 II7 V7 V7", "vi vi ii ii IV IV V V",
        "iv iv I I iv bVII V V", "bVI bVII I I bVI bVII V V", "ii V iii vi ii V I I", "IV V iii vi IV V V V",
    ),
    "minor": (
        "bVI bVI bIII bIII iv iv V V", "iv iv i i bVI bVII V V", "bIII bVII i i bIII bVII V V", "iv bVII bIII bVI iio V i i",
        "bVI bVII bVI bVII bVI bVII V V",
    ),
}  # fmt: skip

# Functional phrases: what may follow a chord in the middle of a phrase, after Piston's table of root progressions
# loosened to what popular song does.
_MAJOR_MOVES = {
    "I": {"IV": 5, "V": 4, "vi": 4, "ii": 2, "iii": 2, "I": 2},
    "ii": {"V": 6, "IV": 1, "I": 1},
    "iii": {"vi": 4, "IV": 4, "ii": 1},
    "IV": {"V": 4, "I": 4, "ii": 2, "vi": 1},
    "V": {"I": 6, "vi": 3, "IV": 2},
    "vi": {"IV": 4, "ii": 3, "V": 2, "iii": 1},
}
_MINOR_MOVES = {
    "i": {"iv": 4, "bVII": 4, "bVI": 3, "V": 3, "bIII": 2, "i": 2},
    "iv": {"V": 4, "i": 3, "bVII": 2},
    "bIII": {"bVI": 3, "bVII": 3, "iv": 2},
    "bVI": {"bVII": 4, "iv": 2, "V": 3, "bIII": 2},
    "bVII": {"i": 4, "bIII": 3, "bVI": 2},
    "V": {"i": 6, "bVI": 2},
}
_CADENCES = {
    "major": {"V I": 8, "IV I": 3},
    "minor": {"V i": 7, "bVII i": 4, "iv i": 3},
}
_HALF_CADENCES = {
    "major": {"IV V": 4, "ii V": 3, "I V": 4, "vi V": 1},
    "minor": {"iv V": 4, "bVI V": 3, "i V": 3, "bVI bVII": 2},
}


def pick(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    """One name, drawn by weight."""
    names = list(weights)
    total = sum(weights.values())
    mark = rng.random() * total
    for name in names:
        mark -= weights[name]
        if mark < 0:
            return name
    return names[-1]


@dataclass(frozen=True)
class Palette:
    """The harmonic taste of one song: kept through all its sections.

    Attributes:
        jazziness: 0 (plain triads) to 1 (sevenths on nearly every chord).
        sevenths: numerals that this song always plays with a seventh.
        pace: chords of a loop in a bar: 1, 2, or 0.5 for one chord in two bars.
        functional: share of sections derived from functions and not from a loop; high in folk song.
    """

    jazziness: float
    sevenths: dict[Numeral, Numeral]
    pace: float
    functional: float

    @classmethod
    def draw(cls, rng: np.random.Generator, meter: Meter, tempo_bpm: float) -> Palette:
        jazziness = float(rng.choice([0.0, rng.uniform(0, 0.4), rng.uniform(0.4, 1.0)], p=[0.4, 0.4, 0.2]))
        fast = min(0.4, max(0.05, (130 - tempo_bpm) / 120)) if meter.quarters_per_bar == 4 else 0.06
        slow = 0.1 if tempo_bpm > 120 or meter.quarters_per_bar == 2 else 0.03
        pace = float(rng.choice([2.0, 0.5, 1.0], p=[fast, slow, 1 - fast - slow]))
        sevenths = {}
        for degree in range(12):
            chances = {"maj": 0.25 + 0.7 * jazziness if degree == 7 else 0.0, "min": 0.85 * jazziness}
            if degree in (0, 5, 3, 8):
                chances["maj"] = 0.75 * jazziness
            for quality, chance in chances.items():
                if rng.random() < chance:
                    rich = "min7" if quality == "min" else "7" if degree == 7 else "maj7"
                    sevenths[Numeral(degree, quality)] = Numeral(degree, rich)
        return cls(jazziness, sevenths, pace, float(rng.choice([0.1, 0.8], p=[0.65, 0.35])))


def section_bars(rng: np.random.Generator, palette: Palette, mode: str, role: str, bars: int) -> list[Bar]:
    """The chords of a section, a tuple of numerals a bar.

    Args:
        mode: 'major' or 'minor'.
        role: a section name; a bridge leaves home, an ending comes home.
        bars: how many.
    """
    if role == "bridge" and rng.random() < 0.6:
        plan = _cycle(_any(rng, _BRIDGES[mode]), bars)
    elif bars % 12 == 0 and rng.random() < 0.5:
        plan = _cycle(_any(rng, _BLUES[mode]), bars)
    elif role in ("verse", "chorus", "ending") and rng.random() < palette.functional:
        plan = _phrases(rng, mode, bars)
    else:
        plan = _loop(rng, palette, mode, bars)
    if role == "prechorus" or (role in ("verse", "bridge") and rng.random() < 0.15):
        plan[-1] = (numeral("V"),)
    if role == "ending":
        plan[-1] = (numeral("I" if mode == "major" else "i"),)
    return _colour(rng, palette, mode, plan)


def to_quarters(plan: list[Bar], key: Key, meter: Meter) -> list[Chord]:
    """Bars of one or two numerals -> one chord a quarter; the first of two is the longer in triple metre."""
    size = meter.quarters_per_bar
    chords: list[Chord] = []
    for bar in plan:
        first = bar[0].in_key(key)
        if len(bar) == 1:
            chords += [first] * size
        else:
            half = (size + 1) // 2
            chords += [first] * half + [bar[1].in_key(key)] * (size - half)
    return chords


def _cycle(plan: list[Bar], bars: int) -> list[Bar]:
    return [plan[i % len(plan)] for i in range(bars)]


def _any(rng: np.random.Generator, texts: tuple[str, ...]) -> list[Bar]:
    return list(parse_bars(texts[int(rng.integers(len(texts)))]))


def _loop(rng: np.random.Generator, palette: Palette, mode: str, bars: int) -> list[Bar]:
    loop = list(parse_bars(pick(rng, _MAJOR_LOOPS if mode == "major" else _MINOR_LOOPS)))
    plain = all(len(bar) == 1 for bar in loop)
    if plain and palette.pace == 2.0 and len(loop) >= 4:
        loop = [loop[i] + loop[i + 1] for i in range(0, len(loop), 2)]
    elif plain and palette.pace == 0.5:
        loop = [bar for bar in loop for _ in range(2)]
    return _cycle(loop, bars)


def _phrases(rng: np.random.Generator, mode: str, bars: int) -> list[Bar]:
    """Four-bar phrases, open and closed in turn, the second pair often repeating the first's beginning."""
    phrases: list[list[Bar]] = []
    while 4 * len(phrases) < bars:
        closed = len(phrases) % 2 == 1 or 4 * (len(phrases) + 1) >= bars
        phrase = _phrase(rng, mode, closed)
        if len(phrases) in (1, 2, 3) and rng.random() < 0.55:
            source = phrases[0] if len(phrases) < 3 or rng.random() < 0.5 else phrases[1]
            phrase = source[:2] + phrase[2:]
        phrases.append(phrase)
    return [bar for phrase in phrases for bar in phrase][-bars:]


def _phrase(rng: np.random.Generator, mode: str, closed: bool) -> list[Bar]:
    moves = _MAJOR_MOVES if mode == "major" else _MINOR_MOVES
    home = "I" if mode == "major" else "i"
    walk = [home if rng.random() < 0.8 else pick(rng, moves[home])]
    walk.append(home if rng.random() < 0.3 else pick(rng, moves[walk[0]]))
    cadence = pick(rng, (_CADENCES if closed else _HALF_CADENCES)[mode])
    tail: list[Bar] = list(parse_bars(cadence))
    if closed and rng.random() < 0.35:  # predominant and dominant share the bar before the close
        before = "ii" if mode == "major" and rng.random() < 0.5 else "IV" if mode == "major" else "iv"
        tail[0] = (numeral(before), numeral("V"))
    return [*((numeral(w),) for w in walk), *tail]


def _colour(rng: np.random.Generator, palette: Palette, mode: str, plan: list[Bar]) -> list[Bar]:
    """Secondary dominants, suspensions, borrowed and passing chords, then the palette's sevenths."""
    jazz = palette.jazziness
    minor_home = numeral("i")
    for i in range(len(plan) - 1):
        last, target = plan[i][-1], plan[i + 1][0]
        rich: Numeral | None = None
        chance = rng.random()
        if last == target or last.degree == (target.degree + 7) % 12:
            if last == numeral("V") and len(plan[i]) == 1 and chance < 0.08:
                plan[i] = (numeral("Vsus"), numeral("V"))
            continue
        if target.degree not in (0, 11) and target.quality in ("maj", "min", "min7") and chance < 0.03 + 0.12 * jazz:
            rich = Numeral((target.degree + 7) % 12, "7")
        elif last == numeral("IV") and target == numeral("I") and chance < 0.1:
            rich = numeral("iv")
        elif last == numeral("I") and target.degree == 2 and chance < 0.25 * jazz:
            rich = Numeral(1, "dim")
        elif last == minor_home and mode == "minor" and chance < 0.03 * jazz:
            rich = numeral("iio")
        if rich is not None:
            plan[i] = (plan[i][0], rich)
    return [tuple(palette.sevenths.get(n, n) for n in bar) for bar in plan]
