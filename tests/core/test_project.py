"""The user's chords: one a bar, from the bar one hears first."""

from __future__ import annotations

from dataclasses import replace

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.core.project import Project

HEARD = Chord.parse_many("Am F C G")


def test_editing_one_bar_makes_the_progression_the_users() -> None:
    grid, project = BeatGrid.regular(120.0, Meter(4, 4), 8.0), Project()
    chords = project.with_bar_chord(grid, HEARD, 2, Chord.parse("Bb"))
    assert chords == Chord.parse_many("Am F Bb G")
    project = replace(project, chords=chords)
    assert project.bar_chords(grid, HEARD) == chords
    assert project.with_bar_chord(grid, HEARD, 99, Chord.parse("C")) == Chord.parse_many("Am F Bb G")


def test_the_users_first_chord_is_for_the_first_bar_one_hears() -> None:
    # The first downbeat is at 40 ms: the grid's own first bar is that sliver.
    grid = BeatGrid.regular(120.0, Meter(4, 4), 8.0, downbeat_s=0.04)
    assert grid.first_bar == 1
    project = Project(chords=Chord.parse_many("Dm G C"))
    assert project.bar_chords(grid, HEARD)[1:4] == Chord.parse_many("Dm G C")
    project = replace(project, chords=project.with_bar_chord(grid, HEARD, 2, Chord.parse("E")))
    assert project.chords is not None
    assert project.chords[:3] == Chord.parse_many("Dm E C")
    project = replace(project, chords=project.with_bar_chord(grid, HEARD, 0, Chord.parse("B")))
    assert project.bar_chords(grid, HEARD)[1:4] == Chord.parse_many("Dm E C")
    # A pickup of two beats is no full bar, but one that can have a chord of its own.
    pickup = BeatGrid.regular(120.0, Meter(4, 4), 8.0, downbeat_s=1.0)
    assert (pickup.first_bar, pickup.pickup_bars) == (1, range(1))
    project = Project(chords=Chord.parse_many("Dm G C"), pickup=Chord.parse_many("E"))
    assert project.bar_chords(pickup, HEARD)[:4] == Chord.parse_many("E Dm G C")
