"""The groove library: what a band of each style plays in each meter, read from grooves/*.toml and checked.

A groove file names the style, its instruments and one feel for each meter it serves. A feel is a set of
patterns in the shorthand of rhythm charts, one string each: energy levels, an optional weight (`*2`), an
optional group of harmony instruments, then the rows. A character is a sixteenth, so a bar has 16 in 4/4 and 12
in 3/4 and 6/8; patterns last one or two bars and `|` is only for the eye.

    beats, time   drum rows, each after its letter (DRUM_LETTERS): `.` nothing, `o` soft or ghost, `x` full.
                  A beat (kick and backbeat) is combined with any time pattern (hats, ride) of its energy.
                  On the cymbal `o` is the ride and `x` the crash. Energy alone means: not playing.
    fills         drum rows of the last sixteenths of a bar.
    bass          BASS_SYMBOLS relative to the chord; `kick` locks to the kick drum.
    harmony       HARMONY_SYMBOLS, the strokes of studio.core.score.
    riffs         rhythms of the lead: `x` a note, `C` a chord, `-` hold, `.` rest.
    cells         rhythms of the lead's answers to the singer, same symbols, half a bar to two bars.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.instruments import INSTRUMENTS
from studio.core.score import DRUM_CLASSES, STYLES, SWINGS

GROOVE_FOLDER = Path(__file__).with_name("grooves")

DRUM_LETTERS = dict(zip("KSHOCTP", DRUM_CLASSES, strict=True))
#: Root, third, fifth, sixth, seventh, octave, lower fifth, lower octave, approach, anticipated root, walk.
BASS_SYMBOLS = "R35678Loanw-."
HARMONY_SYMBOLS = {
    ".": 0, "-": 1, "c": 2, "s": 3, "A": 4, "u": 5, "l": 6, "1": 7, "2": 8, "3": 9, "4": 10,
}  # fmt: skip
LEAD_SYMBOLS = "xC-."
#: Ways the lead accompanies the singing.
LEAD_ROLES = ("silent", "pad", "guide", "counter", "riff", "arpeggio", "double", "thirds")
#: Sixteenths in a bar of each feel; 2/4 plays half bars of the 4/4 feel.
BAR_STEPS = {"4/4": 16, "3/4": 12, "6/8": 12}
HARMONY_GROUPS = {
    "keys": frozenset({"piano", "electric piano", "fm piano", "clavinet"}),
    "guitar": frozenset({"nylon guitar", "steel guitar", "clean guitar", "driven guitar"}),
    "sustained": frozenset({"organ", "rock organ", "accordion", "synth brass"}),
    "plucked": frozenset({"harp", "nylon guitar", "steel guitar", "clean guitar"}),
    "piano": frozenset({"piano"}),
    "clav": frozenset({"clavinet"}),
    "any": frozenset(entry.name for entry in INSTRUMENTS["harmony"]),
}


@dataclass(frozen=True)
class Pattern:
    """One pattern of one or two bars (a fill: up to a bar).

    Attributes:
        energies: levels 0 to 3 at which it is played.
        weight: how readily it is chosen.
        rows: symbols by drum class, or under 'line'; all of length `steps`. Empty rows: tacet.
        instruments: harmony instruments that may play it.
    """

    energies: tuple[int, ...]
    weight: float
    rows: Mapping[str, str]
    steps: int
    instruments: frozenset[str] = HARMONY_GROUPS["any"]

    @property
    def line(self) -> str:
        return self.rows["line"]

    @cached_property
    def onsets(self) -> int:
        """Strokes a sixteenth-grid bar of 16, for comparing patterns by density."""
        struck = sum(len(row) - row.count(".") - row.count("-") for row in self.rows.values())
        return round(16 * struck / max(self.steps, 1))

    @cached_property
    def levels(self) -> NDArray[np.int64]:
        """Drum rows as [7, steps] of 0 to 2."""
        levels = np.zeros((len(DRUM_CLASSES), self.steps), np.int64)
        for name, row in self.rows.items():
            levels[DRUM_CLASSES.index(name)] = [".ox".index(c) for c in row]
        return levels


@dataclass(frozen=True)
class Feel:
    """A style in one meter; see the module's opening for the pattern sets.

    Attributes:
        tempo: slowest and fastest quarters a minute at which the style is at home.
        pulse: sixteenths of a felt beat: 4, in 6/8 6.
    """

    tempo: tuple[float, float]
    pulse: int
    beats: tuple[Pattern, ...]
    time: tuple[Pattern, ...]
    fills: tuple[Pattern, ...]
    bass: tuple[Pattern, ...]
    harmony: tuple[Pattern, ...]
    riffs: tuple[Pattern, ...]
    cells: tuple[Pattern, ...]

    @property
    def count(self) -> int:
        """Number of patterns written."""
        return sum(len(getattr(self, name)) for name in PATTERN_SETS)


PATTERN_SETS = ("beats", "time", "fills", "bass", "harmony", "riffs", "cells")


@dataclass(frozen=True)
class Groove:
    """Everything a band needs to know to play a style.

    Attributes:
        style: one of studio.core.score.STYLES.
        swing, instruments: weights by name (instruments: by stem first).
        feels: by meter name.
        lead_roles: for each energy, weights of LEAD_ROLES while the singer sings.
        answers: for each energy, the chance that the lead answers a gap in the singing.
        density: weights of sparse, medium, busy.
        sixteenths: whether odd sixteenths belong to the style; False where eighths swing. 'light' swings
            sixteenths, 'heavy' eighths (studio.core.perform); 6/8 is always played straight.
        chromatic: whether bass approaches may leave the scale.
        pentatonic: whether the lead's phrases keep to the pentatonic scale.
        crash, fill, stop, build: chances of a crash on a section's first beat, of a fill inside a section,
            of a stop or band hits before a lift, of a snare build before the fullest level.
    """

    style: str
    swing: Mapping[str, float]
    instruments: Mapping[str, Mapping[str, float]]
    feels: Mapping[str, Feel]
    lead_roles: tuple[Mapping[str, float], ...]
    answers: tuple[float, ...]
    density: tuple[float, ...] = (1.0, 2.0, 1.0)
    sixteenths: bool = True
    chromatic: bool = False
    pentatonic: bool = False
    crash: float = 0.7
    fill: float = 0.35
    stop: float = 0.12
    build: float = 0.0

    @property
    def meters(self) -> tuple[str, ...]:
        """Meters this style can play."""
        return tuple(self.feels) + (("2/4",) if "4/4" in self.feels else ())

    def feel(self, meter: str) -> Feel:
        """The feel for a meter; KeyError when the style does not serve it."""
        return self.feels["4/4" if meter == "2/4" else meter]


class GrooveError(ValueError):
    """A groove file that cannot be played: where, and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")


def _pattern(text: str, kind: str, bar_steps: int, where: str) -> Pattern:
    """Reads one pattern string of a pattern set."""
    head, *words = text.split()
    if not head or any(c not in "0123" for c in head):
        raise GrooveError(where, f"{text!r} must start with energy levels 0 to 3")
    weight = float(words.pop(0)[1:]) if words and words[0].startswith("*") else 1.0
    instruments = HARMONY_GROUPS["any"]
    if words and words[0] in HARMONY_GROUPS:
        instruments = HARMONY_GROUPS[words.pop(0)]
    if kind in ("beats", "time", "fills"):
        if len(words) % 2 or any(letter not in DRUM_LETTERS for letter in words[::2]):
            raise GrooveError(where, f"{text!r} needs pairs of a letter of {''.join(DRUM_LETTERS)} and a row")
        rows = {DRUM_LETTERS[k]: row.replace("|", "") for k, row in zip(words[::2], words[1::2], strict=True)}
        symbols = ".ox"
    else:
        if len(words) != 1:
            raise GrooveError(where, f"{text!r} needs exactly one row")
        rows = {"line": words[0].replace("|", "")}
        symbols = {"bass": BASS_SYMBOLS, "harmony": "".join(HARMONY_SYMBOLS)}.get(kind, LEAD_SYMBOLS)
    if kind == "bass" and rows["line"] == "kick":
        return Pattern(tuple(map(int, head)), weight, rows, bar_steps)
    steps = max((len(row) for row in rows.values()), default=bar_steps)
    rows = {name: row * (steps // len(row)) for name, row in rows.items()}
    for row in rows.values():
        if len(row) != steps or set(row) - set(symbols):
            raise GrooveError(where, f"{text!r}: {row!r} has a wrong length or a symbol outside {symbols!r}")
    fits = steps <= bar_steps if kind == "fills" else steps in (bar_steps, 2 * bar_steps)
    if not fits and not (kind == "cells" and 4 <= steps <= 2 * bar_steps):
        raise GrooveError(where, f"{text!r} lasts {steps} sixteenths, the bar has {bar_steps}")
    return Pattern(tuple(map(int, head)), weight, rows, steps, instruments)


def _feel(table: Mapping[str, Any], meter: str, harmony: Mapping[str, float], where: str) -> Feel:
    """Reads one meter's table and checks that every energy and instrument has something to play."""
    unknown = set(table) - {"tempo", *PATTERN_SETS}
    if unknown:
        raise GrooveError(where, f"unknown fields {sorted(unknown)}")
    sets = {
        name: tuple(_pattern(text, name, BAR_STEPS[meter], f"{where} {name}") for text in table.get(name, ()))
        for name in PATTERN_SETS
    }
    for level in range(4):
        for name in ("beats", "bass"):
            if not any(level in p.energies for p in sets[name]):
                raise GrooveError(where, f"no {name} pattern at energy {level}")
        for player in harmony:
            if not any(level in p.energies and player in p.instruments for p in sets["harmony"]):
                raise GrooveError(where, f"no harmony pattern at energy {level} for {player}")
    low, high = table["tempo"]
    if not 30 <= low < high <= 260:
        raise GrooveError(where, f"a tempo range of {low} to {high} BPM")
    return Feel((float(low), float(high)), 6 if meter == "6/8" else 4, **sets)


def _weights(table: Mapping[str, float], names: tuple[str, ...], where: str) -> dict[str, float]:
    """Checks names and keeps positive weights."""
    if not table or set(table) - set(names) or min(table.values()) <= 0:
        raise GrooveError(where, f"{dict(table)} needs positive weights for names of {names}")
    return {name: float(value) for name, value in table.items()}


def _check_eighths(feels: Mapping[str, Feel], swing: Mapping[str, float], where: str) -> None:
    """Where eighths swing the sixteenths of a quarter fall on 0, 1/3, 2/3 and 5/6: the second is the middle
    of a triplet, the fourth falls beside the swing."""
    beside = (1, 3) if set(swing) - {"heavy"} else (3,)
    for meter, feel in feels.items():
        for name in PATTERN_SETS:
            for pattern in getattr(feel, name):
                rows = [row for row in pattern.rows.values() if row != "kick"]
                for row in rows:
                    if any(set(row[place::4]) - set(".-") for place in beside):
                        raise GrooveError(f"{where} {meter} {name}", f"{row!r} strikes beside swung eighths")


def parse_groove(data: Mapping[str, Any], where: str) -> Groove:
    """A groove from a parsed file. Raises GrooveError with the place and the reason."""
    data = dict(data)
    style = data.pop("style", None)
    if style not in STYLES:
        raise GrooveError(where, f"{style!r} is not one of the styles of studio.core.score")
    instruments = {
        stem: _weights(data["instruments"][stem], tuple(i.name for i in entries), f"{where} {stem}")
        for stem, entries in INSTRUMENTS.items()
    }
    harmony = {name: w for name, w in instruments["harmony"].items() if name != "none"}
    swing = _weights(data.pop("swing"), SWINGS, f"{where} swing")
    feels = {m: _feel(data.pop(m), m, harmony, f"{where} {m}") for m in BAR_STEPS if m in data}
    if not feels:
        raise GrooveError(where, "serves no meter")
    lead = data.pop("lead")
    roles = tuple(_weights(table, LEAD_ROLES, f"{where} lead") for table in lead["roles"])
    answers = tuple(float(chance) for chance in lead["answers"])
    if len(roles) != 4 or len(answers) != 4:
        raise GrooveError(where, "lead roles and answers need one entry for each of four energies")
    for feel in feels.values():
        for level, table in enumerate(roles):
            if "riff" in table and not any(level in p.energies for p in feel.riffs):
                raise GrooveError(where, f"a riff role but no riff at energy {level}")
    data.pop("instruments")
    density = tuple(float(w) for w in data.pop("density", (1, 2, 1)))
    if not data.get("sixteenths", True):
        _check_eighths(feels, swing, where)
    try:
        return Groove(style, swing, instruments, feels, roles, answers, density, **data)
    except TypeError as error:
        raise GrooveError(where, str(error)) from None


def load_grooves(folder: Path = GROOVE_FOLDER) -> dict[str, Groove]:
    """Every groove of the library by style name. Raises GrooveError for the first file that is wrong."""
    grooves = {}
    for path in sorted(folder.glob("*.toml")):
        groove = parse_groove(tomllib.loads(path.read_text("utf-8")), path.name)
        grooves[groove.style] = groove
    return grooves
