"""Songs of our own: form, chords and a sung melody put together, free of any claim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.core.music import Chord, Key, Meter
from studio.training.songs import harmony_grammar
from studio.training.songs.exercise import exercise_skeleton
from studio.training.songs.form import SUNG, draw_form
from studio.training.songs.melody import MelodyStyle, join, sing_section
from studio.training.songs.pitch_model import Phrase, PitchStyle
from studio.training.songs.rhythm import draw_style
from studio.training.songs.skeleton import MelodyNote, Skeleton

SOURCE = "factory"
LICENCE = "MIT"

_METERS = ((4, 4), (3, 4), (6, 8), (2, 4))
_METER_WEIGHTS = (0.72, 0.13, 0.09, 0.06)
_SCHEMES = ("abab", "abac", "aaba", "abcb", "aabb", "aabc", "aaab", "abcd", "aa", "ab")
_SCHEME_WEIGHTS = (0.17, 0.2, 0.13, 0.08, 0.08, 0.1, 0.1, 0.04, 0.05, 0.05)


def make_skeleton(
    rng: np.random.Generator, *, meter: Meter | None = None, tempo_range: tuple[float, float] | None = None
) -> Skeleton:
    """One random song.

    Args:
        meter: else mostly 4/4.
        tempo_range: quarters a minute, else 60 to 180 with most songs between 75 and 130.
    """
    meter = meter or Meter(*_METERS[int(rng.choice(4, p=_METER_WEIGHTS))])
    exercise = rng.random() < 0.2
    tempo = draw_tempo(rng, meter, tempo_range, pace=0.8 if exercise else 1.0)
    key = Key(int(rng.integers(12)), "minor" if rng.random() < 0.35 else "major")
    if exercise and rng.random() < 0.12:
        return exercise_skeleton(rng, key, meter, tempo, SOURCE, LICENCE)
    manner = _draw_manner(rng, meter, tempo, exercise)
    style = _draw_melody_style(rng, manner, meter, tempo)
    form = draw_form(rng, short_bars=meter.quarters_per_bar < 4 and tempo > 100)
    palette = harmony_grammar.Palette.draw(rng, meter, tempo)
    plans: dict[str, list[Chord]] = {}
    sung: dict[str, list[Phrase]] = {}
    chords: list[Chord] = []
    notes: list[MelodyNote] = []
    lift = {"chorus": float(rng.uniform(0, 4)), "prechorus": 1.0, "bridge": float(rng.uniform(-2, 3))}
    for section in form.sections:
        here = _section_chords(rng, plans, palette, key, meter, section.name, section.bars)
        chords += here
        if section.name not in SUNG or (section.name == "ending" and rng.random() < 0.5):
            continue
        sing, phrases = sing_section(
            rng, style, key, meter, here,
            first_bar=section.first_bar, lift=lift.get(section.name, -1.0), earlier=sung.get(section.name),
        )  # fmt: skip
        sung.setdefault(section.name, phrases)
        notes += sing
    energy = tuple(level for level in form.energy for _ in range(meter.quarters_per_bar))
    return Skeleton(key, meter, tempo, form.sections, tuple(chords), energy, join(notes), SOURCE, LICENCE)


def draw_tempo(
    rng: np.random.Generator, meter: Meter, tempo_range: tuple[float, float] | None, *, pace: float = 1.0
) -> float:
    """Quarters a minute: log-normal about `pace` times the meter's usual tempo, kept within the range."""
    low, high = tempo_range or (60.0, 180.0)
    usual = {(4, 4): 100.0, (3, 4): 112.0, (6, 8): 120.0, (2, 4): 100.0}[(meter.numerator, meter.denominator)]
    for _ in range(20):
        tempo = pace * usual * float(np.exp(rng.normal(0, 0.28)))
        if low <= tempo <= high:
            return round(tempo, 2)
    return round(float(rng.uniform(low, high)), 2)


def _section_chords(
    rng: np.random.Generator,
    plans: dict[str, list[Chord]],
    palette: harmony_grammar.Palette,
    key: Key,
    meter: Meter,
    name: str,
    bars: int,
) -> list[Chord]:
    """Sections of one name share their chords; intro and solo often take those of a sung section."""
    quarters = bars * meter.quarters_per_bar
    if name not in plans:
        if name == "solo" and plans:
            model = plans[list(plans)[-1]]
            plans[name] = (model * (quarters // len(model) + 1))[:quarters]
        else:
            plan = harmony_grammar.section_bars(rng, palette, key.mode, name, bars)
            plans[name] = harmony_grammar.to_quarters(plan, key, meter)
        if name == "intro" and rng.random() < 0.6:
            verse = harmony_grammar.section_bars(rng, palette, key.mode, "verse", 8)
            plans["verse"] = harmony_grammar.to_quarters(verse, key, meter)
            plans[name] = (plans["verse"] * (quarters // len(plans["verse"]) + 1))[:quarters]
    plan_quarters = plans[name]
    return (plan_quarters * (quarters // len(plan_quarters) + 1))[:quarters]


@dataclass(frozen=True)
class _Manner:
    """A manner of singing: the cells of its rhythm, and whether it is a sight-singing exercise."""

    cells: str
    exercise: bool = False


def _draw_manner(rng: np.random.Generator, meter: Meter, tempo: float, exercise: bool) -> _Manner:
    if meter.denominator == 8:
        return _Manner("compound", exercise)
    if exercise:
        return _Manner(str(rng.choice(["even", "folk", "dotted"], p=[0.45, 0.4, 0.15])), True)
    if meter.quarters_per_bar == 3:
        return _Manner(str(rng.choice(["folk", "dotted", "ballad"], p=[0.5, 0.15, 0.35])))
    if tempo < 96:
        weights = [0.04, 0.08, 0.06, 0.14, 0.16, 0.52]
    elif tempo < 125:
        weights = [0.05, 0.2, 0.08, 0.15, 0.32, 0.2]
    else:
        weights = [0.1, 0.3, 0.08, 0.12, 0.4, 0.0]
    return _Manner(str(rng.choice(["even", "folk", "dotted", "ballad", "eighths", "sixteenths"], p=weights)))


def _draw_melody_style(rng: np.random.Generator, manner: _Manner, meter: Meter, tempo: float) -> MelodyStyle:
    span = int(rng.integers(12, 20))
    low = int(rng.integers(48, 79 - span + 1))
    classical = manner.cells in ("even", "folk", "dotted", "compound")
    pitch = PitchStyle(
        low=low,
        high=low + span,
        chordal=float(rng.uniform(0.8, 1.7) if classical else rng.uniform(0.5, 1.4)),
        pentatonic=0.0 if classical and rng.random() < 0.7 else float(rng.uniform(0, 1.5)),
        leaps=float(rng.uniform(0, 0.6)) if manner.exercise else float(rng.uniform(0, 0.25)),
        repeats=float(rng.normal(-0.7, 0.3)) if classical else float(rng.normal(-0.25, 0.35)),
    )
    scheme = _SCHEMES[int(rng.choice(len(_SCHEMES), p=_SCHEME_WEIGHTS))]
    return MelodyStyle(draw_style(rng, manner.cells, meter, tempo_bpm=tempo), pitch, scheme)
