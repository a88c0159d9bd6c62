"""The same notes on another instrument of a stem.

Notes are kept as they were played: when, how hard, how long. Only what an instrument does not have is moved. A pitch
outside its range goes by octaves to the nearest place within, as core.perform has it: of a lead a whole phrase, so that
its line stays a line, of chords and basses the note alone. A drummer's tambourine is a machine's clap, and the other
way round. Chords of a lead can only be played by who plays more than one note at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from studio.core.arrangement import Note, Part
from studio.core.instruments import ELECTRONIC_KITS, Instrument, choices, instrument
from studio.core.perform import CLAP, TAMBOURINE

#: Players of the lead, of INSTRUMENTS, that have one note at a time.
_ONE_AT_A_TIME = frozenset({"flute", "violin", "trumpet", "tenor sax", "clarinet", "square lead", "saw lead"})
#: Notes of one stroke begin so close together.
_TOGETHER_S = 0.03
#: A rest longer than this ends a phrase.
_REST_S = 0.25


def playable(stem: str, part: Part) -> tuple[Instrument, ...]:
    """The instruments of a stem that can play a part; 'none' is no instrument."""
    entries = choices(stem)[1:]
    if stem != "lead" or not _has_chords(part.notes):
        return entries
    return tuple(entry for entry in entries if (entry.like or entry.name) not in _ONE_AT_A_TIME)


def played_on(stem: str, part: Part, name: str) -> Part:
    """The part on another instrument of its stem.

    Args:
        name: of one of `playable`.
    """
    new = instrument(stem, name)
    if stem == "drums":
        machine = name in ELECTRONIC_KITS
        old, key = (TAMBOURINE, CLAP) if machine else (CLAP, TAMBOURINE)
        notes = [replace(note, pitch=key) if note.pitch == old else note for note in part.notes]
    elif stem == "lead":
        notes = [note for phrase in _phrases(part.notes) for note in _moved_together(phrase, new)]
    else:
        notes = [_moved(note, new) for note in part.notes]
    return Part(name, tuple(_once(sorted(notes, key=lambda n: (n.start_s, n.pitch)))))


def _has_chords(notes: Sequence[Note]) -> bool:
    return any(b.start_s - a.start_s < _TOGETHER_S for a, b in pairwise(notes))


def _moved(note: Note, new: Instrument) -> Note:
    """A note within the range, by as few octaves as can be."""
    if note.pitch < new.low:
        return replace(note, pitch=note.pitch + 12 * -(-(new.low - note.pitch) // 12))
    if note.pitch > new.high:
        return replace(note, pitch=note.pitch - 12 * -(-(note.pitch - new.high) // 12))
    return note


def _moved_together(phrase: Sequence[Note], new: Instrument) -> list[Note]:
    """A phrase by the fewest octaves that leave the fewest of its notes outside; those by themselves."""

    def cost(octaves: int) -> tuple[int, int]:
        outside = sum(not new.low <= note.pitch + 12 * octaves <= new.high for note in phrase)
        return outside, abs(octaves)

    octaves = min(range(-5, 6), key=cost)
    return [_moved(replace(note, pitch=note.pitch + 12 * octaves), new) for note in phrase]


def _phrases(notes: Sequence[Note]) -> list[list[Note]]:
    phrases: list[list[Note]] = []
    sounds_until_s = 0.0
    for note in notes:
        if not phrases or note.start_s - sounds_until_s > _REST_S:
            phrases.append([])
        phrases[-1].append(note)
        sounds_until_s = max(sounds_until_s, note.end_s)
    return phrases


def _once(notes: Sequence[Note]) -> list[Note]:
    """Without a note that was moved onto one of the same stroke."""
    kept: list[Note] = []
    for note in notes:
        twins = (n for n in reversed(kept) if note.start_s - n.start_s < _TOGETHER_S)
        if not any(n.pitch == note.pitch for n in twins):
            kept.append(note)
    return kept
