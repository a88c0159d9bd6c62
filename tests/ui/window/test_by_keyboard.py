"""From opening to export without a mouse; and loops, stars and keys of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.ui.comparing.details_dialog import DetailsDialog
from studio.ui.comparing.export_dialog import ExportDialog
from studio.ui.comparing.export_result import ExportResult
from studio.ui.keys.key_map import KeyMap
from studio.ui.keys.shortcut_table import BY_NAME, HELD, RATING, SHORTCUTS, share_keys
from studio.ui.timeline.timeline import Timeline
from studio.ui.window.main_window import MainWindow
from studio.ui.window.preferences import Preferences
from tests.ui.conftest import idle

KEY = Qt.Key
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def press(qtbot: QtBot) -> Callable[..., None]:
    """Presses a key where the focus is, as a keyboard does."""

    def press_it(key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        target = QApplication.focusWidget() or QApplication.activeWindow()
        assert target is not None
        QTest.keyClick(target, key, held)

    return press_it


def active(qtbot: QtBot, window: MainWindow) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)


def tab_to(press: Callable[..., None], widgets: Sequence[QWidget]) -> None:
    """Presses Tab until one of them has the focus."""
    for _ in range(200):
        if QApplication.focusWidget() in widgets:
            return
        press(KEY.Key_Tab)
    raise AssertionError("Tab does not get there")


def test_from_a_vocal_to_its_export_by_keys_alone(
    window: MainWindow,
    vocal_path: Path,
    tmp_path: Path,
    qtbot: QtBot,
    press: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the system's own file dialogs, which are not ours to drive, are answered."""
    monkeypatch.setattr(window.ask, "vocal", lambda: vocal_path)
    window.preferences.set("export_folder", str(tmp_path))
    active(qtbot, window)
    press(KEY.Key_O, CONTROL)
    qtbot.waitUntil(window.request.generate.isEnabled, timeout=60_000)
    tab_to(press, [window.analysis.chords])
    QTest.keyClicks(window.analysis.chords, "Am F")
    press(KEY.Key_Return)
    qtbot.waitUntil(lambda: window.workspace.project.chords is not None, timeout=10_000)
    tab_to(press, window.request.count.findChildren(QAbstractButton))
    for _ in range(3):
        press(KEY.Key_Left)
    assert window.request.wishes.candidates == 1
    press(KEY.Key_G)
    assert window.generation.running or window.workspace.runner.busy
    qtbot.waitUntil(lambda: len(window.candidates.rows) == 1, timeout=120_000)
    idle(qtbot, window)
    numbers = list(window.candidates.rows)
    press(KEY.Key_Down)
    heard = window.playback.mix.selected
    assert heard in numbers
    press(KEY.Key_Escape)  # out of the buttons, where Space is theirs
    press(KEY.Key_Space)
    assert window.playback.player.playing
    press(KEY.Key_O)
    assert window.timeline.looping
    press(KEY.Key_Space)
    press(KEY.Key_4)
    press(KEY.Key_P)
    press(KEY.Key_F)
    opinion = window.workspace.project.opinion(heard)
    assert (opinion.stars, opinion.favourite, window.workspace.project.picked) == (4, True, heard)
    press(KEY.Key_N)
    (dialog,) = window.findChildren(DetailsDialog)
    qtbot.waitUntil(dialog.isActiveWindow, timeout=10_000)
    QTest.keyClicks(dialog.note, "this one")
    press(KEY.Key_Tab)
    press(KEY.Key_Space)  # OK
    assert window.workspace.project.opinion(heard).note == "this one"
    active(qtbot, window)
    press(KEY.Key_E, CONTROL)
    (export,) = window.findChildren(ExportDialog)
    qtbot.waitUntil(export.isActiveWindow, timeout=10_000)
    press(KEY.Key_Return)
    qtbot.waitUntil(lambda: bool(window.findChildren(ExportResult)), timeout=60_000)
    (result,) = window.findChildren(ExportResult)
    assert list(tmp_path.rglob("*band*.wav"))
    qtbot.waitUntil(result.isActiveWindow, timeout=10_000)
    press(KEY.Key_Escape)
    assert not result.isVisible()
    idle(qtbot, window)


def test_every_action_has_a_key_and_a_place_in_a_menu(window: MainWindow) -> None:
    assert [s.name for s in (*SHORTCUTS, *RATING) if not s.keys] == []
    in_menus = set()
    for entry in window.menuBar().actions():
        waiting = [entry.menu()]
        while waiting:
            for action in waiting.pop().actions():
                in_menus.add(action)
                if action.menu() is not None:
                    waiting.append(action.menu())
    direct = {name for name in window.actions_by_name if name.startswith("candidate_")}
    missing = [
        n for n, action in window.actions_by_name.items() if action not in in_menus and n not in direct
    ]
    assert missing == []
    assert HELD not in window.actions_by_name


def test_keys_that_can_be_meant_at_once_differ() -> None:
    everything = (*SHORTCUTS, *RATING)
    for place, one in enumerate(everything):
        for other in everything[place + 1 :]:
            if share_keys(one, other):
                same = {QKeySequence(k) for k in one.keys} & {QKeySequence(k) for k in other.keys}
                assert not same, (one.name, other.name)


def test_a_key_of_the_rating_screen_can_be_chosen(tmp_path: Path) -> None:
    keys = KeyMap(Preferences(tmp_path / "window.ini"))
    best = BY_NAME["r_best_1"]
    assert keys.choose(best, QKeySequence("1")) is BY_NAME["r_hear_1"]
    assert keys.choose(best, QKeySequence("Ctrl+S")) is BY_NAME["save"], "counts on the rating screen too"
    assert keys.choose(best, QKeySequence("G")) is None, "the song's keys rest there"
    assert KeyMap(Preferences(tmp_path / "window.ini")).owner(QKeySequence("G"), RATING) is best
    assert keys.choose(BY_NAME["save"], QKeySequence("Space")) is BY_NAME["play"]
    assert keys.choose(BY_NAME["save"], QKeySequence("Home")) is BY_NAME["r_restart"]
    keys.reset()
    assert keys.owner(QKeySequence("Shift+1"), RATING) is best


@pytest.fixture
def timeline() -> Timeline:
    """Eight seconds of bars of two seconds that begin at 0.5 s."""
    timeline = Timeline()
    timeline.reset(8.0)
    timeline.set_grid(BeatGrid.regular(120.0, Meter(4, 4), 8.0, 0.5))
    return timeline


@pytest.mark.parametrize(
    ("dragged", "wanted"),
    [
        ((2.3, 4.6), (2.5, 4.5)),
        ((4.6, 2.3), (2.5, 4.5)),
        ((2.7, 3.1), (2.5, 4.5)),  # within a bar: that bar
        ((0.6, 0.9), (0.5, 2.5)),
        ((0.1, 0.2), (0.0, 0.5)),  # the pickup
        ((6.8, 8.0), (6.5, 8.0)),
    ],
)
def test_a_loop_lies_on_the_nearest_bars(
    timeline: Timeline, dragged: tuple[float, float], wanted: tuple[float, float]
) -> None:
    assert timeline.on_bars(*dragged) == pytest.approx(wanted)


def test_without_bars_a_loop_is_free(timeline: Timeline) -> None:
    timeline.set_grid(None)
    assert timeline.on_bars(3.1, 2.2) == (2.2, 3.1)


def test_drags_snap_unless_shift_is_held_and_stars_are_clicked(
    window: MainWindow,
    open_vocal: Callable[[MainWindow], None],
    generate: Callable[[MainWindow, int], None],
    qtbot: QtBot,
) -> None:
    open_vocal(window)
    generate(window, 1)
    timeline, view = window.timeline, window.vocal.spectrogram
    timeline.set_grid(BeatGrid.regular(120.0, Meter(2, 4), 3.0, 0.0))

    def drag(start_s: float, end_s: float, held: Qt.KeyboardModifier) -> None:
        left = Qt.MouseButton.LeftButton
        ends = [QPoint(round(view.x_of(t)), 30) for t in (start_s, end_s)]
        QTest.mousePress(view, left, held, ends[0])
        for at in (ends[0] + QPoint(8, 0), ends[1]):
            QTest.mouseEvent(QTest.MouseAction.MouseMove, view, Qt.MouseButton.NoButton, held, at, 0)
        QTest.mouseRelease(view, left, held, ends[1])

    drag(0.8, 2.1, NONE)
    assert timeline.region == pytest.approx((1.0, 2.0))
    drag(0.8, 2.1, SHIFT)
    assert timeline.region == pytest.approx((0.8, 2.1), abs=0.02)
    active(qtbot, window)
    for ends, held in (((0.0, 2.0), NONE), ((0.3, 2.2), ALT)):
        window.playback.seek(0.3)
        qtbot.keyClick(window, KEY.Key_I, held)
        window.playback.seek(2.2)
        qtbot.keyClick(window, KEY.Key_O, held)
        assert timeline.region == pytest.approx(ends)
    row = window.candidates.rows[1]
    qtbot.mouseClick(row.stars.buttons[2], Qt.MouseButton.LeftButton)
    assert window.workspace.project.opinion(1).stars == row.stars.count == 3
    qtbot.mouseClick(row.stars.buttons[2], Qt.MouseButton.LeftButton)
    assert window.workspace.project.opinion(1).stars == row.stars.count == 0
    window.playback.select(1)
    window.actions_by_name["rate_5"].trigger()
    assert row.stars.count == 5
    left = [d for d in window.findChildren(QDialog) if d.isVisible()]
    assert left == []
    idle(qtbot, window)
