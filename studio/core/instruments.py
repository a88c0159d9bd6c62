"""The instruments a stem may use, by name, with their General MIDI program and playing range.

The order of each tuple is the order of the model's vocabulary: append, never reorder.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Instrument:
    """`program` is the General MIDI program (drums: the kit number); `low` and `high` bound its MIDI pitches.

    `sustained` marks sounds that last as long as the key is held (organ, strings) rather than decay (piano).
    """

    name: str
    program: int
    low: int = 0
    high: int = 127
    sustained: bool = False


NONE = Instrument("none", 0)

INSTRUMENTS: dict[str, tuple[Instrument, ...]] = {
    "drums": (
        NONE,
        Instrument("standard kit", 0),
        Instrument("room kit", 8),
        Instrument("power kit", 16),
        Instrument("electronic kit", 24),
        Instrument("808 kit", 25),
        Instrument("jazz kit", 32),
        Instrument("brush kit", 40),
    ),
    "bass": (
        NONE,
        Instrument("finger bass", 33, 28, 55),
        Instrument("pick bass", 34, 28, 55),
        Instrument("fretless bass", 35, 28, 55),
        Instrument("upright bass", 32, 28, 55),
        Instrument("synth bass", 38, 24, 55, True),
        Instrument("round synth bass", 39, 24, 55, True),
    ),
    "harmony": (
        NONE,
        Instrument("piano", 0, 36, 96),
        Instrument("electric piano", 4, 36, 96),
        Instrument("fm piano", 5, 36, 96),
        Instrument("nylon guitar", 24, 40, 84),
        Instrument("steel guitar", 25, 40, 84),
        Instrument("clean guitar", 27, 40, 84),
        Instrument("driven guitar", 29, 40, 76, True),
        Instrument("organ", 16, 36, 96, True),
        Instrument("rock organ", 18, 36, 96, True),
        Instrument("accordion", 21, 48, 90, True),
        Instrument("clavinet", 7, 36, 90),
        Instrument("harp", 46, 36, 96),
        Instrument("synth brass", 62, 40, 86, True),
    ),
    "lead": (
        NONE,
        Instrument("strings", 48, 43, 96, True),
        Instrument("slow strings", 49, 43, 96, True),
        Instrument("warm pad", 89, 40, 90, True),
        Instrument("choir", 52, 48, 84, True),
        Instrument("flute", 73, 60, 96, True),
        Instrument("violin", 40, 55, 98, True),
        Instrument("trumpet", 56, 54, 84, True),
        Instrument("tenor sax", 66, 46, 78, True),
        Instrument("clarinet", 71, 50, 90, True),
        Instrument("vibraphone", 11, 53, 89),
        Instrument("glockenspiel", 9, 72, 103),
        Instrument("square lead", 80, 48, 96, True),
        Instrument("saw lead", 81, 48, 96, True),
        Instrument("brass section", 61, 45, 84, True),
        Instrument("lead guitar", 27, 52, 88),
    ),
}


def instrument(stem: str, name: str) -> Instrument:
    """The instrument of a stem by its name; KeyError when there is none."""
    for entry in INSTRUMENTS[stem]:
        if entry.name == name:
            return entry
    raise KeyError(f"no {stem} instrument named {name!r}")
