"""Reading POP909's format from a small song of our own, and comparing chords."""

from pathlib import Path

import mido
import numpy as np
import pytest

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter
from studio.training.collections.pop909 import read_song, read_songs
from studio.training.evaluate.chords import Agreement, agreement, at_times, by_bar, common_chords, stretch_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight bars of 4/4 at 120 bpm, sung from bar 3 on, with a bar of two beats after the second."""
    song = tmp_path / "007"
    song.mkdir()
    midi = mido.MidiFile(ticks_per_beat=480)
    tempo, melody, piano = mido.MidiTrack(), mido.MidiTrack(), mido.MidiTrack()
    tempo.append(mido.MetaMessage("set_tempo", tempo=500_000))
    melody.append(mido.MetaMessage("track_name", name="MELODY"))
    piano.append(mido.MetaMessage("track_name", name="PIANO"))
    piano += [mido.Message("note_on", note=40, velocity=80), mido.Message("note_off", note=40, time=99)]
    wait = 10 * 480
    for pitch in (60, 62, 64, 65) * 4:
        melody.append(mido.Message("note_on", note=pitch, velocity=80, time=wait))
        melody.append(mido.Message("note_on", note=pitch, velocity=0, time=480))
        wait = 0
    midi.tracks += [tempo, melody, piano]
    midi.save(song / "007.mid")
    bars = {0, 4, 8, 10, 14, 18, 22, 26}
    (song / "beat_midi.txt").write_text("".join(f"{i / 2} 1.0 {float(i in bars)}\n" for i in range(27)))
    (song / "beat_audio.txt").write_text("".join(f"{i / 2} {i % 4 + 1}.0\n" for i in range(27)))
    (song / "chord_midi.txt").write_text(
        "0.0\t4.9\tN\n5.0\t7.0\tC:maj\n7.0\t9.0\tA:min7/b3\n9.0\t13.0\tG:sus2\n"
    )
    (song / "key_audio.txt").write_text("0.0 9.0 C:maj\n9.0 13.0 Db:min\n")
    return song


def test_a_song_is_read(folder: Path) -> None:
    song = read_song(folder)
    assert song.number == 7
    assert song.meter == Meter(4, 4)
    assert [n.pitch for n in song.notes] == [60, 62, 64, 65] * 4
    assert (song.notes[0].start_s, song.notes[0].end_s) == pytest.approx((5.0, 5.5))
    assert song.chord_at(np.array([1.0, 5.5, 7.5, 9.5, 99.0])) == [
        Chord(None), Chord(0), Chord(9, "min7"), Chord(7, "sus4"), Chord(None),
    ]  # fmt: skip
    assert song.key_at(0.0) == Key(0, "major")
    assert song.key_at(10.0) == Key(1, "minor")
    assert [s.number for s in read_songs(folder.parent, range(1, 20))] == [7]


def test_the_stretch_has_regular_bars_and_begins_with_the_singing(folder: Path) -> None:
    song = read_song(folder)
    assert song.steady_grid(128).times_s == tuple(5.0 + i / 2 for i in range(17))
    stretch = stretch_of(song, quarters=8)
    assert stretch.grid.times_s[0] == 0.0
    assert stretch.grid.beats == 8
    assert len(stretch.notes) == 8
    assert set(stretch.human) == {Chord(0), Chord(9, "min7")}
    assert stretch.human[0] == Chord(0)


def test_agreement_counts_roots_and_triads() -> None:
    human = [Chord(0), Chord(9, "min7"), Chord(7, "sus4"), Chord(None)]
    assert agreement(human, human) == Agreement(1.0, 1.0)
    assert agreement(human, [Chord(0, "min"), Chord(9, "min"), Chord(7), Chord(0)]) == Agreement(1.0, 0.5)
    assert agreement(human, [Chord(1)] * 4) == Agreement(0.0, 0.0)


def test_chords_of_bars_and_moments() -> None:
    grid = BeatGrid.regular(60.0, Meter(2, 4), 4.0)
    quarters = by_bar([Chord(0), Chord(5)], grid)
    assert quarters == [Chord(0), Chord(0), Chord(5), Chord(5)]
    assert at_times(quarters, grid, np.array([0.5, 1.99, 2.0, 9.0])) == [
        Chord(0),
        Chord(0),
        Chord(5),
        Chord(5),
    ]


def test_the_common_chord_is_counted_by_time_and_from_the_tonic(folder: Path) -> None:
    song = read_song(folder)
    common = common_chords([song, song])
    assert common["minor"] == (6, "sus4")  # G over C sharp
    assert common["major"] == (0, "maj")
