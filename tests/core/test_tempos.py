"""A tempo is said in one way, and exactly enough to be typed into a DAW."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import studio
from studio.core.export_names import NameParts
from studio.core.hints import hint_from_name
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


@pytest.mark.parametrize("tempo_bpm", [46.25, 46.3125, 118.29629, 120.0])
def test_the_tempo_of_a_name_is_the_one_that_is_said(tempo_bpm: float) -> None:
    name = NameParts("", "Song", 1, tempo_bpm, "Am").folder()
    hint = hint_from_name(name)
    assert hint is not None
    assert hint.tempo_bpm == float(said_bpm(tempo_bpm))


def test_nobody_says_a_tempo_in_a_way_of_their_own() -> None:
    own = re.compile(r"(?:tempo|bpm)\w*:[^}\s]*[fg]\}|:\.\d+f\} ?bpm")
    for folder in ("core", "services", "ui", "cli"):
        for path in (Path(studio.__path__[0]) / folder).rglob("*.py"):
            found = own.findall(path.read_text("utf-8"))
            assert not found, (path, found)
