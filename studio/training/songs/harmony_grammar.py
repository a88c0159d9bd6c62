"""Chords of our own songs: a grammar from folk to jazz-tinged pop, in Roman numerals.

A section's chords are either a loop of the repertoire repeated (pop, rock, modal vamps, blues) or phrases
derived from tonic, subdominant and dominant functions with a cadence at their end. What makes each song its
own follows: secondary dominants, borrowed and passing chords, suspensions and sevenths, each with a chance
that grows with the song's `jazziness`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from studio.core.music import Chord, Key, Meter
from studio.training.songs.progressions import (
    BLUES,
    BRIDGES,
    CADENCES,
    HALF_CADENCES,
    LOOPS,
    MOVES,
    Bar,
    Numeral,
    numeral,
    parse_bars,
)


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
        fast = min(0.6, max(0.08, (145 - tempo_bpm) / 90)) if meter.quarters_per_bar == 4 else 0.06
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
        plan = _cycle(_any(rng, BRIDGES[mode]), bars)
    elif bars % 12 == 0 and rng.random() < 0.5:
        plan = _cycle(_any(rng, BLUES[mode]), bars)
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
    loop = list(parse_bars(pick(rng, LOOPS[mode])))
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
    moves = MOVES[mode]
    home = "I" if mode == "major" else "i"
    walk = [home if rng.random() < 0.8 else pick(rng, moves[home])]
    walk.append(home if rng.random() < 0.3 else pick(rng, moves[walk[0]]))
    cadence = pick(rng, (CADENCES if closed else HALF_CADENCES)[mode])
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
        if len(plan[i]) == 1 and last.quality == "maj" and chance < {7: 0.25, 0: 0.04}.get(last.degree, 0.0):
            suspended = Numeral(last.degree, "sus4")
            plan[i] = (suspended,) if last.degree == 7 and chance < 0.08 else (suspended, last)
            continue
        if last == target or last.degree == (target.degree + 7) % 12:
            continue
        if (
            target.degree not in (0, 11)
            and target.quality in ("maj", "min", "min7")
            and chance < 0.03 + 0.12 * jazz
        ):
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
