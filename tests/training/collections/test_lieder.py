"""Songs with piano: reading MusicXML, chords from an accompaniment, and the real corpus where it is present."""

import xml.etree.ElementTree as ET
import zipfile
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from studio.core.music import Chord, Key, Meter
from studio.training.collections.chord_estimate import estimate_chords
from studio.training.collections.lieder import lieder_skeletons, song_skeletons
from studio.training.collections.musicxml import MusicXmlError, parse_score, read_score
from studio.training.runs.sources import source_of
from studio.training.songs.vary import vary_tune

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "lieder"


def note(pitch: str, duration: int, *, extra: str = "", lyric: bool = False) -> str:
    text = "<lyric><text>la</text></lyric>" if lyric else ""
    height = (
        f"<pitch><step>{pitch[0]}</step><alter>{pitch.count('#')}</alter><octave>{pitch[-1]}</octave></pitch>"
    )
    body = "<rest/>" if pitch == "rest" else height
    return f"<note>{extra}{body}<duration>{duration}</duration><voice>1</voice>{text}</note>"


def score_of(voice: list[str], piano: list[str], *, meter: str = "4/4", fifths: int = 0) -> ET.Element:
    """A score from the inside of each measure of two parts, two divisions a quarter."""
    beats, unit = meter.split("/")
    head = (
        f"<attributes><divisions>2</divisions><key><fifths>{fifths}</fifths></key>"
        f"<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time></attributes>"
    )
    parts = ""
    for measures in (voice, piano):
        bars = [f"<measure>{head if i == 0 else ''}{m}</measure>" for i, m in enumerate(measures)]
        parts += f"<part>{''.join(bars)}</part>"
    return ET.fromstring(f"<score-partwise><movement-title>Test</movement-title>{parts}</score-partwise>")


def triad(*pitches: str, duration: int = 8) -> str:
    """A chord held for a measure."""
    return note(pitches[0], duration) + "".join(note(p, duration, extra="<chord/>") for p in pitches[1:])


C, F, G = triad("C3", "E4", "G4"), triad("F2", "A3", "C4"), triad("G2", "B3", "D4")
PHRASE = [
    "".join(note(p, 2, lyric=True) for p in bar)
    for bar in (
        ("G4", "E4", "C4", "E4"),
        ("A4", "F4", "C5", "A4"),
        ("G4", "B4", "D5", "B4"),
        ("C5", "G4", "E4", "C4"),
    )
]


def test_a_song_with_pickup_chords_and_sections() -> None:
    voice = [note("rest", 1) + note("G4", 1, lyric=True), *PHRASE, note("rest", 8), note("rest", 8), *PHRASE]
    piano = [note("rest", 2), C, F, G, C, F, G, C, F, G, C]
    (song,) = song_skeletons(parse_score(score_of(voice, piano)), name="test")
    assert (song.key, song.meter, song.beats) == (Key(0, "major"), Meter(4, 4), 40)
    assert [c.name() for c in song.chords[::4]] == ["C", "F", "G", "C", "F", "G", "C", "F", "G", "C"]
    assert [(n.start, n.end, n.pitch) for n in song.melody[:3]] == [(-0.5, 0, 67), (0, 1, 67), (1, 2, 64)]
    assert [(s.name, s.first_bar, s.bars) for s in song.sections] == [
        ("verse", 0, 4),
        ("solo", 4, 2),
        ("verse", 6, 4),
    ]
    assert len(song.energy) == 40


def test_ties_join_and_backup_goes_back() -> None:
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    first = note("C4", 8).replace("<voice>", f"{start}<voice>") + "<backup><duration>4</duration></backup>"
    second = note("C4", 4).replace("<voice>", f"{stop}<voice>") + note("F#4", 4)
    low = note("E3", 4).replace("<voice>1", "<voice>2")
    score = parse_score(score_of([first + low, second], [C, C]))
    assert [(float(n.start), float(n.end), n.pitch) for n in score.parts[0].notes] == [
        (0, 6, 60),
        (2, 4, 52),
        (6, 8, 66),
    ]
    assert [float(m.length) for m in score.measures] == [4, 4]


def test_only_songs_for_one_voice_and_piano_are_taken() -> None:
    silent = [note("rest", 8)] * 10
    assert song_skeletons(parse_score(score_of(silent, [C] * 10))) == []
    assert song_skeletons(parse_score(score_of(PHRASE * 3, PHRASE * 3))) == []


def test_what_is_no_score_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.mxl"
    path.write_bytes(b"no archive")
    with pytest.raises(MusicXmlError, match="broken"):
        read_score(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("score.xml", "<score-timewise/>")
    with pytest.raises(MusicXmlError, match="timewise"):
        read_score(path)


def test_estimated_chords_of_a_known_accompaniment() -> None:
    wanted = ["C", "Am", "Dm7", "G7", "Fmaj7", "Bdim", "E7", "Am"]
    notes: list[tuple[float, float, int, float]] = []
    for bar, name in enumerate(wanted):
        chord = Chord.parse(name)
        assert chord.root is not None
        notes.append((4 * bar, 4 * bar + 4, 36 + chord.root, 1.0))
        for i, pitch_class in enumerate(chord.pitch_classes):  # a broken chord, one note a quarter
            notes += [
                (4 * bar + b, 4 * bar + b + 1, 60 + pitch_class, 1.0) for b in range(4) if (b + i) % 4 < 3
            ]
    notes.append((2.5, 3, 62, 1.0))  # a passing note
    chords = estimate_chords(np.array(notes), 34, Meter(4, 4))
    assert [c.name() for c in chords[:32:4]] == wanted
    assert len(set(chords[:4])) == 1
    assert chords[32:] == [Chord.parse("Am")] * 2  # silence keeps the chord


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_real_songs_are_whole_and_can_be_varied() -> None:
    songs = list(islice(lieder_skeletons(CORPUS), 40))
    assert len(songs) == 40
    for seed, tune in enumerate(songs):
        for song in (tune, vary_tune(tune, np.random.default_rng(seed))):
            size = song.meter.quarters_per_bar
            assert sum(s.bars for s in song.sections) * size == song.beats == len(song.energy)
            assert all(a.first_bar + a.bars == b.first_bar for a, b in pairwise(song.sections))
            assert song.melody[0].start > -size
            assert song.melody[-1].end <= song.beats
            assert all(a.end <= b.start + 1e-9 for a, b in pairwise(song.melody))
    assert source_of(songs[0].source).licence == "CC0 1.0"
    fits = [
        n.pitch % 12 in s.chords[int(n.start)].pitch_classes for s in songs for n in s.melody if n.start >= 0
    ]
    assert 0.6 < np.mean(fits) < 0.9
