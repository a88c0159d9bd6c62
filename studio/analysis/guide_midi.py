"""A MIDI file as a guide: its tempo map as it is, and the chords of its notes."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import mido
import numpy as np
from numpy.typing import NDArray

from studio.analysis.guide_maps import MOST_QUARTERS, check_tempos, last_at_each, main_meter, unreadable
from studio.core.errors import StudioError
from studio.core.guide import Guide, guide_of_tempos
from studio.core.language import tr
from studio.core.music import QUALITIES, Chord, Key

#: What mido raises where bytes are missing or mean nothing.
_NO_MIDI = (OSError, ValueError, EOFError, KeyError, IndexError, TypeError, mido.KeySignatureError)
#: The bytes of key signatures that the standard knows: sharps, flats as negatives, and major or minor.
_KNOWN_KEYS = {bytes((sharps & 0xFF, minor)) for sharps in range(-7, 8) for minor in (0, 1)}
_KEY_EVENT = re.compile(rb"\xff\x59\x02(..)", re.DOTALL)


def guide_of_midi(data: bytes, source: str) -> Guide:
    """The tempo map of a MIDI file, and the chords of its notes where three or more sound together.

    Raises:
        StudioError: no MIDI, or one whose time is not counted in quarters.
    """
    try:
        file = _read(data)
        tracks = [_absolute(track) for track in file.tracks]
    except _NO_MIDI as error:
        raise unreadable(source, str(error) or type(error).__name__, tr("a standard MIDI file")) from error
    per_quarter = file.ticks_per_beat
    if not 0 < per_quarter < 0x8000:
        raise unreadable(source, tr("time in frames a second"), tr("a MIDI file that counts in quarters"))
    everything = sorted(((tick, m) for track in tracks for tick, m in track), key=lambda event: event[0])
    tempos = [
        (tick / per_quarter, 60e6 / m.tempo) for tick, m in everything if m.type == "set_tempo" and m.tempo
    ]
    if not tempos or tempos[0][0] > 0:
        tempos.insert(0, (0.0, 120.0))
    check_tempos(tempos, source)
    signatures = [(tick / per_quarter, m) for tick, m in everything if m.type == "time_signature"]
    first, meter = main_meter([(q, m.numerator, m.denominator) for q, m in signatures], source)
    notes = _notes(everything, per_quarter)
    end = max([q for q, _ in tempos] + [stop for _, stop, _, _ in notes] + [16.0])
    guide = guide_of_tempos(
        last_at_each(tempos), min(end, MOST_QUARTERS), meter=meter, source=source, downbeat=first
    )
    unit = meter.beat_quarters
    notes = [(start / unit, stop / unit, pitch, velocity) for start, stop, pitch, velocity in notes]
    chords = _chords(notes, len(guide.times_s) - 1)
    keys = [m.key for _, m in everything if m.type == "key_signature"]
    return Guide(
        guide.times_s,
        guide.downbeat,
        meter,
        source,
        chords,
        _key(keys[0]) if keys else None,
        steady=guide.steady,
    )


def _read(data: bytes) -> mido.MidiFile:
    """The file; a key signature that is none (some programs write them) costs the key, and not beats and chords."""
    try:
        return mido.MidiFile(file=io.BytesIO(data))
    except mido.KeySignatureError:
        # As an event of some program's own, FF 7F, it has the same length and no meaning.
        own = _KEY_EVENT.sub(
            lambda event: event[0] if event[1] in _KNOWN_KEYS else b"\xff\x7f\x02" + event[1], data
        )
        return mido.MidiFile(file=io.BytesIO(own))


def _absolute(track: mido.MidiTrack) -> list[tuple[int, mido.Message]]:
    tick, out = 0, []
    for message in track:
        tick += message.time
        out.append((tick, message))
    return out


def _notes(
    events: Sequence[tuple[int, mido.Message]], per_quarter: int
) -> list[tuple[float, float, int, int]]:
    """(start, end, pitch, velocity) in quarters, without drums."""
    sounding: dict[tuple[int, int], tuple[float, int]] = {}
    notes = []
    for tick, message in events:
        if message.type not in ("note_on", "note_off") or message.channel == 9:
            continue
        where = (message.channel, message.note)
        if where in sounding:
            start, velocity = sounding.pop(where)
            notes.append((start, tick / per_quarter, message.note, velocity))
        if message.type == "note_on" and message.velocity:
            sounding[where] = (tick / per_quarter, message.velocity)
    return notes


def _chords(notes: Sequence[tuple[float, float, int, int]], quarters: int) -> tuple[Chord, ...]:
    """The chord of each quarter by the time its notes sound; empty where chords hardly ever sound."""
    weight, lowest = np.zeros((quarters, 12)), np.full(quarters, 128)
    for start, end, pitch, _ in notes:
        for quarter in range(max(0, int(start)), min(quarters, int(np.ceil(end)))):
            share = min(end, quarter + 1.0) - max(start, float(quarter))
            if share > 0.05:
                weight[quarter, pitch % 12] += share
                lowest[quarter] = min(lowest[quarter], pitch)
    together = (weight > 0.2).sum(axis=1) >= 3
    if together.mean() < 0.25:
        return ()
    chords: list[Chord] = []
    for quarter in range(quarters):
        if not together[quarter]:
            chords.append(chords[-1] if chords else Chord(None))
            continue
        chords.append(_best_chord(weight[quarter], int(lowest[quarter]) % 12))
    return tuple(chords)


def _best_chord(weight: NDArray[np.float64], bass: int) -> Chord:
    length = weight / max(float(np.linalg.norm(weight)), 1e-9)
    best, found = -1.0, Chord(None)
    for quality, tones in QUALITIES.items():
        for root in range(12):
            row = np.zeros(12)
            row[[(root + tone) % 12 for tone in tones]] = 1.0
            score = float(length @ row) / len(tones) ** 0.5 + 0.08 * (root == bass) - 0.02 * (len(tones) > 3)
            if score > best + 1e-9:
                best, found = score, Chord(root, quality)
    return found


def _key(text: str) -> Key | None:
    try:
        return Key.parse(text)
    except StudioError:
        return None
