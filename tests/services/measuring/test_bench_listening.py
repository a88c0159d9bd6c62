"""The benchmark of listening: its singer is what it says, and its scores are right on known answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio.audio.wav import write_wav
from studio.core.errors import StudioError
from studio.services.measuring.bench_listening import (
    SongScores,
    bench_listening,
    describe_listening,
    f_measure,
    matches,
    reliability,
)
from studio.services.measuring.synthetic_singer import sing_song


def test_a_seed_sings_the_same_and_another_something_else() -> None:
    one, again, other = sing_song(1, 10.0), sing_song(1, 10.0), sing_song(2, 10.0)
    np.testing.assert_array_equal(one.audio.samples, again.audio.samples)
    assert one.audio.frames == other.audio.frames == 160000
    assert not np.array_equal(one.audio.samples, other.audio.samples)
    assert np.diff(one.beats_s) == pytest.approx(60.0 / one.tempo_bpm)
    assert (np.diff(one.onsets_s) > 0).all()


def test_matches_pair_one_to_one() -> None:
    reference = np.array([1.0, 2.0, 3.0])
    assert matches(reference, np.array([1.01, 1.02, 3.04]), 0.05) == 2
    assert f_measure(reference, reference + 0.02, 0.05) == 1.0
    assert f_measure(reference, np.array([1.0]), 0.05) == pytest.approx(0.5)
    assert f_measure(reference, np.zeros(0), 0.05) == 0.0


def test_short_synthetic_songs_and_a_folder_are_heard(tmp_path: Path) -> None:
    song = sing_song(5, 12.0)
    write_wav(tmp_path / "a.wav", song.audio)
    truth = {
        "beats_s": song.beats_s.tolist(),
        "position_in_bar": (np.arange(len(song.beats_s)) % 4 + 1).tolist(),
    }
    (tmp_path / "beats.json").write_text(json.dumps({"a": truth}))
    figures = bench_listening([tmp_path], songs=1, seconds=15.0)
    synthetic, folder = figures.sets.values()
    assert synthetic[0].onset_f is not None
    assert synthetic[0].onset_f > 0.8
    assert folder[0].best_of_4 is not None
    assert folder[0].best_of_4 > 0.8
    assert folder[0].onset_f is None
    assert describe_listening(figures)[1].startswith("synthetic")


def test_a_folder_without_references_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="Cannot measure"):
        bench_listening([tmp_path], songs=0)


def test_reliability_compares_what_was_said_with_what_came_true() -> None:
    songs = [SongScores("x", beat_f=f, chance=c) for f, c in [(0.9, 0.5), (0.1, 0.5), (1.0, 0.9)]]
    assert reliability(songs) == [
        (0.4, pytest.approx(0.6), 0.5, 0.5, 2),
        (0.8, pytest.approx(1.0), 0.9, 1.0, 1),
    ]
