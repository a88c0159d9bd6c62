"""The instruments a stem may use, by name, with their General MIDI program and playing range.

INSTRUMENTS are those the arrangement model writes for. SOUNDS are others that can play what was written for one of
them (`like`): they cost the arrangement model nothing, and inherit all it knows of style. The order of both is the
vocabulary of trained weights: append, never reorder.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studio.core.language import later, tr


@dataclass(frozen=True)
class Instrument:
    """`program` is the General MIDI program (drums: the kit number); `low` and `high` bound its MIDI pitches.

    `sustained` marks sounds that last as long as the key is held (organ, strings) rather than decay (piano).
    `like` names the entry of INSTRUMENTS whose part this one can play; empty for the entries themselves.
    """

    name: str
    program: int
    low: int = 0
    high: int = 127
    sustained: bool = False
    like: str = ""


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


#: (stem, instrument); each plays what is written for the entry of INSTRUMENTS that it is `like`.
SOUNDS: tuple[tuple[str, Instrument], ...] = (
    ("drums", Instrument("tight kit", 0, like="standard kit")),
    ("bass", Instrument("slap bass", 36, 28, 55, like="finger bass")),
    ("bass", Instrument("pop bass", 37, 28, 55, like="pick bass")),
    ("bass", Instrument("sub bass", 39, 24, 52, True, like="round synth bass")),
    ("bass", Instrument("acid bass", 38, 24, 55, True, like="synth bass")),
    ("harmony", Instrument("electric grand", 2, 36, 96, like="piano")),
    ("harmony", Instrument("jazz guitar", 26, 40, 84, like="clean guitar")),
    ("harmony", Instrument("muted guitar", 28, 40, 84, like="clean guitar")),
    ("harmony", Instrument("twelve-string guitar", 25, 40, 84, like="steel guitar")),
    ("harmony", Instrument("ukulele", 24, 55, 88, like="nylon guitar")),
    ("harmony", Instrument("banjo", 105, 48, 86, like="steel guitar")),
    ("harmony", Instrument("distorted guitar", 30, 40, 76, True, like="driven guitar")),
    ("harmony", Instrument("percussive organ", 17, 36, 96, True, like="organ")),
    ("harmony", Instrument("church organ", 19, 36, 96, True, like="organ")),
    ("harmony", Instrument("harpsichord", 6, 36, 90, like="clavinet")),
    ("harmony", Instrument("marimba", 12, 45, 96, like="harp")),
    ("harmony", Instrument("kalimba", 108, 55, 96, like="harp")),
    ("lead", Instrument("cello", 42, 36, 79, True, like="strings")),
    ("lead", Instrument("pizzicato strings", 45, 43, 96, like="vibraphone")),
    ("lead", Instrument("synth strings", 50, 43, 96, True, like="slow strings")),
    ("lead", Instrument("halo pad", 94, 40, 90, True, like="warm pad")),
    ("lead", Instrument("glass pad", 92, 40, 90, True, like="warm pad")),
    ("lead", Instrument("muted trumpet", 59, 54, 84, True, like="trumpet")),
    ("lead", Instrument("french horn", 60, 41, 77, True, like="brass section")),
    ("lead", Instrument("alto sax", 65, 49, 81, True, like="tenor sax")),
    ("lead", Instrument("oboe", 68, 58, 91, True, like="clarinet")),
    ("lead", Instrument("harmonica", 22, 60, 96, True, like="clarinet")),
    ("lead", Instrument("pan flute", 75, 60, 96, True, like="flute")),
    ("lead", Instrument("music box", 10, 60, 96, like="glockenspiel")),
    ("lead", Instrument("sine lead", 80, 48, 96, True, like="square lead")),
)


#: Names that are written otherwise than they are kept and typed.
_WRITTEN = {"fm piano": later("FM piano")}


def shown(name: str) -> str:
    """An instrument's name as it is read, in the user's language."""
    return tr(_WRITTEN.get(name, name))


def with_names_shown(text: str) -> str:
    """An English text, with the names of instruments in it as they are read."""
    for name, written in _WRITTEN.items():
        text = text.replace(name, written)
    return text


#: Families of General MIDI by their first program, eight programs each.
_FAMILIES = {
    0: later("Pianos and keys"), 8: later("Bars and bells"), 16: later("Organs"), 24: later("Guitars"),
    32: later("Basses"), 40: later("Strings"), 48: later("Ensembles"), 56: later("Brass"), 64: later("Reeds"),
    72: later("Flutes"), 80: later("Synthesisers"), 88: later("Pads"), 104: later("Folk instruments"),
}  # fmt: skip
#: General MIDI has these among the organs.
_FREE_REEDS = ("accordion", "harmonica")
#: Kits that clap where a drummer strikes a tambourine.
ELECTRONIC_KITS = ("electronic kit", "808 kit")


def family(stem: str, entry: Instrument) -> str:
    """What an instrument of a stem is grouped by where instruments are listed."""
    if stem == "drums":
        return later("Drum machines") if entry.name in ELECTRONIC_KITS else later("Drummers")
    return _FAMILIES[64 if entry.name in _FREE_REEDS else entry.program // 8 * 8]


def families(stem: str, entries: Iterable[Instrument]) -> dict[str, list[Instrument]]:
    """Instruments of a stem by family: families in the order of `choices`, and so within each."""
    grouped: dict[str, list[Instrument]] = {}
    for entry in entries:
        grouped.setdefault(family(stem, entry), []).append(entry)
    return grouped


def choices(stem: str) -> tuple[Instrument, ...]:
    """Every instrument of a stem, 'none' first."""
    return (*INSTRUMENTS[stem], *(entry for owner, entry in SOUNDS if owner == stem))


def instrument(stem: str, name: str) -> Instrument:
    """The instrument of a stem by its name; KeyError when there is none."""
    for entry in choices(stem):
        if entry.name == name:
            return entry
    raise KeyError(f"no {stem} instrument named {name!r}")
