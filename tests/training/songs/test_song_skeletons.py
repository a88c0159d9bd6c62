"""Songs of our own: whole bars, a singable melody that fits its chords, and repeatability."""

import numpy as np
import pytest

from studio.core.music import QUALITIES, Chord, Key, Meter
from studio.training.songs.exercise import exercise_skeleton, harmonise
from studio.training.songs.melody import join
from studio.training.songs.pitch_model import shift_in_scale
from studio.training.songs.rhythm import CELLS, draw_phrase, draw_style
from studio.training.songs.skeleton import MelodyNote, Skeleton
from studio.training.songs.song_skeletons import make_skeleton

METERS = [Meter(*m) for m in Meter.WRITTEN]


def check(song: Skeleton) -> None:
    """What every skeleton keeps."""
    size = song.meter.quarters_per_bar
    assert sum(s.bars for s in song.sections) * size == song.beats == len(song.energy)
    assert [s.first_bar for s in song.sections] == list(np.cumsum([0, *(s.bars for s in song.sections)])[:-1])
    assert set(song.energy) <= {0, 1, 2, 3}
    assert all(c.root is not None and c.quality in QUALITIES for c in song.chords)
    assert -size < song.melody[0].start
    assert song.melody[-1].end <= song.beats
    assert all(n.end > n.start for n in song.melody)
    assert all(a.end <= b.start for a, b in zip(song.melody, song.melody[1:], strict=False))
    assert all(45 <= n.pitch <= 81 for n in song.melody)


def chord_tone_share(songs: list[Skeleton]) -> float:
    """Share of the sung time on tones of the chord of the note's first eighth."""
    total = fitting = 0.0
    for song in songs:
        for note in song.melody:
            beat = int(note.start + min(0.5, (note.end - note.start) / 2))
            if 0 <= beat < song.beats:
                total += note.end - note.start
                fitting += (note.end - note.start) * (note.pitch % 12 in song.chords[beat].pitch_classes)
    return fitting / total


@pytest.mark.parametrize("meter", METERS, ids=str)
def test_songs_are_whole_and_singable(meter: Meter) -> None:
    for seed in range(40):
        song = make_skeleton(np.random.default_rng(seed), meter=meter, tempo_range=(70.0, 90.0))
        check(song)
        assert song.meter == meter
        assert 70 <= song.tempo_bpm <= 90


def test_same_generator_same_song() -> None:
    songs = [make_skeleton(np.random.default_rng(5)) for _ in range(2)]
    assert songs[0] == songs[1]
    assert make_skeleton(np.random.default_rng(6)) != songs[0]


def test_sections_of_one_name_share_their_chords() -> None:
    compared = 0
    for seed in range(60):
        song = make_skeleton(np.random.default_rng(seed), meter=Meter(4, 4))
        first: dict[str, tuple[Chord, ...]] = {}
        for s in song.sections:
            chords = song.chords[s.first_bar * 4 : (s.first_bar + s.bars) * 4]
            assert first.setdefault(s.name, chords) == chords
            compared += first[s.name] is not chords
    assert compared > 10


def test_melody_fits_its_chords_as_real_song_does() -> None:
    songs = [make_skeleton(np.random.default_rng(seed)) for seed in range(80)]
    assert 0.68 < chord_tone_share(songs) < 0.84  # sung pop .72, folk tunes .78
    moves = [abs(b.pitch - a.pitch) for s in songs for a, b in zip(s.melody, s.melody[1:], strict=False)]
    assert 0.5 < np.mean(np.array(moves) <= 2) < 0.75
    assert np.mean(np.array(moves) == 6) < 0.01


def test_meters_and_modes_are_all_drawn() -> None:
    songs = [make_skeleton(np.random.default_rng(seed)) for seed in range(150)]
    assert {(s.meter.numerator, s.meter.denominator) for s in songs} == set(Meter.WRITTEN)
    assert {s.key.mode for s in songs} == {"major", "minor"}
    assert {"intro", "verse", "chorus", "bridge", "ending"} <= {x.name for s in songs for x in s.sections}
    assert any(s.sections[0].name in ("verse", "chorus") for s in songs)


@pytest.mark.parametrize("manner", CELLS)
def test_phrases_keep_to_their_bars(manner: str) -> None:
    meter = Meter(6, 8) if manner == "compound" else Meter(4, 4)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        style = draw_style(rng, manner, meter, tempo_bpm=100.0)
        phrase = draw_phrase(rng, style, 2)
        ends = [o + d for o, d in zip(phrase.onsets, phrase.durations, strict=True)]
        assert list(phrase.onsets) == sorted(set(phrase.onsets))
        assert all(d > 0 for d in phrase.durations)
        assert all(e <= o for e, o in zip(ends, phrase.onsets[1:], strict=False))
        assert phrase.onsets[0] > -style.bar
        assert ends[-1] <= 2 * style.bar
        assert all(-1 <= m < i for i, m in enumerate(phrase.motif))


def test_pickup_silences_what_it_meets() -> None:
    notes = [MelodyNote(0, 4, 60), MelodyNote(3.5, 4, 62), MelodyNote(3.5, 3.75, 65), MelodyNote(5, 6, 64)]
    assert join(notes) == (MelodyNote(0, 3.5, 60), MelodyNote(3.5, 3.75, 65), MelodyNote(5, 6, 64))


@pytest.mark.parametrize(
    ("pitch", "steps", "moved"), [(60, 1, 62), (64, 1, 65), (60, -1, 59), (71, 2, 74), (61, 0, 61)]
)
def test_shift_in_scale_of_c_major(pitch: int, steps: int, moved: int) -> None:
    assert shift_in_scale(pitch, steps, Key(0, "major")) == moved


def test_harmonise_finds_the_plain_chords() -> None:
    bars = [(60, 64, 67, 64), (65, 69, 72, 69), (67, 71, 74, 71), (60, 64, 60, 60)]
    notes = [MelodyNote(i, i + 1, p) for i, p in enumerate(p for bar in bars for p in bar)]
    chords = harmonise(notes, Key(0, "major"), Meter(4, 4), 4)
    assert [c.name() for c in chords] == ["C", "F", "G", "C"]


def test_exercises_are_whole_and_begin_and_end_at_home() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        key = Key(seed % 12, ("major", "minor")[seed % 2])
        song = exercise_skeleton(rng, key, METERS[seed % 4], 80.0, "factory", "MIT")
        check(song)
        assert song.chords[0].root == song.chords[-1].root == key.tonic
        assert all(n.pitch % 12 in key.scale for n in song.melody)
