"""Disturbed melodies: order, bounds, severity and repeatability."""

from itertools import pairwise

import numpy as np
import pytest

from studio.core.music import Meter
from studio.training.songs.disturb import MIN_NOTE_S, PITCH_RANGE, disturb, estimated_grid, sung_tempo
from studio.training.songs.skeleton import MelodyNote
from studio.training.songs.song_skeletons import make_skeleton

SCALE = tuple(MelodyNote(float(i), i + 1.0, 60 + 2 * (i % 7)) for i in range(200))


@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0, None])
def test_notes_stay_in_order_and_bounds(severity: float | None) -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        song = make_skeleton(rng)
        notes = disturb(song.melody, rng, tempo_bpm=song.tempo_bpm, severity=severity)
        assert all(a.end_s <= b.start_s for a, b in pairwise(notes))
        assert all(n.end_s - n.start_s >= MIN_NOTE_S - 1e-9 for n in notes)
        assert all(PITCH_RANGE[0] <= n.pitch <= PITCH_RANGE[1] for n in notes)
        assert all(0 < n.confidence <= 1 and -80 < n.loudness_db < 0 for n in notes)
        beat_s = 60 / song.tempo_bpm
        assert notes[0].start_s > song.melody[0].start * beat_s - 0.5
        assert notes[-1].end_s < song.beats * beat_s + 1.0
        assert 0.6 < len(notes) / len(song.melody) < 1.4


def test_clean_singer_is_close_to_the_melody() -> None:
    notes = disturb(SCALE, np.random.default_rng(3), tempo_bpm=120.0, severity=0.0)
    assert abs(len(notes) - len(SCALE)) <= 8
    starts = np.array([n.start_s for n in notes])
    offsets, errors = [], []
    for note in SCALE:
        nearest = notes[int(np.abs(starts - note.start * 0.5).argmin())]
        offsets.append(nearest.start_s - note.start * 0.5)
        errors.append(nearest.pitch - note.pitch)
    assert np.median(np.abs(offsets)) < 0.05
    assert np.median(np.abs(errors)) < 0.3


def test_severity_makes_it_worse() -> None:
    def spread(severity: float) -> float:
        deviations = []
        for seed in range(20):
            notes = disturb(SCALE, np.random.default_rng(seed), tempo_bpm=120.0, severity=severity)
            fractions = [n.pitch - round(n.pitch) for n in notes]
            deviations.append(np.std(fractions))
        return float(np.mean(deviations))

    assert spread(1.0) > 1.5 * spread(0.0)


def test_all_kinds_of_errors_occur_at_their_worst() -> None:
    lengths, jumps, steps, counts = [], [], [], []
    for seed in range(20):
        notes = disturb(SCALE, np.random.default_rng(seed), tempo_bpm=60.0, severity=1.0)
        counts.append(len(notes))
        lengths += [n.end_s - n.start_s for n in notes]
        jumps += [abs(b.pitch - a.pitch) for a, b in pairwise(notes)]
        steps += [b.start_s - a.start_s for a, b in pairwise(notes)]
    assert max(counts) > 1.05 * len(SCALE)  # split in two, ghosts
    assert max(steps) > 1.7  # a second-long note missed
    assert min(lengths) < 0.3  # broken notes
    assert max(jumps) > 13.5  # octave slips


def test_repeated_pitches_merge() -> None:
    repeated = tuple(MelodyNote(i / 2, i / 2 + 0.5, 60) for i in range(200))
    merged = [
        len(disturb(repeated, np.random.default_rng(s), tempo_bpm=180.0, severity=1.0)) for s in range(10)
    ]
    assert min(merged) < 160


def test_empty_melody_stays_empty_and_one_note_is_kept() -> None:
    assert disturb((), np.random.default_rng(0), tempo_bpm=100.0) == []
    assert disturb((MelodyNote(0, 1, 60),), np.random.default_rng(0), tempo_bpm=100.0, severity=1.0)


def test_same_generator_same_notes() -> None:
    first, second = (disturb(SCALE, np.random.default_rng(9), tempo_bpm=90.0) for _ in range(2))
    assert first == second
    assert disturb(SCALE, np.random.default_rng(10), tempo_bpm=90.0) != first


def test_grid_and_tempo_of_a_lone_singer() -> None:
    rng = np.random.default_rng(4)
    tempi = [sung_tempo(rng, 100.0) for _ in range(400)]
    assert 80 < np.median(tempi) < 100
    assert min(tempi) >= 45
    assert max(tempi) <= 190
    grid = estimated_grid(rng, tempo_bpm=100.0, beats=64, meter=Meter(4, 4))
    assert grid.beats == 64
    assert abs(grid.times_s[0]) < 0.1
    assert grid.tempo_bpm == pytest.approx(100.0)
