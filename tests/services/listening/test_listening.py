"""What can be known of a song without guessing: hints of a file, guides beside it, our own metronome."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from studio.audio.wav import write_wav
from studio.core.analysis import Given
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.hints import Hint
from studio.core.music import Chord, Key, Meter
from studio.services.exporting.report import analysis_from_json, analysis_json
from studio.services.listening.guides import read_guide
from studio.services.listening.hints import find_hints, with_hints
from studio.services.listening.metronome import given_of
from studio.services.vocal import analyse_vocal
from studio.storage.recordings import RecordingNote
from tests.analysis.guide_songs import RATE, beats, click, strummed

A_MINOR = Key(9, "minor")


def test_a_name_is_a_hint_and_is_said_where_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "song_96bpm_Am.wav"
    write_wav(path, Audio(np.zeros((1, 100), np.float32), RATE))
    hints = find_hints(path)
    assert hints == (Hint(96.0, A_MINOR, "file name"),)
    given, told = with_hints(Given(), hints)
    assert (given.tempo_bpm, given.key) == (96.0, A_MINOR)
    assert told == (
        "Tempo 96.0 bpm from the file name; --tempo gives another.",
        "Key A minor from the file name; --key gives another.",
    )
    assert with_hints(Given(tempo_bpm=100.0, key=Key(0, "major")), hints) == (
        Given(tempo_bpm=100.0, key=Key(0, "major")), (),
    )  # fmt: skip


def test_a_guitar_beside_the_vocal_gives_its_grid_and_its_chords(tmp_path: Path) -> None:
    truth, chords = beats(90.0, 0.5, 16.0), list(Chord.parse_many("C Am F G"))
    path = tmp_path / "guitar.wav"
    write_wav(path, strummed(truth, 16.0, chords))
    guide = read_guide(path)
    t = np.arange(round(8.0 * RATE)) / RATE
    voice = np.sin(2 * np.pi * 220 * t) * (np.sin(2 * np.pi * 0.7 * t) > 0) * 0.3
    analysis = analyse_vocal(Audio(voice[None].astype(np.float32), RATE), Given(guide=guide))
    first = analysis.grid.first_bar
    assert analysis.grid.downbeats_s[first] == pytest.approx(0.5, abs=0.01)
    assert analysis.chords[first : first + 2] == tuple(chords[:2])
    assert (analysis.confidence.tempo, analysis.alternatives) == (1.0, ())
    # It is kept with the candidates.
    again = analysis_from_json(analysis_json(analysis)).given.guide
    assert again is not None
    assert again.times_s == pytest.approx(guide.times_s, abs=1e-6)
    assert (again.chords, again.meter, again.downbeat) == (guide.chords, guide.meter, guide.downbeat)


def test_a_click_has_no_chords(tmp_path: Path) -> None:
    path = tmp_path / "click.wav"
    write_wav(path, click(beats(100.0, 0.2, 16.0), 16.0))
    assert read_guide(path).chords == ()


@pytest.mark.parametrize("name", ["song.mid", "song.dawproject", "song.rpp", "song.wav"])
def test_a_guide_that_is_none_is_said(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(StudioError, match="song"):
        read_guide(path)
    path.write_bytes(b"not what it is called")
    with pytest.raises(StudioError, match="song"):
        read_guide(path)


def test_what_can_be_a_guide_is_named_in_full(tmp_path: Path) -> None:
    path = tmp_path / "lyrics.txt"
    path.write_text("la la")
    with pytest.raises(StudioError, match=r"WAV.*MIDI.*\.dawproject, \.rpp"):
        read_guide(path)


def test_an_archive_without_a_project_is_said(tmp_path: Path) -> None:
    path = tmp_path / "song.dawproject"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.xml", "<x/>")
    with pytest.raises(StudioError, match=r"project\.xml"):
        read_guide(path)


def test_a_take_on_our_metronome_knows_its_grid() -> None:
    note = RecordingNote(48000, tempo_bpm=96.0, beats_per_bar=3)
    assert given_of(note) == Given(tempo_bpm=96.0, downbeat_s=0.0, meter=Meter(3, 4), drift=False)
    late = given_of(RecordingNote(48000, start=48000, tempo_bpm=120.0, beats_per_bar=4))
    assert late.downbeat_s == pytest.approx(1.0)
    assert given_of(RecordingNote(48000)) == Given()
