"""The wheel over a field or a list scrolls what is behind it: nothing is chosen without a click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QSlider, QWidget
from pytestqt.qtbot import QtBot

import studio.ui
from studio.ui.appearance.scrolling import FittingScroll
from studio.ui.appearance.widgets import ListBox, SlidingBar
from studio.ui.recording.devices_dialog import DevicesDialog
from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import idle

Kind = QComboBox | QAbstractSpinBox


def _turned(delta: int = -120) -> QWheelEvent:
    return QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )


def _value(field: QWidget) -> object:
    if isinstance(field, QComboBox):
        return field.currentIndex()
    assert isinstance(field, QAbstractSpinBox)
    return field.text()


def _fields(of: QWidget) -> list[Kind]:
    return [*of.findChildren(QComboBox), *of.findChildren(QAbstractSpinBox)]


def test_only_what_the_wheel_passes_by_is_used() -> None:
    for path in Path(studio.ui.__path__[0]).rglob("*.py"):
        if path.name != "widgets.py":
            assert "QComboBox(" not in path.read_text("utf-8"), path
    # The balance is in no page that scrolls.
    with_sliders = [
        path.name
        for path in Path(studio.ui.__path__[0]).rglob("*.py")
        if "QSlider(" in path.read_text("utf-8") and path.name != "widgets.py"
    ]
    assert with_sliders == ["transport_bar.py"]


def test_the_wheel_over_a_field_without_the_focus_changes_nothing(
    window: MainWindow, open_vocal: Callable[[MainWindow], None], qtbot: QtBot
) -> None:
    open_vocal(window)
    window.request.more.setChecked(True)
    dialog = DevicesDialog(window.record.recording, window.playback, window)
    dialog.show()
    for devices in (dialog.output, dialog.input, dialog.channels, dialog.rate, dialog.block):
        devices.addItems(["another", "a third"])
    qtbot.wait(50)
    if (first := QApplication.focusWidget()) is not None:
        first.clearFocus()  # a dialog begins with the focus in one
    fields = _fields(window)
    assert len(fields) > 15
    given = window.workspace.project.given
    for field in fields:
        for delta in (-120, 120):
            before, event = _value(field), _turned(delta)
            field.wheelEvent(event)
            assert not event.isAccepted(), field.accessibleName()
            assert _value(field) == before, field.accessibleName()
            assert not field.hasFocus()
        assert field.focusPolicy() == Qt.FocusPolicy.StrongFocus, field.accessibleName()
    assert window.workspace.project.given == given
    dialog.close()
    idle(qtbot, window)


def test_the_wheel_scrolls_the_panel_until_a_field_has_the_focus(
    window: MainWindow, open_vocal: Callable[[MainWindow], None], qtbot: QtBot
) -> None:
    open_vocal(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    window.resize(1360, 600)
    QApplication.processEvents()
    panel = window.analysis
    (scroll,) = [
        area.verticalScrollBar()
        for area in window.findChildren(FittingScroll)
        if area.isAncestorOf(panel) and area.verticalScrollBar().maximum() > 0
    ]
    for field in (panel.tempo, panel.key, panel.meter, panel.time):
        scroll.setValue(0)
        before = _value(field)
        over: QWidget | None = field
        event = _turned()
        event.ignore()
        while over is not None and not event.isAccepted():  # as Qt does with a wheel that is a real one
            event.accept()
            QApplication.sendEvent(over, event)
            over = over.parentWidget()
        assert scroll.value() > 0, field.accessibleName()
        assert _value(field) == before
    panel.key.setFocus()
    index, event = panel.key.currentIndex(), _turned(120 if panel.key.currentIndex() else -120)
    panel.key.wheelEvent(event)
    assert event.isAccepted()
    assert panel.key.currentIndex() != index
    panel.tempo.setFocus()
    bpm, event = panel.tempo.value(), _turned()
    panel.tempo.wheelEvent(event)
    assert panel.tempo.value() == pytest.approx(bpm - 1.0)
    idle(qtbot, window)


def test_a_slider_of_a_page_is_passed_by_too(qtbot: QtBot) -> None:
    bar, boxes = SlidingBar(), ListBox()
    for widget in (bar, boxes):
        qtbot.addWidget(widget)
    assert isinstance(bar, QSlider)
    bar.setValue(50)
    event = _turned()
    bar.wheelEvent(event)
    assert not event.isAccepted()
    assert bar.value() == 50
