"""The MIDI file seen by a reader of its own: real times of beats, bar lines and notes."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest

from studio.core.arrangement import Note
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from studio.services.exporting.export_midi import TICKS_PER_BEAT, midi_key, read_notes, write_midi
from tests.services.band import make_arrangement


def tempo_events(file: mido.MidiFile) -> list[tuple[int, int]]:
    tick, events = 0, []
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            events.append((tick, message.tempo))
    return events


def seconds_of(file: mido.MidiFile, tick: float) -> float:
    """Plays the tempo map up to a tick."""
    events = tempo_events(file)
    assert events[0][0] == 0
    total = 0.0
    for (start, tempo), (end, _) in zip(events, [*events[1:], (1 << 60, 0)], strict=True):
        total += max(0.0, min(tick, end) - start) * tempo * 1e-6 / file.ticks_per_beat
    return total


def bar_lines(file: mido.MidiFile, count: int) -> list[float]:
    """Seconds of the first bar lines, as a DAW draws them from the time signatures."""
    signatures, tick = [], 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "time_signature":
            signatures.append((tick, message.numerator * 4 * TICKS_PER_BEAT // message.denominator))
    lines, at = [], 0
    while len(lines) < count:
        lines.append(seconds_of(file, at))
        end = at + next(length for start, length in reversed(signatures) if start <= at)
        # A time signature begins a bar, even where the one before is not full.
        at = min([end, *(start for start, _ in signatures if start > at)])
    return lines


@pytest.mark.parametrize("downbeat_s", [0.0, 0.0004, 0.05, 0.3, 0.42, 0.9, 1.7, 2.0])
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "2/4", "5/4", "7/8"])
def test_bar_lines_and_notes_lie_where_the_grid_has_them(
    tmp_path: Path, downbeat_s: float, meter: str
) -> None:
    grid = BeatGrid.regular(97.3, Meter.parse(meter), 30.0, downbeat_s)
    starts = [0.0, 0.2, 1.234, 7.5, 29.0]
    bass = tuple(Note(s, s + 0.4, 40 + i, 80) for i, s in enumerate(starts))
    write_midi(tmp_path / "a.mid", make_arrangement(grid, {"bass": bass}), 30.0)
    file = mido.MidiFile(tmp_path / "a.mid")

    downbeats = [t for t in grid.downbeats_s if t > 0.35]  # those after the first, possibly merged, bar
    lines = bar_lines(file, 12)
    assert all(min(abs(line - d) for line in lines) < 0.001 for d in downbeats[:8])
    # Every line but the first, which is sample 0, is a downbeat.
    assert all(np.abs(np.array(grid.downbeats_s) - line).min() < 0.001 for line in lines[1:9])

    found = read_notes(tmp_path / "a.mid")["bass"]
    assert [n.pitch for n in found] == [n.pitch for n in bass]
    for note, wanted in zip(found, bass, strict=True):
        assert note.start_s == pytest.approx(wanted.start_s, abs=0.001)
        assert note.end_s == pytest.approx(wanted.end_s, abs=0.001)


def test_a_steady_tempo_needs_one_event_and_a_drifting_one_follows(tmp_path: Path) -> None:
    steady = BeatGrid.regular(96.0, Meter(4, 4), 600.0)
    write_midi(tmp_path / "steady.mid", make_arrangement(steady), 600.0)
    assert tempo_events(mido.MidiFile(tmp_path / "steady.mid")) == [(0, 625_000)]

    sevens = BeatGrid.regular(96.0, Meter(7, 8), 60.0)
    write_midi(tmp_path / "sevens.mid", make_arrangement(sevens), 60.0)
    assert tempo_events(mido.MidiFile(tmp_path / "sevens.mid")) == [(0, 625_000)]

    times = np.cumsum(np.linspace(0.5, 0.7, 64)) - 0.5
    drifting = BeatGrid(tuple(times), Meter(4, 4))
    write_midi(tmp_path / "drifting.mid", make_arrangement(drifting), 38.0)
    file = mido.MidiFile(tmp_path / "drifting.mid")
    played = [seconds_of(file, i * TICKS_PER_BEAT) for i in range(64)]
    assert np.abs(np.array(played) - times).max() < 0.001


@pytest.mark.parametrize("downbeat_s", [0.0, 0.42, 0.617, 1.3])
def test_a_steady_song_has_one_tempo_wherever_its_bars_begin(tmp_path: Path, downbeat_s: float) -> None:
    grid = BeatGrid.regular(96.0, Meter(4, 4), 600.0, downbeat_s)
    beats = [t for t in grid.times_s if 0.0 <= t < 599.0]
    drums = tuple(Note(t, t + 0.1, 36, 100) for t in beats)
    write_midi(tmp_path / "a.mid", make_arrangement(grid, {"drums": drums}), 600.0)
    file = mido.MidiFile(tmp_path / "a.mid")
    assert tempo_events(file) == [(0, 625_000)]
    found = [note.start_s for note in read_notes(tmp_path / "a.mid")["drums"]]
    assert np.abs(np.array(found) - beats).max() < 0.001


def test_the_pickup_of_a_song_that_drifts_keeps_a_playable_tempo(tmp_path: Path) -> None:
    for downbeat_s in np.arange(0.0, 2.0, 0.037):
        even = np.asarray(BeatGrid.regular(120.0, Meter(4, 4), 10.0, float(downbeat_s)).times_s)
        wobble = 0.004 * np.sin(np.arange(len(even)))
        grid = BeatGrid(tuple(float(t) for t in even + wobble), Meter(4, 4))
        write_midi(tmp_path / "a.mid", make_arrangement(grid), 10.0)
        tempi = [6e7 / micros for _, micros in tempo_events(mido.MidiFile(tmp_path / "a.mid"))]
        assert all(78 <= tempo <= 242 for tempo in tempi)


def test_tracks_are_named_like_the_stems_with_their_programs(tmp_path: Path) -> None:
    write_midi(tmp_path / "a.mid", make_arrangement(BeatGrid.regular(120.0, Meter(3, 4), 4.0)), 4.0)
    file = mido.MidiFile(tmp_path / "a.mid")
    assert [track.name for track in file.tracks] == ["Backline", "drums", "bass", "harmony", "lead"]
    programs = {
        track.name: [(m.channel, m.program) for m in track if m.type == "program_change"]
        for track in file.tracks
    }
    assert programs == {"Backline": [], "drums": [(9, 8)], "bass": [(0, 34)], "harmony": [(1, 0)], "lead": []}
    assert {m.channel for m in file.tracks[1] if m.type == "note_on"} == {9}
    signature = next(m for m in file.tracks[0] if m.type == "time_signature")
    assert (signature.numerator, signature.denominator) == (3, 4)
    assert next(m.key for m in file.tracks[0] if m.type == "key_signature") == "Am"
    assert [m.text for m in file.tracks[0] if m.type == "marker"] == ["Am", "F", "C"]


def test_notes_before_the_vocal_are_clipped_and_notes_after_it_left_out(tmp_path: Path) -> None:
    notes = (
        Note(-0.5, -0.1, 50, 70),
        Note(-0.2, 0.3, 51, 70),
        Note(1.0, 9.0, 52, 70),
        Note(4.0, 5.0, 53, 70),
    )
    arrangement = make_arrangement(BeatGrid.regular(100.0, Meter(4, 4), 4.0, 0.7), {"harmony": notes})
    write_midi(tmp_path / "a.mid", arrangement, 4.0)
    found = {n.pitch: n for n in read_notes(tmp_path / "a.mid")["harmony"]}
    assert set(found) == {51, 52}
    assert found[51].start_s == 0.0
    assert found[51].end_s == pytest.approx(0.3, abs=0.001)
    assert found[52].end_s == pytest.approx(9.0, abs=0.001)


def test_a_repeated_pitch_is_struck_again(tmp_path: Path) -> None:
    notes = (Note(0.5, 1.2, 60, 70), Note(1.0, 1.5, 60, 80), Note(1.0, 1.4, 60, 90), Note(1.5, 2.0, 60, 50))
    arrangement = make_arrangement(BeatGrid.regular(120.0, Meter(4, 4), 4.0), {"harmony": notes})
    write_midi(tmp_path / "a.mid", arrangement, 4.0)
    found = read_notes(tmp_path / "a.mid")["harmony"]
    assert [(round(n.start_s, 2), round(n.end_s, 2)) for n in found] == [(0.5, 1.0), (1.0, 1.5), (1.5, 2.0)]


def test_every_key_has_a_midi_key_signature() -> None:
    for tonic in range(12):
        for mode in ("major", "minor"):
            mido.MetaMessage("key_signature", key=midi_key(Key(tonic, mode))).bytes()
