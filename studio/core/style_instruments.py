"""Which instruments a style is usually played with: what somebody who names the style expects to hear.

Narrower than what the arrangement model has met in a style (training.players.grooves), and a lean only: who asks for
another instrument gets it. Shown in docs/styles.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from studio.core.arrangement import STEMS
from studio.core.instruments import INSTRUMENTS, instrument

_KIT = "standard kit, tight kit, room kit"
_MACHINES = "electronic kit, 808 kit"
_SOFT = "brush kit, room kit, none"
_JAZZ = "jazz kit, brush kit"
_FINGERS = "finger bass, pick bass, pop bass"
_GROOVE = "finger bass, slap bass"
_WOOD = "upright bass"
_SYNTH_BASS = "synth bass, round synth bass, acid bass, sub bass"
_KEYS = "piano, electric grand, electric piano"
_E_PIANO = "electric piano, fm piano"
_CLEAN = "clean guitar, muted guitar"
_FOLK_GUITAR = "steel guitar, twelve-string guitar, nylon guitar"
_STRINGS = "strings, slow strings"
_PADS = "warm pad, halo pad, glass pad"
_HORNS = "brass section, trumpet, tenor sax, alto sax"
_SYNTH_LEAD = "square lead, sine lead, saw lead"

#: By style: drums, bass, harmony, lead.
_USUAL: Mapping[str, tuple[str, str, str, str]] = {
    "pop": (
        f"{_KIT}, electronic kit", f"{_FINGERS}, synth bass", f"{_KEYS}, {_CLEAN}, steel guitar",
        f"strings, {_PADS}, lead guitar, square lead, glockenspiel",
    ),
    "pop ballad": (
        f"{_KIT}, none", "finger bass, fretless bass, round synth bass",
        f"{_KEYS}, fm piano, steel guitar, nylon guitar", f"{_STRINGS}, cello, {_PADS}, choir, flute",
    ),
    "piano ballad": (
        "brush kit, room kit, none", "upright bass, fretless bass, finger bass, none", "piano",
        f"{_STRINGS}, cello, violin, none",
    ),
    "rock": (
        "power kit, room kit, standard kit, tight kit", _FINGERS, "driven guitar, distorted guitar, rock organ",
        "lead guitar, none",
    ),
    "soft rock": (
        _KIT, f"{_FINGERS}, fretless bass", f"{_KEYS}, steel guitar, {_CLEAN}",
        "lead guitar, strings, tenor sax, alto sax, warm pad",
    ),
    "indie rock": (
        f"{_KIT}, power kit", _FINGERS, f"{_CLEAN}, driven guitar",
        "lead guitar, square lead, glockenspiel, none",
    ),
    "folk": (
        _SOFT, "upright bass, finger bass, none", f"{_FOLK_GUITAR}, banjo, ukulele",
        "violin, flute, lead guitar, harmonica, clarinet, none",
    ),
    "country": (
        f"{_KIT}, brush kit", "finger bass, upright bass, pick bass",
        "steel guitar, twelve-string guitar, piano, clean guitar", "lead guitar, violin",
    ),
    "bluegrass": ("none, brush kit", _WOOD, "steel guitar, banjo", "violin, lead guitar, none"),
    "singer-songwriter": (
        f"{_SOFT}, standard kit", "finger bass, upright bass, none", f"{_FOLK_GUITAR}, piano",
        "strings, cello, violin, lead guitar, warm pad, none",
    ),
    "soul": (_KIT, _GROOVE, f"{_KEYS}, organ, percussive organ, clean guitar", f"{_HORNS}, strings"),
    "funk": (_KIT, f"{_GROOVE}, synth bass", f"{_CLEAN}, clavinet, electric piano, organ", _HORNS),
    "r&b": (
        f"{_MACHINES}, standard kit, tight kit", f"finger bass, slap bass, {_SYNTH_BASS}",
        f"{_E_PIANO}, piano, {_CLEAN}, jazz guitar",
        f"{_PADS}, strings, choir, lead guitar, tenor sax, alto sax",
    ),
    "hip-hop": (
        f"{_MACHINES}, standard kit, tight kit, room kit", f"{_SYNTH_BASS}, finger bass, upright bass",
        f"{_KEYS}, fm piano", "strings, vibraphone, flute, square lead, sine lead, brass section, trumpet, none",
    ),
    "lo-fi": (
        "room kit, jazz kit, 808 kit, electronic kit", "upright bass, round synth bass, sub bass, finger bass",
        f"{_E_PIANO}, piano, jazz guitar, clean guitar, nylon guitar", f"vibraphone, {_PADS}, flute, none",
    ),
    "disco": (
        f"{_KIT}, electronic kit", "finger bass, slap bass, synth bass", f"{_CLEAN}, {_KEYS}, clavinet",
        "strings, brass section",
    ),
    "house": (
        _MACHINES, _SYNTH_BASS, "piano, electric grand, fm piano, organ, percussive organ",
        f"{_PADS}, {_SYNTH_LEAD}, strings",
    ),
    "edm": (
        f"{_MACHINES}, power kit", _SYNTH_BASS, "synth brass, piano, fm piano", f"{_SYNTH_LEAD}, {_PADS}",
    ),
    "synth-pop": (
        _MACHINES, _SYNTH_BASS, "fm piano, synth brass", f"{_SYNTH_LEAD}, {_PADS}, strings",
    ),
    "trap": (
        _MACHINES, _SYNTH_BASS, "piano, fm piano, electric piano, nylon guitar",
        f"{_PADS}, choir, square lead, sine lead, flute, glockenspiel, music box, strings, none",
    ),
    "drum and bass": (
        "electronic kit, standard kit, tight kit", _SYNTH_BASS, f"{_E_PIANO}, piano",
        f"{_PADS}, strings, saw lead, choir",
    ),
    "reggae": (
        _KIT, "finger bass, round synth bass, sub bass", f"{_CLEAN}, organ, percussive organ, piano",
        f"{_HORNS}, lead guitar, none",
    ),
    "ska": (_KIT, _FINGERS, f"{_CLEAN}, organ, percussive organ, piano", _HORNS),
    "bossa nova": (
        "brush kit, jazz kit, none", "upright bass, fretless bass", "nylon guitar, piano",
        "flute, vibraphone, tenor sax, alto sax, clarinet, none",
    ),
    "samba": (
        f"{_KIT}, jazz kit", "finger bass, upright bass", "nylon guitar, ukulele, piano",
        "flute, trumpet, clarinet, brass section, none",
    ),
    "latin pop": (
        f"{_KIT}, electronic kit", "finger bass, synth bass, round synth bass, upright bass",
        "nylon guitar, piano, steel guitar", "brass section, trumpet, strings, flute",
    ),
    "jazz swing": (_JAZZ, _WOOD, "piano, jazz guitar, clean guitar", f"{_HORNS}, muted trumpet, clarinet, vibraphone"),
    "jazz ballad": (
        f"{_JAZZ}, none", _WOOD, "piano, electric piano, jazz guitar",
        "tenor sax, alto sax, trumpet, muted trumpet, vibraphone, strings",
    ),
    "blues shuffle": (
        _KIT, "finger bass, upright bass, pick bass", f"{_CLEAN}, driven guitar, piano, organ",
        "lead guitar, tenor sax, alto sax, harmonica, brass section",
    ),
    "gospel": (_KIT, "finger bass", "organ, percussive organ, piano, rock organ", "choir, brass section, strings"),
    "waltz": (
        "brush kit, standard kit, tight kit, jazz kit, none", "upright bass, finger bass",
        "piano, accordion, nylon guitar, harp", "strings, violin, clarinet, flute",
    ),
    "folk waltz": (
        _SOFT, "upright bass, none", "steel guitar, twelve-string guitar, accordion, nylon guitar",
        "violin, flute, clarinet, harmonica, none",
    ),
    "jig": ("room kit, brush kit, none", "upright bass, none", "steel guitar, accordion, banjo", "violin, flute"),
    "march": (
        _KIT, "upright bass, finger bass", "accordion, piano, organ",
        "brass section, trumpet, french horn, clarinet, flute",
    ),
    "cinematic": (
        "room kit, power kit, electronic kit, none", "upright bass, round synth bass, synth bass, sub bass, none",
        "piano, harp, synth brass", f"{_STRINGS}, cello, choir, brass section, french horn",
    ),
    "ambient": (
        "none, electronic kit", "round synth bass, sub bass, fretless bass, none",
        f"{_E_PIANO}, piano, harp, kalimba", f"{_PADS}, slow strings, synth strings, choir",
    ),
    "chamber pop": (
        "room kit, standard kit, tight kit, brush kit, none", "upright bass, finger bass",
        "piano, harp, nylon guitar", "strings, cello, violin, flute, clarinet, oboe, trumpet",
    ),
    "lullaby": (
        "none", "upright bass, fretless bass, none", "nylon guitar, harp, piano, kalimba",
        "glockenspiel, music box, flute, slow strings, clarinet, vibraphone",
    ),
    "celtic": (
        "room kit, brush kit, none", "upright bass, finger bass, none",
        "steel guitar, twelve-string guitar, harp, accordion", "violin, flute, pan flute",
    ),
    "musical theatre": (
        "standard kit, tight kit, brush kit, jazz kit, none", "upright bass, finger bass", "piano, electric grand",
        "strings, brass section, french horn, clarinet, flute, trumpet, violin",
    ),
}  # fmt: skip

#: By style and stem, the names of its usual instruments; 'none' where the style often does without.
USUAL: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    style: {stem: tuple(names.split(", ")) for stem, names in zip(STEMS, band, strict=True)}
    for style, band in _USUAL.items()
}


def is_usual(style: str, stem: str, name: str) -> bool:
    """Whether an instrument, or none, is among those the style is usually played with."""
    return name in USUAL[style][stem]


def usual_players(style: str, stem: str) -> tuple[bool, ...]:
    """For each entry of INSTRUMENTS[stem], whether it or a sound that plays its part is usual in the style."""
    played = {instrument(stem, name).like or name for name in USUAL[style][stem]}
    return tuple(entry.name in played for entry in INSTRUMENTS[stem])
