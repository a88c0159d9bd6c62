"""Instruments of which there is no recording that may be shipped, made by studio.dsp.tones, as sources of strokes.

A made note is the same whenever it is asked for; longer ones go on where shorter ones end, so that what is kept of them
may be cut anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import Note
from studio.dsp.sampler.choosing import relative_db
from studio.dsp.sampler.draws import centred, uniform
from studio.dsp.sampler.hands import Touch, chords_of, db
from studio.dsp.sampler.samples import Kept
from studio.dsp.sampler.strokes import Stroke
from studio.dsp.tones.clavinet import clavinet
from studio.dsp.tones.organ import Registration, organ
from studio.dsp.tones.string_section import SECTIONS, string_section
from studio.dsp.tones.synth_bass import BASSES, synth_bass

Array = NDArray[np.float32]

#: Notes are made in steps of this length, in so many shades from soft to hard, and as so many takes.
_STEP_S, _SHADES, _TAKES = 1.0, 4, 3
_KEPT_BYTES = 64 << 20
_LEVEL, _TAKE, _FINGER = 31, 32, 33

#: Organs, by name.
_STOPS: Mapping[str, Registration] = {
    "organ": Registration((8, 6, 8, 4, 0, 2, 0, 0, 0)),
    "rock organ": Registration((8, 8, 8, 6, 2, 4, 0, 0, 3)),
    "percussive organ": Registration((8, 0, 8, 2, 0, 0, 0, 0, 0), percussion_s=0.22),
}

#: Voices of which no two notes are alike.
_VARIED = {*_STOPS, *SECTIONS}


def _maker(voice: str, pitch: int, hardness: float, take: int) -> Callable[[float], Array]:
    """The note of a voice as a function of how much of it is wanted."""
    if voice in _STOPS:
        return lambda seconds: organ(pitch, seconds, _STOPS[voice], take)[None]
    if voice in BASSES:
        return lambda seconds: synth_bass(pitch, seconds, BASSES[voice], hardness)[None]
    if voice in SECTIONS:
        return lambda seconds: string_section(pitch, seconds, SECTIONS[voice], hardness, take)
    if voice == "clavinet":
        return lambda seconds: clavinet(pitch, seconds, hardness)[None]
    raise KeyError(f"no made instrument named {voice!r}")


@dataclass(frozen=True)
class Made:
    """A note of a made instrument; `shade` from 0, soft, to _SHADES - 1."""

    voice: str
    pitch: int
    shade: int
    take: int

    _kept = Kept(_KEPT_BYTES)

    def sound(self, seconds: float) -> Array:
        steps = max(1, int(np.ceil(seconds / _STEP_S)))
        make = _maker(self.voice, self.pitch, self.shade / (_SHADES - 1), self.take)
        return self._kept.get((self, steps), lambda: make(steps * _STEP_S))


def play_made(notes: Sequence[Note], voice: str, touch: Touch, seed: int) -> list[Stroke]:
    """Keys and bows: fingers of a chord not quite together; with `touch.alone` one note ends the last."""
    strokes: list[Stroke] = []
    groups = chords_of(notes)
    for i, group in enumerate(groups):
        following = groups[i + 1][0].start_s if i + 1 < len(groups) else np.inf
        for note in group[-1:] if touch.alone else group:
            velocity = note.velocity * (1.0 + 0.04 * centred(note, seed, _LEVEL))
            below = min(relative_db(velocity, touch.range_db), 0.0)
            shade = round(np.clip((velocity - 40) / 75, 0.0, 1.0) * (_SHADES - 1))
            take = int(uniform(note, seed, _TAKE) * _TAKES) if voice in _VARIED else 0
            late = 0.008 * uniform(note, seed, _FINGER) if len(group) > 1 else 0.0
            end = min(note.end_s, following + 0.004) if touch.alone else note.end_s
            start = max(0.0, note.start_s + late - touch.early_s)
            strokes.append(
                Stroke(Made(voice, note.pitch, shade, take), start, end, db(below), touch.release_s)
            )
    return strokes
