"""Which preset of which SoundFont is the sound of an instrument: one recognisable sound for each name.

Instruments that are not named here sound like their General MIDI program in FluidR3. The MuseScore font gives only
what differs from FluidR3, from which most of it was made; its pianos need modulators that the renderer lacks.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.instruments import instrument

DRUM_BANK = 128


@dataclass(frozen=True)
class Voice:
    """A preset of a SoundFont of render.FONTS."""

    font: str
    bank: int
    program: int


_VOICES = {
    ("drums", "tight kit"): Voice("musescore", DRUM_BANK, 4),
    ("bass", "sub bass"): Voice("fluid", 8, 80),
    ("bass", "acid bass"): Voice("musescore", 8, 38),
    ("harmony", "twelve-string guitar"): Voice("fluid", 8, 25),
    ("harmony", "ukulele"): Voice("fluid", 8, 24),
    ("lead", "cello"): Voice("musescore", 0, 42),
    ("lead", "pizzicato strings"): Voice("musescore", 0, 45),
    ("lead", "muted trumpet"): Voice("musescore", 0, 59),
    ("lead", "french horn"): Voice("musescore", 0, 60),
    ("lead", "sine lead"): Voice("fluid", 8, 80),
}


def voice(stem: str, name: str) -> Voice:
    """The preset an instrument is rendered with; KeyError for an unknown instrument."""
    program = instrument(stem, name).program
    return _VOICES.get((stem, name)) or Voice("fluid", DRUM_BANK if stem == "drums" else 0, program)
