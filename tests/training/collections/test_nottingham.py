"""Folk tunes: known notes and chords from a snippet, repeats, and the real collection where it is present."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from studio.core.music import Chord, Key, Meter
from studio.training.collections.abc_notation import AbcError, key_accidentals, parse_tune, split_tunes
from studio.training.collections.nottingham import nottingham_skeletons, parse_symbol, tune_skeletons
from studio.training.runs.sources import source_of
from studio.training.songs.vary import SUNG_RANGE, transposed, vary_tune

HEADER = "X: 1\nT:Snippet\n% comment\nM:4/4\nL:1/4\nK:G\n"
TUNE = HEADER + (
    'D|:"G"GB dB|"D7"F/2G/2A c2|"G"B^c =cd|1"D7/f+"A3D:|2"D7"A4||\n'
    '"Em"g3/2f/2 e2|"C"c4-|c2 "D7"(3A/2B/2c/2 d|"G"G3||\n'
)
COLLECTION = Path(__file__).parents[4] / "shared" / "data" / "nottingham"


def test_notes_chords_and_repeats_of_a_snippet() -> None:
    (song,) = tune_skeletons(parse_tune(TUNE), name="test")
    assert (song.key.mode, song.meter, song.beats) == ("major", Meter(4, 4), 48)
    home = transposed(song, 67 - song.melody[1].pitch)
    assert home.key == Key(7, "major")
    start = [(n.start, n.end, n.pitch) for n in home.melody[:12]]
    assert start == [
        (-1, 0, 62), (0, 1, 67), (1, 2, 71), (2, 3, 74), (3, 4, 71), (4, 4.5, 66), (4.5, 5, 67), (5, 6, 69),
        (6, 8, 72), (8, 9, 71), (9, 10, 73), (10, 11, 72),
    ]  # fmt: skip
    names = [c.name(home.key) for c in home.chords[::4]]
    assert names == ["G", "D7", "G", "D7", "G", "D7", "G", "D7", "Em", "C", "C", "G"]
    assert [c.name() for c in home.chords[40:44]] == ["C", "C", "D7", "D7"]
    assert [(s.first_bar, s.bars) for s in home.sections] == [(0, 4), (4, 4), (8, 4)]
    assert home.energy[0] < home.energy[16]
    last = home.melody[-7:]
    assert [(n.start, n.end, n.pitch) for n in last[:2]] == [(34, 36, 76), (36, 42, 72)]  # the tie
    np.testing.assert_allclose([n.start for n in last[2:]], [42, 42 + 1 / 3, 42 + 2 / 3, 43, 44])


def test_second_ending_replaces_the_first() -> None:
    tune = parse_tune(TUNE)
    lengths = [[bar.length for bar in section] for section in tune.sections]
    assert lengths == [[1], [4, 4, 4, 4], [4, 4, 4, 4], [4, 4, 4, 3]]
    assert [len(section[-1].notes) for section in tune.sections[1:3]] == [2, 1]


def test_parts_are_played_in_their_order() -> None:
    text = HEADER.replace("K:G", "Y:ABA\nK:G") + 'P:A\n"G"G4|"D"A4|\nP:B\n"C"c4|"G"B4|\n'
    tune = parse_tune(text)
    first = [section[0].notes[0][2] for section in tune.sections]
    assert first == [67, 72, 67]
    assert tune.labels[0] == tune.labels[2] != tune.labels[1]


def test_accidentals_last_for_their_octave_until_the_bar_line() -> None:
    bars = parse_tune(HEADER + '"G"^c c f2|c F =F F|').sections[0]
    assert [n[2] for bar in bars for n in bar.notes] == [73, 73, 78, 72, 66, 65, 65]


def test_compound_meter_chooses_the_chord_that_fits() -> None:
    text = "X:1\nT:t\nM:6/8\nL:1/8\nK:C\n" + '"C"ceg "G7"fdB|"C"c3 "G7"GBd|' * 4
    (song,) = tune_skeletons(parse_tune(text))
    home = transposed(song, 72 - song.melody[0].pitch)
    assert home.meter.quarters_per_bar == 3
    # The middle quarter of bar 1 holds half of each chord and the notes g and f: both fit G7, one fits C.
    assert [c.name() for c in home.chords[:3]] == ["C", "G7", "G7"]


@pytest.mark.parametrize(
    ("key", "altered"),
    [("G", "F"), ("D", "FC"), ("Bb", "BE"), ("Em", "F"), ("Ador", "F"), ("C", ""), ("F#m", "FCG")],
)
def test_key_signatures(key: str, altered: str) -> None:
    assert set(key_accidentals(key)) == set(altered)


@pytest.mark.parametrize(
    ("text", "chord"),
    [("Gm/d", "Gm"), ("D/f+", "D"), ("Gd", "Gdim"), ("(E7)", "E7"), ("C6", "C"), ("Bb7", "Bb7")],
)
def test_chord_symbols_of_the_collection(text: str, chord: str) -> None:
    assert parse_symbol(text) == Chord.parse(chord)


def test_unreadable_symbol_is_left_out() -> None:
    assert parse_symbol("From here") is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [("M:9/8", "meter 9/8"), ("M:3/4", "too long")],
)
def test_tunes_that_do_not_fit_are_refused(change: str, reason: str) -> None:
    with pytest.raises(AbcError, match=reason):
        tune_skeletons(parse_tune(TUNE.replace("M:4/4", change)))


def test_meter_change_is_refused() -> None:
    with pytest.raises(AbcError, match="meter changes"):
        parse_tune(TUNE + "M:3/4\nG3|")


def test_modal_tune_gets_its_sounding_key() -> None:
    body = '"Em"E2 GB|"D"A2 FD|"Em"E2 GB|"Em"e4|"G"d2 BG|"D"A2 FD|"Em"E2 GF|"Em"E4|'
    (song,) = tune_skeletons(parse_tune(HEADER + body))
    assert song.key.mode == "minor"
    assert song.chords[0].root == song.key.tonic


def test_split_tunes() -> None:
    assert [t[:4] for t in split_tunes("preface\n" + TUNE + "\n\n" + TUNE.replace("X: 1", "X: 2"))] == [
        "X: 1",
        "X: 2",
    ]


def test_variations_stay_whole_and_singable() -> None:
    (tune,) = tune_skeletons(parse_tune(TUNE), name="test")
    seen = set()
    for seed in range(60):
        song = vary_tune(tune, np.random.default_rng(seed), tempo_range=(80.0, 120.0))
        size = song.meter.quarters_per_bar
        assert sum(s.bars for s in song.sections) * size == song.beats == len(song.energy)
        assert song.melody[0].start > -size
        assert song.melody[-1].end <= song.beats
        assert all(a.end <= b.start for a, b in zip(song.melody, song.melody[1:], strict=False))
        assert all(SUNG_RANGE[0] <= n.pitch <= SUNG_RANGE[1] for n in song.melody)
        assert 80 <= song.tempo_bpm <= 120
        assert song == vary_tune(tune, np.random.default_rng(seed), tempo_range=(80.0, 120.0))
        seen.add((song.key, song.beats, song.melody))
    assert len(seen) > 30


def test_variation_keeps_melody_and_chords_together() -> None:
    (tune,) = tune_skeletons(parse_tune(TUNE), name="test")
    for seed in range(40):
        song = vary_tune(tune, np.random.default_rng(seed))
        fits = [n.pitch % 12 in song.chords[int(n.start)].pitch_classes for n in song.melody if n.start >= 0]
        assert np.mean(fits) > 0.6  # the tune itself: three quarters


@pytest.mark.skipif(not COLLECTION.is_dir(), reason="the collection is not here")
def test_most_of_the_real_collection_is_read() -> None:
    songs = list(nottingham_skeletons(COLLECTION))
    assert len(songs) > 1000
    for song in songs:
        size = song.meter.quarters_per_bar
        assert sum(s.bars for s in song.sections) * size == song.beats == len(song.energy)
        assert song.melody[-1].end <= song.beats
        assert all(a.end <= b.start + 1e-9 for a, b in zip(song.melody, song.melody[1:], strict=False))
    assert np.mean([song.beats / song.meter.quarters_per_bar in (16, 32, 48, 64) for song in songs]) > 0.8
    assert source_of(songs[0].source).licence == "traditional tunes"


def test_fractions_stay_exact() -> None:
    bars = parse_tune(HEADER + '"G"(3G/2A/2B/2 z|').sections[0]
    assert bars[0].length == Fraction(2)
