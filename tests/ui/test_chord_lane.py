"""The chord lane as it is painted."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from studio.core.grid import BeatGrid
from studio.core.music import Chord, Key, Meter
from studio.ui.chord_lane import HEIGHT, ChordLane
from studio.ui.timeline import Timeline


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
