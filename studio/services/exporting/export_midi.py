"""arrangement.mid: what the band plays, with the tempo map of the vocal, for any DAW.

MIDI time 0 is the vocal's sample 0. One exact tempo is one tempo event, whatever lies before the first bar line: a
project that is at that tempo stays at it. The first bar line is where a time signature begins a bar, after a first
bar that may be cut off anywhere. Of a song that drifts the first quarter is played slower or faster (0.67 to 2 times)
to end on the beat, in a first bar of whole beats. From there on every quarter and bar line of the file is the grid's.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from studio.core.arrangement import STEMS, Arrangement, Note, Part
from studio.core.expression import swell_points
from studio.core.grid import BeatGrid
from studio.core.instruments import instrument
from studio.core.music import Key, Meter
from studio.storage.atomic import write_bytes
from studio.storage.json_file import BadFile

TICKS_PER_BEAT = 960
#: A tempo change is written only when holding the last tempo would put a beat further off than this.
_TOLERANCE_S = 0.0005
_CHANNELS = {"drums": 9, "bass": 0, "harmony": 1, "lead": 2}
#: The expression controller, and how often it is written. A value v is a level of 40 log10(v / 127) dB (General MIDI).
_EXPRESSION, _EXPRESSION_EVERY_S = 11, 0.05

_Event = tuple[int, int, mido.Message]
"""Tick, order among events of one tick, message."""


class TempoMap:
    """Ticks and seconds of one file.

    Attributes:
        beats: (tick, grid index) of every beat of the file.
        tempos: (tick, microseconds a quarter) of each tempo event.
        meters: (tick, numerator, denominator) of each time signature.
    """

    def __init__(self, grid: BeatGrid) -> None:
        ticks = round(TICKS_PER_BEAT * grid.meter.beat_quarters)
        times, beats, self.tempos = _drifting(grid, ticks) if grid.drifts else _steady(grid)
        self._times_s, self._ticks = np.asarray(times), np.arange(len(times)) * ticks
        at = self.tick_of
        if not grid.drifts:
            self.beats = [
                (at(time_s), beat) for beat in beats if (time_s := float(grid.time_of(beat))) > -_TOLERANCE_S
            ]
        else:
            self.beats = [(i * ticks, beat) for i, beat in enumerate(beats)]
        self.meters = self._time_signatures(grid.meter, ticks)

    def _time_signatures(self, meter: Meter, ticks: int) -> list[tuple[int, int, int]]:
        size = meter.quarters_per_bar
        whole = (meter.numerator, meter.denominator)
        tick = next((tick for tick, beat in self.beats if beat % size == 0), 0)
        if tick == 0:
            return [(0, *whole)]
        if tick % ticks == 0:
            return [(0, tick // ticks, round(4 / meter.beat_quarters)), (tick, *whole)]
        return [(0, *whole), (tick, *whole)]

    def tick_of(self, time_s: float) -> int:
        """The nearest tick; times before sample 0 are tick 0."""
        times = self._times_s
        i = int(np.clip(np.searchsorted(times, time_s, side="right") - 1, 0, len(times) - 2))
        share = float((time_s - times[i]) / (times[i + 1] - times[i]))
        return max(0, round(float(self._ticks[i]) + share * float(self._ticks[i + 1] - self._ticks[i])))


_Map = tuple[list[float], list[int], list[tuple[int, int]]]
"""Seconds of consecutive beats' worth of ticks from 0 on, grid indices of beats, tempo events."""


def _steady(grid: BeatGrid) -> _Map:
    """One tempo from the first tick to the last."""
    beat_s = grid.steady_beat_s
    first = max(0, round(float(grid.beat_of(0.0))) - 1)
    micros = round(beat_s / grid.meter.beat_quarters * 1e6)
    return [0.0, beat_s], list(range(first, grid.beats + 1)), [(0, micros)]


def _drifting(grid: BeatGrid, ticks: int) -> _Map:
    """The grid's beats, the first of them at sample 0."""
    first = round(float(grid.beat_of(0.0)))
    beats = list(range(first, max(grid.beats, first + 1) + 1))
    times = np.asarray(grid.time_of(beats))
    if abs(times[0]) > _TOLERANCE_S:
        times[0] = 0.0
    tempos: list[tuple[int, int]] = []
    played = [float(times[0])]
    micros = 0
    for i, wanted_s in enumerate(times[1:]):
        if abs(played[-1] + micros * 1e-6 - wanted_s) > _TOLERANCE_S:
            micros = round((wanted_s - played[-1]) * 1e6)
            tempos.append((i * ticks, round(micros / grid.meter.beat_quarters)))
        played.append(played[-1] + micros * 1e-6)
    return played, beats, tempos


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
    content = io.BytesIO()
    file.save(file=content)
    write_bytes(path, content.getvalue())


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
    for tick, name in chord_markers(arrangement, tempo_map):
        events.append((tick, 2, mido.MetaMessage("marker", text=name)))
    return _track("Backline", events)


def chord_markers(arrangement: Arrangement, tempo_map: TempoMap) -> list[tuple[int, str]]:
    """(tick, name) wherever the chord changes."""
    found: list[tuple[int, str]] = []
    for tick, beat in tempo_map.beats:
        if 0 <= beat < len(arrangement.chords):
            name = arrangement.chords[beat].name(arrangement.key)
            if not found or name != found[-1][1]:
                found.append((tick, name))
    return found


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
    events += [
        (tick, 1, mido.Message("control_change", channel=channel, control=_EXPRESSION, value=value))
        for tick, value in _expression(stem, part, tempo_map, duration_s)
    ]
    return _track(stem, events)


def _expression(stem: str, part: Part, tempo_map: TempoMap, duration_s: float) -> Iterable[tuple[int, int]]:
    """(tick, value) of the expression controller, wherever the value changes."""
    points = swell_points(stem, part)
    if not len(points):
        return
    before = 127
    for at_s in np.arange(max(0.0, points[0, 0]), min(points[-1, 0], duration_s), _EXPRESSION_EVERY_S):
        level_db = float(np.interp(at_s, points[:, 0], points[:, 1]))
        value = round(127 * 10.0 ** (level_db / 40.0))
        if value != before:
            yield tempo_map.tick_of(float(at_s)), value
        before = value


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


#: No song is so long or so full that these are not far beyond it.
_LIMIT_BYTES, _LIMIT_TICKS = 1 << 24, 1 << 34


def read_notes(path: Path) -> dict[str, tuple[Note, ...]]:
    """The notes of a file written here, in seconds, by stem.

    Raises:
        BadFile: a ValueError that says in words what is wrong, for other files.
    """
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise BadFile(f"{path.name} of {path.stat().st_size / 1e6:.0f} MB")
        content = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path.name}: {error.strerror or error}") from error
    try:
        file = mido.MidiFile(file=io.BytesIO(content))
    except Exception as error:  # whatever its parser stumbles over
        raise BadFile(f"{path.name}: no MIDI ({type(error).__name__}: {error})") from error
    if not file.tracks or not 1 <= file.ticks_per_beat < 1 << 15:
        raise BadFile(f"{path.name}: {len(file.tracks)} tracks of {file.ticks_per_beat} ticks a beat")
    ticks, times_s, micros, tick = [0], [0.0], 500_000, 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            times_s.append(times_s[-1] + (tick - ticks[-1]) * micros * 1e-6 / file.ticks_per_beat)
            ticks.append(tick)
            micros = message.tempo
    ticks.append(ticks[-1] + 1_000_000 * file.ticks_per_beat)
    times_s.append(times_s[-1] + micros)
    if ticks[-1] > _LIMIT_TICKS or any(sum(m.time for m in track) > _LIMIT_TICKS for track in file.tracks):
        raise BadFile(f"{path.name}: an event after {max(ticks):.3g} ticks")
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
