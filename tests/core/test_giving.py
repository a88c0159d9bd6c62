"""What was said of the bar lines outlives what is said after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.analysis import Given, VocalAnalysis
from studio.core.errors import StudioError
from studio.core.giving import give
from studio.core.grid import BeatGrid
from studio.core.music import Key, Meter
from tests.services.band import make_analysis

MOVED = Given(shift_beats=1.0)


def heard(given: Given) -> VocalAnalysis:
    """Twelve seconds at 120 bpm, a bar from 0.42 s on before bar lines were moved by whole beats."""
    grid = BeatGrid.regular(120.0, Meter(4, 4), 12.0, 0.42 + 0.5 * given.shift_beats)
    return make_analysis(12.0, grid, given)


@pytest.mark.parametrize("before", [Given(), MOVED])  # the click may not have been listened to yet
@pytest.mark.parametrize("fields", [{"tempo_bpm": 99.0}, {"meter": Meter(3, 4)}, {"drift": True}])
def test_bar_lines_that_were_moved_stay_where_they_are_shown(
    before: Given, fields: dict[str, object]
) -> None:
    given = give(MOVED, fields, heard(before))
    assert given.downbeat_s == pytest.approx(0.92)
    assert given == replace(Given(downbeat_s=given.downbeat_s), **fields)  # type: ignore[arg-type]


def test_a_typed_downbeat_that_was_moved_on_stays_moved_on() -> None:
    given = Given(tempo_bpm=60.0, downbeat_s=0.5, shift_beats=1.0)
    assert give(given, {"tempo_bpm": 99.0}, heard(Given())).downbeat_s == pytest.approx(1.5)


def test_what_is_said_of_the_downbeat_itself_counts() -> None:
    assert give(MOVED, {"downbeat_s": 2.0}, heard(MOVED)) == Given(downbeat_s=2.0)
    assert give(MOVED, {"downbeat_s": None}, heard(MOVED)) == Given()
    assert give(MOVED, {"shift_beats": 2.0}, heard(MOVED)) == Given(shift_beats=2.0)
    key = Key.parse("C major")
    assert give(MOVED, {"key": key}, heard(MOVED)) == replace(MOVED, key=key)


@pytest.mark.parametrize(
    "said", [{"tempo_bpm": 9999.0}, {"tempo_bpm": 5.0}, {"downbeat_s": 50.0}, {"downbeat_s": -1.0}]
)
def test_what_cannot_be_is_refused_with_what_can(said: dict[str, float]) -> None:
    with pytest.raises(StudioError) as refused:
        give(Given(), said, None, 10.0)
    assert f"{next(iter(said.values())):g}" in refused.value.seen
    assert refused.value.expected in ("30 to 300 bpm", "0 to 10.000 s")
    assert refused.value.todo
    # What was given before, by a version that took it, is in nobody's way.
    assert give(Given(downbeat_s=50.0), {"tempo_bpm": 99.0}, None, 10.0).tempo_bpm == 99.0
