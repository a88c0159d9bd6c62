"""A tempo is said in one way, and exactly enough to be typed into a DAW."""

from __future__ import annotations

import pytest

from studio.core.tempos import said_bpm


@pytest.mark.parametrize(
    ("tempo_bpm", "said"),
    [(120.0, "120.0"), (92.5, "92.5"), (46.25, "46.25"), (46.3125, "46.312"), (118.29629, "118.296")],
)  # fmt: skip
def test_a_tempo_has_as_many_decimals_as_it_needs(tempo_bpm: float, said: str) -> None:
    assert said_bpm(tempo_bpm) == said


def test_the_tempo_that_is_said_does_not_drift() -> None:
    for tempo_bpm in (30.00049, 60.12345, 118.29629, 173.3333):
        beats = 600.0 * tempo_bpm / 60.0
        assert abs(beats * 60.0 / float(said_bpm(tempo_bpm)) - 600.0) < 0.0102
