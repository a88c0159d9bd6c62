"""Small windows, and large letters: nothing is out of reach, and nothing is cut without a way to read it.

200 % on a screen of 1600 x 1000 is 800 x 500 of the pixels that Qt counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QVBoxLayout
from pytestqt.qtbot import QtBot

from studio.core.analysis import Given
from studio.core.arrangement import STEMS
from studio.core.controls import NETWORK, RECORDED
from studio.core.grid import BeatGrid
from studio.core.language import Catalogue, speak
from studio.core.music import Meter
from studio.services.measuring.fit_report import FitReport
from studio.storage.translations import read_catalogue, translations_dir
from studio.ui.appearance import theme
from studio.ui.appearance.scrolling import fit_dialog
from studio.ui.appearance.widgets import ElidedLabel
from studio.ui.comparing.candidate_row import CandidateRow
from studio.ui.generating.regenerate_dialog import RegenerateDialog
from studio.ui.timeline.timeline import Timeline
from studio.ui.window import window_memory
from studio.ui.window.main_window import MainWindow
from tests.services.band import make_analysis, make_candidate, make_vocal
from tests.ui.conftest import idle
from tests.ui.reach import controls, unreachable

SIZES = (QSize(1024, 700), QSize(800, 500))


def settle() -> None:
    for _ in range(4):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def test_everything_is_in_reach_in_a_small_window(
    window: MainWindow,
    open_vocal: Callable[[MainWindow], None],
    generate: Callable[[MainWindow, int], None],
    qtbot: QtBot,
) -> None:
    settle()
    assert "\n".join(unreachable(window)) == ""
    open_vocal(window)
    generate(window, 2)
    for size in (SIZES[0], QSize(1360, 860)):
        window.resize(size)
        window.panels.show_side(True)
        settle()
        more = window.request.more  # is seen whole, or nobody would look for it
        assert more.visibleRegion().boundingRect() == more.rect()
    window.request.more.setChecked(True)
    for size in SIZES:
        for mode in ("dark", "light"):
            theme.apply_theme(QApplication.instance(), mode)
            window.resize(size)
            settle()
            assert window.size() == size
            assert "\n".join(unreachable(window)) == ""
            window.panels.show_side(True)
            window.panels.show_meters(True)
            settle()
            assert "\n".join(unreachable(window)) == ""
            assert window.request.generate in controls(window)
        for name in ("rate", "taste", "lineage", "adapter"):
            window.taste.enter(name)
            settle()
            assert "\n".join(unreachable(window)) == "", name
        window.taste.leave()
        window.resize(1360, 860)
        settle()
    # More wishes leave room to correct what was heard.
    assert not window.analysis.chords.visibleRegion().isEmpty()
    cut = [
        (text.text(), text.toolTip())
        for text in window.findChildren(QLabel)
        if text.isVisible() and text.text() and not isinstance(text, ElidedLabel)
        if not text.wordWrap() and text.width() < text.sizeHint().width() - 1
    ]
    assert cut == []


def test_a_narrow_window_folds_the_side_until_it_is_asked_for(window: MainWindow) -> None:
    window.resize(1360, 860)
    settle()
    assert window.panels.shows_side
    assert window.panels.shows_meters
    window.resize(SIZES[1])
    settle()
    assert not window.panels.shows_side
    assert not window.panels.shows_meters
    assert not window.actions_by_name["side"].isChecked()
    window.actions_by_name["side"].trigger()
    assert window.panels.shows_side
    window.resize(SIZES[1] + QSize(20, 10))
    settle()
    assert window.panels.shows_side  # as it was asked for
    window.resize(1360, 860)
    settle()
    assert window.panels.shows_meters


def test_a_side_that_was_folded_by_hand_stays_so_between_starts(
    make_window: Callable[[], MainWindow],
) -> None:
    first = make_window()
    first.resize(1360, 860)
    settle()
    first.actions_by_name["side"].trigger()
    assert not first.panels.shows_side
    first.resize(SIZES[1])
    settle()
    first.actions_by_name["side"].trigger()  # asked for where there is little room
    assert first.panels.shows_side
    first.resize(1360, 860)
    settle()
    assert not first.panels.shows_side
    first.close()
    second = make_window()
    second.resize(1360, 860)
    settle()
    assert not second.panels.shows_side
    assert not second.actions_by_name["side"].isChecked()
    second.resize(SIZES[1])
    settle()
    assert second.panels.shows_side


def test_a_window_opens_no_larger_than_its_screen_and_on_it(window: MainWindow) -> None:
    """As large as on another screen, or on this one before everything was drawn at 200 %."""
    room = window.screen().availableGeometry()
    window.preferences.set_bytes("geometry", QByteArray())
    window_memory.restore(window)
    settle()
    assert room.contains(window.geometry()), window.geometry()
    window.resize(1360, 860)
    window.move(500, 500)
    settle()
    window_memory.save(window)
    window_memory.restore(window)
    settle()
    assert room.contains(window.geometry()), window.geometry()
    assert window.size().width() > room.width() * 0.9, "as much of it as there is"
    window.setGeometry(room.left() + 60, room.top() + 50, 660, 500)
    settle()
    window_memory.save(window)
    window_memory.restore(window)
    settle()
    assert window.geometry().getRect() == (room.left() + 60, room.top() + 50, 660, 500)


def test_a_dialog_larger_than_the_screen_scrolls(window: MainWindow) -> None:
    window.machine.examine = lambda _: iter(())
    for name in ("sheet", "devices", "takes", "doctor"):
        window.actions_by_name[name].trigger()
        settle()
        dialog = next(d for d in window.findChildren(QDialog) if d.isVisible())
        room = dialog.screen().availableSize()
        assert dialog.width() <= room.width()
        assert dialog.height() <= room.height()
        assert "\n".join(unreachable(dialog)) == "", name
        dialog.close()
        dialog.deleteLater()
        settle()


def test_nothing_moves_when_a_request_begins(
    window: MainWindow, open_vocal: Callable[[MainWindow], None], qtbot: QtBot
) -> None:
    open_vocal(window)
    settle()
    parts = (
        window.panels,
        window.vocal,
        window.candidates,
        window.request,
        window.analysis,
        window.transport,
    )
    before = [part.geometry() for part in parts]
    window.request.count.set_value(2)
    window.request.generate.click()
    assert window.request.cancel.isVisible()
    settle()
    assert [part.geometry() for part in parts] == before
    idle(qtbot, window)
    settle()
    assert [part.geometry() for part in parts] == before


def test_what_does_not_fit_ends_in_an_ellipsis_and_is_told_whole(qtbot: QtBot) -> None:
    note = "the second chorus has a lovely bass but the drums rush into the bridge, see bar forty-two"
    for wrap in (False, True):
        text = ElidedLabel(note, wrap=wrap)
        qtbot.addWidget(text)
        text.resize(160, 40)
        assert text.is_cut
        assert text.lines()[-1].endswith("…")
        assert all(text.fontMetrics().horizontalAdvance(line) <= 160 for line in text.lines())
        assert len(text.lines()) == (40 // text.fontMetrics().lineSpacing() if wrap else 1)
        text.resize(2000, 40)
        assert not text.is_cut
        assert text.lines() == [note]


@pytest.mark.parametrize("recorded", [(), ("drums", "harmony"), STEMS])
def test_what_a_candidate_is_and_how_it_fits_is_told_whole(qtbot: QtBot, recorded: Sequence[str]) -> None:
    vocal, analysis = make_vocal(3.0), make_analysis(3.0)
    made = make_candidate(vocal, analysis)
    names = ("electronic kit", "finger bass", "steel guitar", "synth brass")
    parts = {
        stem: replace(part, instrument=name)
        for (stem, part), name in zip(made.arrangement.parts.items(), names, strict=True)
    }
    renderers = {stem: RECORDED if stem in recorded else NETWORK for stem in STEMS}
    made = replace(
        made, arrangement=replace(made.arrangement, parts=parts), settings={"renderers": renderers}
    )
    try:
        for catalogue in (Catalogue(), read_catalogue(translations_dir() / "ja.po")):
            speak(catalogue)
            row = CandidateRow(made, Timeline())
            qtbot.addWidget(row)
            row.show_fit(FitReport(-14.0, 1.0, 1.0, 0.0, 0.0, 0.0))
            row.resize(700, row.height())
            row.show()
            settle()
            assert "100%" in row.fit.text()
            assert not row.fit.is_cut
            assert not row.instruments.is_cut, row.instruments.lines()
    finally:
        speak(Catalogue())


def test_a_line_without_spaces_goes_on_in_the_next(qtbot: QtBot) -> None:
    note = "二番目のサビのベースがすばらしいが、ドラムは橋の前で走る"
    text = ElidedLabel(note, wrap=True)
    qtbot.addWidget(text)
    text.resize(text.fontMetrics().horizontalAdvance(note) * 2 // 3, 2 * text.fontMetrics().lineSpacing())
    assert len(text.lines()) == 2
    assert "".join(text.lines()) == note
    assert not text.is_cut
    text.resize(text.width() // 2, text.height())
    assert text.is_cut
    assert text.lines()[-1].endswith("…")


def test_what_the_status_line_tells_is_whole_in_its_tool_tip(window: MainWindow) -> None:
    """A sound of a project is not found: the line says where it was, and what to do."""
    window.resize(SIZES[1])
    text = "Cannot open the project: found /somewhere/" + "a folder of a long name/" * 12 + "; look for it"
    window.status.tell(text)
    window.status.output.setText("An interface of a very long name, " * 3)
    settle()
    assert window.size() == SIZES[1], "a long text widens nothing"
    told = window.status.told
    assert told.isVisible()
    assert told.is_cut
    assert told.lines()[0].endswith("…")
    assert told.text() == text
    assert told.mapTo(window, told.rect().topRight()).x() < window.width()
    assert window.status.output.is_cut
    window.status.tell("Saved")
    assert not told.is_cut
    window.status.doing.setText("Generating …")
    assert not window.status.doing.isVisible()
    window.status._told_until.timeout.emit()
    assert window.status.doing.isVisible()
    assert window.status.currentMessage() == ""


def test_a_long_message_has_the_whole_line_and_time_to_be_read(window: MainWindow) -> None:
    """200 letters in a window of 1360 pixels, as of a candidate that was made to another beat."""
    window.resize(1360, 860)
    status, long = window.status, "It plays from 0.00 s to 1.50 s, its own bar 0. " * 4
    status.output.setText("No sound output: everything works but listening")
    status.tell("Saved")
    settle()
    short_ms = status._told_until.interval()
    assert status.output.isVisible()
    status.tell(long)
    settle()
    assert not status.told.is_cut
    assert status._told_until.interval() > 1.5 * short_ms
    status.told.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    status._told_until.timeout.emit()
    assert status.currentMessage() == long.strip(), "it stays while somebody reads it"
    status.told.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    status._told_until.timeout.emit()
    settle()
    assert status.currentMessage() == ""
    assert status.output.isVisible()


@pytest.mark.parametrize("catalogue", ["en", "ja"])
def test_a_new_one_to_the_beat_can_be_read_in_the_dialog_of_regenerate(catalogue: str, qtbot: QtBot) -> None:
    """Qt gives a window two thirds of a screen of 720 x 450: 480."""
    own, now = (BeatGrid.regular(bpm, Meter(4, 4), 6.0) for bpm in (106.5, 92.5))
    candidate = make_candidate(make_vocal(6.0), make_analysis(6.0, own, Given()))
    try:
        if catalogue != "en":
            speak(read_catalogue(translations_dir() / f"{catalogue}.po"))
        dialog = RegenerateDialog(candidate, (0.0, 1.0), own)
        qtbot.addWidget(dialog)
        fit_dialog(dialog)
        dialog.show()
        dialog.resize(420, 300)
        dialog.show_beat(now)  # it is listened to again while this is open
        settle()
        for button in (dialog.to_new_beat, dialog.cancel, dialog.ok):
            assert button.width() >= button.sizeHint().width(), button.text()
        assert dialog.cancel.mapTo(dialog, dialog.cancel.rect().bottomRight()).y() < dialog.height()
    finally:
        speak(Catalogue())


def test_a_dialog_is_no_narrower_than_what_is_in_it_also_where_a_least_width_was_set(qtbot: QtBot) -> None:
    dialog = QDialog()
    qtbot.addWidget(dialog)
    dialog.setMinimumWidth(100)
    column = QVBoxLayout(dialog)
    wide = QPushButton("A word that is wider " * 2)
    column.addWidget(wide)
    fit_dialog(dialog)
    assert dialog.minimumWidth() >= wide.minimumSizeHint().width()


def test_what_is_said_of_another_beat_is_whole_in_a_window_of_1360_and_has_an_ellipsis_in_a_small_one(
    window: MainWindow,
) -> None:
    own, now = (BeatGrid.regular(bpm, Meter(4, 4), 6.0) for bpm in (106.5, 92.5))
    window.playback.timeline.set_grid(now)
    window.resize(1360, 860)
    window.generating._tell_difference(make_candidate(make_vocal(6.0), make_analysis(6.0, own, Given())))
    settle()
    told = window.status.told
    assert not told.is_cut
    assert told.text().endswith("have the song's beat")  # "the song's" alone looked as if it were cut
    window.resize(800, 500)
    settle()
    assert told.is_cut  # so that all of it is its tool tip
    assert told.lines()[0].endswith("…")
