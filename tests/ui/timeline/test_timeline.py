"""The shared time axis and what the mouse does on it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.ui.appearance import theme
from studio.ui.timeline.ruler import Ruler
from studio.ui.timeline.timeline import Timeline, TimelineView


@pytest.fixture
def timeline() -> Timeline:
    timeline = Timeline()
    timeline.reset(10.0)
    return timeline


@pytest.fixture
def view(timeline: Timeline, qtbot: QtBot) -> TimelineView:
    """100 pixels a second."""
    view = TimelineView(timeline)
    qtbot.addWidget(view)
    view.resize(theme.GUTTER + 1000, 100)
    view.show()
    return view


def at(time_s: float) -> QPoint:
    return QPoint(round(theme.GUTTER + time_s * 100), 50)


def wheel(view: TimelineView, time_s: float, delta: int, held: Qt.KeyboardModifier) -> QWheelEvent:
    position = QPointF(at(time_s))
    event = QWheelEvent(
        position, view.mapToGlobal(position), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, held,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)
    return event


def test_a_range_stays_inside_the_song(timeline: Timeline) -> None:
    timeline.show_range(8.0, 13.0)
    assert (timeline.start_s, timeline.end_s) == (5.0, 10.0)
    timeline.show_range(3.0, 3.01)
    assert timeline.end_s - timeline.start_s == pytest.approx(0.25)
    timeline.fit()
    assert (timeline.start_s, timeline.end_s) == (0.0, 10.0)


def test_zooming_keeps_the_place_under_the_mouse(view: TimelineView, timeline: Timeline) -> None:
    x = view.x_of(4.0)
    wheel(view, 4.0, 240, Qt.KeyboardModifier.ControlModifier)
    assert timeline.end_s - timeline.start_s == pytest.approx(6.4)
    assert view.x_of(4.0) == pytest.approx(x, abs=0.5)


def test_shift_and_wheel_scroll_and_the_plain_wheel_is_left_to_the_list(
    view: TimelineView, timeline: Timeline
) -> None:
    timeline.show_range(2.0, 4.0)
    wheel(view, 5.0, -120, Qt.KeyboardModifier.ShiftModifier)
    assert (timeline.start_s, timeline.end_s) == pytest.approx((2.2, 4.2))
    assert not wheel(view, 5.0, -120, Qt.KeyboardModifier.NoModifier).isAccepted()


def test_a_click_asks_to_seek(view: TimelineView, qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(view.seek_requested) as seek:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at(3.5))
    assert seek.args[0] == pytest.approx(3.5, abs=0.006)
    assert timeline.region is None


def test_a_drag_marks_a_loop_and_does_not_seek(view: TimelineView, qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.assertNotEmitted(view.seek_requested):
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=at(6.0))
        qtbot.mouseMove(view, at(2.0))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at(2.0))
    assert timeline.region == pytest.approx((2.0, 6.0), abs=0.006)
    assert timeline.looping


def test_the_ruler_moves_and_trims_the_loop(timeline: Timeline, qtbot: QtBot) -> None:
    ruler = Ruler(timeline)
    qtbot.addWidget(ruler)
    ruler.resize(theme.GUTTER + 1000, 28)
    ruler.show()
    timeline.set_region((2.0, 4.0), looping=True)

    def drag(start: float, end: float) -> None:
        qtbot.mousePress(ruler, Qt.MouseButton.LeftButton, pos=at(start))
        qtbot.mouseMove(ruler, at(end))
        qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=at(end))

    drag(3.0, 5.0)
    assert timeline.region == pytest.approx((4.0, 6.0), abs=0.02)
    drag(6.0, 7.0)
    assert timeline.region == pytest.approx((4.0, 7.0), abs=0.02)
    drag(4.0, 3.0)
    assert timeline.region == pytest.approx((3.0, 7.0), abs=0.02)
    drag(5.0, 10.0)
    assert timeline.region == pytest.approx((6.0, 10.0), abs=0.02)


def test_the_page_turns_when_the_playhead_leaves_it(timeline: Timeline) -> None:
    timeline.show_range(0.0, 2.0)
    timeline.set_playhead(1.9, follow=True)
    assert timeline.start_s == 0.0
    timeline.set_playhead(2.05, follow=True)
    assert timeline.start_s == pytest.approx(2.01)


def test_bars_count_from_the_first_full_one(timeline: Timeline) -> None:
    timeline.set_grid(BeatGrid.regular(120.0, Meter(4, 4), 10.0, downbeat_s=0.5))
    assert timeline.bar_lines()[:2] == ((1, 0.5), (2, 2.5))
    assert timeline.place(0.5) == "bar 1.1"
    assert timeline.place(2.01) == "bar 1.4"
    assert timeline.place(2.5) == "bar 2.1"
    assert timeline.place(0.2) == "bar 0.4"


def test_a_bar_that_begins_a_hair_before_the_song_is_bar_one(timeline: Timeline) -> None:
    timeline.set_grid(BeatGrid.regular(120.0, Meter(4, 4), 10.0, downbeat_s=1.9))
    assert timeline.bar_lines()[0] == (2, pytest.approx(1.9))
    assert timeline.place(0.0) == "bar 1.1"
    assert timeline.place(1.95) == "bar 2.1"
