"""How long notes swell."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.arrangement import Note, Part
from studio.core.expression import swell_gain, swell_points

RATE = 100


def _gain_db(part: Part, seconds: float, stem: str = "lead") -> np.ndarray:
    return 20 * np.log10(swell_gain(swell_points(stem, part), 0, round(seconds * RATE), RATE))


def test_a_long_note_begins_softly_grows_and_fades() -> None:
    level = _gain_db(Part("strings", (Note(1.0, 5.0, 60, 80), Note(1.01, 5.0, 64, 80))), 6.0)
    assert level[100] == pytest.approx(-5.0, abs=0.1)
    assert level.max() == pytest.approx(0.0, abs=0.05)
    assert level[280] == level.max()
    assert level[496] == pytest.approx(-3.5, abs=0.1)
    assert (np.diff(level[101:279]) > 0).all()


def test_short_notes_and_players_without_breath_are_level() -> None:
    notes = tuple(Note(0.3 * i, 0.3 * i + 0.28, 60, 80) for i in range(8))
    assert not _gain_db(Part("strings", notes), 3.0).any()
    for stem, name in (
        ("harmony", "piano"),
        ("harmony", "driven guitar"),
        ("bass", "synth bass"),
        ("lead", "none"),
    ):
        assert not len(swell_points(stem, Part(name, (Note(0.0, 4.0, 60, 80),))))


def test_a_stretch_has_the_level_it_has_in_the_song() -> None:
    points = swell_points("lead", Part("flute", (Note(0.0, 2.0, 72, 80), Note(2.0, 5.0, 74, 80))))
    whole = swell_gain(points, 0, 500, RATE)
    np.testing.assert_array_equal(swell_gain(points, 120, 200, RATE), whole[120:320])


def test_notes_that_ring_over_the_next_one_end_with_it() -> None:
    points = swell_points("lead", Part("strings", (Note(0.0, 9.0, 60, 80), Note(2.0, 4.0, 67, 80))))
    assert (np.diff(points[:, 0]) > 0).all()
    assert points[3, 0] == 2.0
