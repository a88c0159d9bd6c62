"""Every view that paints itself tells a screen reader what it is, how it is called and what it shows."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QLabel,
    QLineEdit,
    QProgressBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

import studio.ui
from studio.audio.levels import Meter
from studio.dsp.loudness_meter import LoudnessReading
from studio.ui.appearance.spoken import DECREASE, INCREASE, PRESS, Spoken
from studio.ui.metering.level_bars import LevelBars
from studio.ui.recording.input_meter import InputMeter
from studio.ui.timeline.timeline import TimelineView
from studio.ui.window.main_window import MainWindow
from tests.ui.reach import controls

#: Qt itself tells readers of these.
_TOLD_BY_QT = (QAbstractButton, QAbstractSlider, QLabel, QProgressBar)


def painted_classes() -> list[type[QWidget]]:
    """Every class of studio.ui that paints itself, wherever it is."""
    found: dict[str, type[QWidget]] = {}
    for module in pkgutil.walk_packages(studio.ui.__path__, "studio.ui."):
        for thing in vars(importlib.import_module(module.name)).values():
            if (
                isinstance(thing, type)
                and issubclass(thing, QWidget)
                and thing.__module__.startswith("studio.")
            ) and any(name in vars(thing) for name in ("paintEvent", "paint_content")):
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return list(found.values())


def read(widget: QWidget) -> tuple[QAccessible.Role, str, str]:
    """Role, name and value as a reader gets them."""
    told = QAccessible.queryAccessibleInterface(widget)
    number = told.valueInterface()
    value = told.text(QAccessible.Text.Value) or ("" if number is None else str(number.currentValue()))
    return told.role(), told.text(QAccessible.Text.Name), value


def test_no_class_that_paints_itself_is_mute() -> None:
    classes = painted_classes()
    assert TimelineView in classes  # the search finds what there is
    mute = [c for c in classes if not issubclass(c, _TOLD_BY_QT) and not hasattr(c, "spoken_value")]
    assert mute == []


def test_the_check_would_find_a_mute_one() -> None:
    class Mute(QWidget):
        def paintEvent(self, event: object) -> None: ...

    assert not issubclass(Mute, _TOLD_BY_QT)
    assert not hasattr(Mute, "spoken_value")


def test_every_painted_view_of_the_window_has_role_name_and_value(
    window: MainWindow,
    open_vocal: Callable[[MainWindow], None],
    generate: Callable[[MainWindow, int], None],
) -> None:
    open_vocal(window)
    generate(window, 1)
    window.actions_by_name["stems"].trigger()
    window.playback.seek(1.5)
    painted = tuple(painted_classes())
    views = [w for w in window.findChildren(QWidget) if isinstance(w, painted) and not isinstance(w, QLabel)]
    assert {type(view) for view in views} >= {
        type(window.ruler),
        type(window.vocal.lane),
        LevelBars,
        InputMeter,
    }
    for view in views:
        role, name, value = read(view)
        assert role not in (QAccessible.Role.NoRole, QAccessible.Role.Client), view
        assert name, view
        assert value, view
        assert isinstance(view, (Spoken, *_TOLD_BY_QT))
    assert "1.5 seconds" in read(window.ruler)[2]
    assert read(window.vocal.lane)[1] == "Vocal: chords"
    assert window.vocal.lane.names[window.vocal.lane._bar_at(1.5)] in read(window.vocal.lane)[2]
    row = window.candidates.rows[1]
    assert read(row.spectrogram)[1] == "Candidate 1: picture of the band"
    window.compare.toggle_blind()
    assert "hidden" in read(row.lane)[2]
    window.compare.toggle_blind()
    nameless = [
        w for w in controls(window) if not QAccessible.queryAccessibleInterface(w).text(QAccessible.Text.Name)
    ]
    assert nameless == []


def test_what_the_mouse_does_in_a_view_a_reader_can_do(
    window: MainWindow, open_vocal: Callable[[MainWindow], None]
) -> None:
    def act(widget: QWidget, name: str) -> None:
        actions = QAccessible.queryAccessibleInterface(widget).actionInterface()
        assert name in actions.actionNames()
        actions.doAction(name)

    told = QAccessible.queryAccessibleInterface(window.ruler).actionInterface()
    assert not {INCREASE, PRESS} & set(told.actionNames()), "there is no song to move in"
    open_vocal(window)
    for view in (window.ruler, window.vocal.lane, window.vocal.spectrogram):
        window.playback.seek(0.5)
        act(view, INCREASE)
        assert window.timeline.playhead_s == pytest.approx(1.5)
        act(view, DECREASE)
        assert window.timeline.playhead_s == pytest.approx(0.5)
    act(window.vocal.lane, PRESS)
    assert [field.isVisible() for field in window.vocal.lane.findChildren(QLineEdit)] == [True]
    window.record.recording.meter.clipped = True
    window.actions_by_name["meter_reset"].trigger()
    assert not window.record.recording.meter.clipped


def test_meters_give_their_number(qtbot: QtBot) -> None:
    bars, level = LevelBars("Mix"), InputMeter()
    for widget in (bars, level):
        qtbot.addWidget(widget)
    bars.show_peaks(LoudnessReading(peaks_db=(-12.3, -20.0)).peaks_db)
    bars.tell()
    role, name, value = read(bars)
    assert (role, value) == (QAccessible.Role.ProgressBar, "-123")
    assert "Mix" in name
    meter = Meter()
    meter.peaks, meter.clipped = (0.5, 0.1), True
    level.show_meter(meter)
    assert read(level)[2] == "-6"
    assert level.accessibleDescription() == "clipped"


@pytest.fixture
def active(window: MainWindow, open_vocal: Callable[[MainWindow], None], qtbot: QtBot) -> MainWindow:
    open_vocal(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    return window


def test_tab_reaches_everything_and_the_focus_is_seen(active: MainWindow, qtbot: QtBot) -> None:
    active.resize(800, 500)
    QApplication.processEvents()
    active.panels.show_side(True)
    active.request.more.setChecked(True)
    QApplication.processEvents()
    wanted = {w for w in controls(active) if w.isEnabled() and int(w.focusPolicy().value) & 1}
    seen: list[QWidget] = []
    active.panels.setFocus()
    for _ in range(len(wanted) + 20):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        if focus is None or focus in seen:
            break
        assert not focus.visibleRegion().isEmpty(), f"{focus.accessibleName()} was not scrolled to"
        seen.append(focus)
    segments = {
        w for w in wanted if isinstance(w, QAbstractButton) and w.group() is not None
    }  # arrows move in them
    assert wanted - set(seen) - segments == set()
    for widget in seen:
        if isinstance(widget, QAbstractButton | QAbstractSlider):
            widget.setFocus()
            focused = widget.grab().toImage()
            active.panels.setFocus()
            assert widget.grab().toImage() != focused, widget.accessibleName()
