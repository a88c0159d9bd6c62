"""arrangement.mid: what the band plays, with the tempo map of the vocal, for any DAW.

MIDI time 0 is the vocal's sample 0. A song rarely starts on a bar line, so what lies before the first bar
line becomes a shorter first bar in its own time signature, and its first quarter is played slower or faster
(0.67 to 2 times) to end on the beat. From there on every quarter and bar line of the file is the grid's.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import STEMS, Arrangement, Note, Part
from studio.core.grid import BeatGrid
from studio.core.instruments import instrument
from studio.core.music import Key, Meter

TICKS_PER_BEAT = 960
#: A tempo change is written only when holding the last tempo would put a beat further off than this.
_TOLERANCE_S = 0.0005
_CHANNELS = {"drums": 9, "bass": 0, "harmony": 1, "lead": 2}

_Event = tuple[int, int, mido.Message]
"""Tick, order among events of one tick, message."""


class TempoMap:
    """Ticks and seconds of one file.

    Attributes:
        ticks: of a beat of the grid, which is a quarter, in 7/8 an eighth.
        beats: grid index of every beat of the file; the first starts at sample 0.
        tempos: (tick, microseconds a quarter) of each tempo event.
        meters: (tick, numerator, denominator) of each time signature.
    """

    def __init__(self, grid: BeatGrid) -> None:
        self.ticks = round(TICKS_PER_BEAT * grid.meter.beat_quarters)
        first = round(float(grid.beat_of(0.0)))
        self.beats = list(range(first, max(grid.beats, first + 1) + 1))
        times = np.asarray(grid.time_of(self.beats))
        if abs(times[0]) > _TOLERANCE_S:
            times[0] = 0.0
        self.tempos: list[tuple[int, int]] = []
        played = [float(times[0])]
        micros = 0
        for i, wanted_s in enumerate(times[1:]):
            if abs(played[-1] + micros * 1e-6 - wanted_s) > _TOLERANCE_S:
                micros = round((wanted_s - played[-1]) * 1e6)
                self.tempos.append((i * self.ticks, round(micros / grid.meter.beat_quarters)))
            played.append(played[-1] + micros * 1e-6)
        self._times_s = np.asarray(played)
        self.meters = self._time_signatures(grid.meter)

    def _time_signatures(self, meter: Meter) -> list[tuple[int, int, int]]:
        quarters = meter.quarters_per_bar
        to_bar_line = -self.beats[0] % quarters
        if to_bar_line == 0:
            return [(0, meter.numerator, meter.denominator)]
        unit = round(4 / meter.beat_quarters)
        return [(0, to_bar_line, unit), (to_bar_line * self.ticks, meter.numerator, meter.denominator)]

    def tick_of(self, time_s: float) -> int:
        """The nearest tick; times before sample 0 are tick 0."""
        times = self._times_s
        i = int(np.clip(np.searchsorted(times, time_s, side="right") - 1, 0, len(times) - 2))
        beat = float(i + (time_s - times[i]) / (times[i + 1] - times[i]))
        return max(0, round(beat * self.ticks))


def write_midi(path: Path, arrangement: Arrangement, duration_s: float) -> None:
    """Writes a type 1 file: a conductor track with tempo, meter, key and chords, then one track a stem.

    Args:
        duration_s: of the vocal; notes that start later are left out, as they are in the audio.
    """
    tempo_map = TempoMap(arrangement.grid)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    file.tracks.append(_conductor(arrangement, tempo_map))
    for stem in STEMS:
        file.tracks.append(_stem_track(stem, arrangement.parts.get(stem), tempo_map, duration_s))
    file.save(path)


def midi_key(key: Key) -> str:
    """'Bbm' as a MIDI key signature spells it."""
    return key.names[key.tonic] + ("m" if key.mode == "minor" else "")


def _conductor(arrangement: Arrangement, tempo_map: TempoMap) -> mido.MidiTrack:
    events: list[_Event] = [(0, 0, mido.MetaMessage("key_signature", key=midi_key(arrangement.key)))]
    for tick, micros in tempo_map.tempos:
        events.append((tick, 1, mido.MetaMessage("set_tempo", tempo=micros)))
    for tick, numerator, denominator in tempo_map.meters:
        signature = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)
        events.append((tick, 0, signature))
    if arrangement.tuning_cents:
        # A remark: keys and players stay where they are, whoever plays on tunes the instrument.
        tuning = f"Tuned {arrangement.tuning_cents:+.1f} cents from A = 440 Hz"
        events.append((0, 3, mido.MetaMessage("text", text=tuning)))
    last = None
    for i, beat in enumerate(tempo_map.beats):
        if not 0 <= beat < len(arrangement.chords):
            continue
        name = arrangement.chords[beat].name(arrangement.key)
        if name != last:
            events.append((i * tempo_map.ticks, 2, mido.MetaMessage("marker", text=name)))
            last = name
    return _track("Backline", events)


def _stem_track(stem: str, part: Part | None, tempo_map: TempoMap, duration_s: float) -> mido.MidiTrack:
    if part is None or part.instrument == "none":
        return _track(stem, [])
    channel = _CHANNELS[stem]
    program = instrument(stem, part.instrument).program
    events: list[_Event] = [
        (0, 0, mido.MetaMessage("instrument_name", name=part.instrument)),
        (0, 0, mido.Message("program_change", channel=channel, program=program)),
    ]
    for start, end, note in _in_ticks(part.notes, tempo_map, duration_s):
        # Ends before starts, so that a repeated note is not cut by the one before it.
        events.append(
            (start, 2, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity))
        )
        events.append((end, 1, mido.Message("note_off", channel=channel, note=note.pitch)))
    return _track(stem, events)


def _in_ticks(
    notes: Iterable[Note], tempo_map: TempoMap, duration_s: float
) -> Iterable[tuple[int, int, Note]]:
    """Start and end ticks; a note ends where the next one of its pitch starts, for MIDI cannot hold both."""
    next_start: dict[int, int] = {}
    for note in sorted(notes, key=lambda n: n.start_s, reverse=True):
        if note.start_s >= duration_s or note.end_s <= 0:
            continue
        start = tempo_map.tick_of(note.start_s)
        following = next_start.get(note.pitch)
        if following is not None and following <= start:
            continue  # the same pitch struck twice at once
        end = max(start + 1, tempo_map.tick_of(note.end_s))
        next_start[note.pitch] = start
        yield start, end if following is None else min(end, following), note


def _track(name: str, events: list[_Event]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    at = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - at))
        at = tick
    track.append(mido.MetaMessage("end_of_track"))
    return track


def read_notes(path: Path) -> dict[str, tuple[Note, ...]]:
    """The notes of a file written here, in seconds, by stem. Raises OSError or ValueError for other files."""
    file = mido.MidiFile(path)
    ticks, times_s, micros, tick = [0], [0.0], 500_000, 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            times_s.append(times_s[-1] + (tick - ticks[-1]) * micros * 1e-6 / file.ticks_per_beat)
            ticks.append(tick)
            micros = message.tempo
    ticks.append(ticks[-1] + 1_000_000 * file.ticks_per_beat)
    times_s.append(times_s[-1] + micros)
    return {
        track.name: tuple(_notes_of(track, np.asarray(ticks), np.asarray(times_s)))
        for track in file.tracks[1:]
    }


def _notes_of(
    track: mido.MidiTrack, ticks: NDArray[np.int64], times_s: NDArray[np.float64]
) -> Iterable[Note]:
    tick = 0
    sounding: dict[int, tuple[int, int]] = {}
    for message in track:
        tick += message.time
        if message.type == "note_on" and message.velocity:
            sounding[message.note] = (tick, message.velocity)
        elif message.type in ("note_on", "note_off") and message.note in sounding:
            start, velocity = sounding.pop(message.note)
            start_s, end_s = np.interp([start, tick], ticks, times_s)
            yield Note(float(start_s), float(end_s), message.note, velocity)
