"""When rows say what beat they were made to."""

from __future__ import annotations

from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.ui.comparing.told_beats import told_beats


def grid(tempo_bpm: float, downbeat_s: float = 0.2) -> BeatGrid:
    return BeatGrid.regular(tempo_bpm, Meter(4, 4), 10.0, downbeat_s)


def test_an_ordinary_list_is_calm() -> None:
    assert told_beats({}, grid(100.0)) == {}
    assert told_beats({1: grid(100.0), 2: grid(100.0)}, grid(100.0)) == {1: "", 2: ""}
    assert told_beats({1: grid(100.0), 2: grid(100.0)}, None) == {1: "", 2: ""}


def test_different_beats_are_told_by_their_tempo() -> None:
    assert told_beats({1: grid(88.5), 2: grid(118.0)}, grid(88.5)) == {1: "88.5 bpm", 2: "118.0 bpm"}
    assert told_beats({1: grid(88.5), 2: grid(118.0)}, None) == {1: "88.5 bpm", 2: "118.0 bpm"}


def test_older_ones_are_told_once_the_beat_was_corrected() -> None:
    assert told_beats({1: grid(92.2), 2: grid(92.2)}, grid(100.0)) == {1: "92.2 bpm", 2: "92.2 bpm"}


def test_other_bar_lines_at_one_tempo_are_told_by_where_they_lie() -> None:
    moved = told_beats({1: grid(100.0), 2: grid(100.0, 0.8), 3: grid(90.0)}, grid(100.0))
    assert moved == {1: "100.0 bpm, bar at 0.20 s", 2: "100.0 bpm, bar at 0.80 s", 3: "90.0 bpm"}
    assert told_beats({1: grid(100.0)}, grid(100.0, 0.8)) == {1: "100.0 bpm, bar at 0.20 s"}
