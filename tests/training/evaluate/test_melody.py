"""Measures of melodies: known answers on a plain tune, distances and cover."""

import numpy as np
import pytest

from studio.core.analysis import VocalNote
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from studio.training.evaluate.melody import MEASURES, Measure, Sung, cover, distance, measure, pooled, table

#: Quarters at 120 bpm: c d e, a rest, f that comes 30 ms late; 20 cents of detuning all through.
TUNE = Sung(
    [
        VocalNote(0.0, 0.4, 60.2, -20.0),
        VocalNote(0.5, 0.9, 62.2, -18.0),
        VocalNote(1.0, 1.5, 64.2, -20.0),
        VocalNote(2.03, 2.43, 66.2, -26.0),
    ],
    BeatGrid.regular(120.0, Meter(4, 4), 4.0),
    Key(0, "major"),
)


def test_known_answers() -> None:
    found = measure(TUNE)
    assert found["tempo"] == pytest.approx([120.0])
    assert found["note length"] == pytest.approx([0.8, 0.8, 1.0, 0.8])
    assert found["rest after a note"] == pytest.approx([0.2, 0.2, 1.06])
    assert found["phrase length"] == pytest.approx([3.0, 0.8])
    assert found["onset off the sixteenth"] == pytest.approx([0, 0, 0, 30])
    assert found["place in the quarter"].tolist() == [0, 0, 0, 0]
    assert (found["interval"] - 12).tolist() == [2, 2, 2]
    assert np.abs(found["pitch off the semitone"]).max() < 1e-6  # a constant detuning is no error
    assert found["notes in the scale"] == pytest.approx([0.75])
    assert found["level change, note to note"] == pytest.approx([2, 2, 6])


def test_distance_and_cover() -> None:
    values = np.arange(1000) / 1000
    quantity, places = Measure("x", "s"), Measure("y", "place", 4)
    assert distance(quantity, values, values) == 0.0
    assert distance(quantity, values, values + values.std()) == pytest.approx(1.0)
    assert distance(places, np.array([0, 1]), np.array([2, 3])) == 1.0
    assert cover(values, values) > 0.97
    assert cover(values, values + 2) == 0.0


def test_the_table_has_every_measure() -> None:
    found = pooled([TUNE, TUNE])
    assert len(table(found, found).splitlines()) == 2 + len(MEASURES)
