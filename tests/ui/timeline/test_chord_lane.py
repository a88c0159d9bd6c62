"""The chord lane as it is painted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter
from studio.ui.timeline.chord_lane import HEIGHT, ChordLane
from studio.ui.timeline.timeline import Timeline


def _brightest(lane: ChordLane, start_s: float, end_s: float) -> int:
    """The brightest grey between two times: text is far brighter than the boxes."""
    image = lane.grab().toImage()
    scale = image.width() / lane.width()
    columns = range(int(lane.x_of(start_s) * scale), int(lane.x_of(end_s) * scale))
    return int(np.max([[image.pixelColor(x, y).lightness() for x in columns] for y in range(image.height())]))


def test_a_name_that_begins_in_a_sliver_of_a_bar_is_seen_over_the_next(qtbot: QtBot) -> None:
    timeline = Timeline()
    timeline.reset(8.0)
    timeline.set_playhead(7.0)
    lane = ChordLane(timeline)
    qtbot.addWidget(lane)
    lane.resize(900, HEIGHT)
    grid = BeatGrid(tuple(-1.96 + 0.5 * i for i in range(21)), Meter(4, 4))  # the first bar ends at 0.04 s
    with_name, without = (Chord(7), Chord(7)), (Chord(7), Chord(0))
    lane.set_chords(grid, (*with_name, Chord(0), Chord(2), Chord(0)), Key(7, "major"))
    lane.show()
    named = _brightest(lane, 0.06, 1.9)
    lane.set_chords(grid, (*without, Chord(0), Chord(2), Chord(0)), Key(7, "major"))
    assert _brightest(lane, 0.06, 1.9) == named
    lane.clear()
    assert _brightest(lane, 0.06, 1.9) < named


def test_a_dragged_bar_line_says_by_how_many_beats(qtbot: QtBot) -> None:
    timeline = Timeline()
    timeline.reset(8.0)
    lane = ChordLane(timeline, editable=True)
    qtbot.addWidget(lane)
    lane.resize(900, HEIGHT)
    lane.set_chords(BeatGrid.regular(120.0, Meter(4, 4), 8.0), (Chord(0),) * 4, Key(0, "major"))
    lane.show()
    moved: list[float] = []
    lane.bars_moved.connect(moved.append)

    def drag(start_s: float, end_s: float) -> None:
        at, to = (QPoint(round(lane.x_of(t)), 12) for t in (start_s, end_s))
        qtbot.mousePress(lane, Qt.MouseButton.LeftButton, pos=at)
        qtbot.mouseMove(lane, to)
        qtbot.mouseRelease(lane, Qt.MouseButton.LeftButton, pos=to)

    drag(2.0, 2.3)
    assert moved == [pytest.approx(0.6, abs=0.02)]
    assert timeline.region is None
    drag(3.0, 3.6)  # not on a bar line: a loop, as everywhere
    assert len(moved) == 1
    assert timeline.region == pytest.approx((3.0, 3.6), abs=0.02)
    timeline.set_region(None)
    lane.editable = False
    drag(2.0, 2.3)
    assert len(moved) == 1
