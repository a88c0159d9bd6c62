"""Comparing candidates by keys: blind, loudness-matched, rated, hidden, undone, and still so after a restart."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.candidate import Candidate
from studio.core.mix import VOCAL
from studio.core.opinion import Opinion
from studio.core.pipeline import Run
from studio.core.request import GenerationRequest
from studio.dsp.loudness import integrated_lufs
from studio.ui.comparing.details_dialog import DetailsDialog
from studio.ui.keys.shortcut_sheet import ShortcutSheet
from studio.ui.window.main_window import MainWindow
from tests.services.band import ToneEngine
from tests.ui.conftest import gains, hears_vocal_only, project_folder

Make = Callable[[], MainWindow]
Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
KEY = Qt.Key

STYLES = ("disco", "folk", "soul", "reggae")


class UnequalEngine(ToneEngine):
    """Candidates of different loudness and style; those in `silent` are mute, which is a poor fit."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: set[int] = set()

    def generate(self, request: GenerationRequest, run: Run) -> Mapping[str, float]:
        def change(candidate: Candidate) -> None:
            number = candidate.number
            gain = np.float32(0.0 if number in self.silent else 0.5**number)
            stems = {s: Audio(a.samples * gain, a.sample_rate) for s, a in candidate.stems.items()}
            style = STYLES[number % len(STYLES)]
            arrangement = dataclasses.replace(candidate.arrangement, style=style)
            run.on_candidate(dataclasses.replace(candidate, stems=stems, arrangement=arrangement))

        return super().generate(request, dataclasses.replace(run, on_candidate=change))


@pytest.fixture
def engine() -> UnequalEngine:
    return UnequalEngine()


@pytest.fixture
def active(open_vocal: Open, qtbot: QtBot) -> Callable[[MainWindow], None]:
    """Opens the vocal in a window that has the keyboard."""

    def activate(window: MainWindow) -> None:
        open_vocal(window)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=5000)
        window.panels.setFocus()

    return activate


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, held)


def texts(widget: QWidget) -> str:
    return " / ".join(
        [widget.accessibleName(), *(x.text() for x in widget.findChildren(QLabel) if not x.isHidden())]
    )


def settle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.generation.running, timeout=30_000)
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=30_000)
    qtbot.waitUntil(lambda: len(window.workspace.song.fits) == len(window.candidates.rows), timeout=10_000)


def note(window: MainWindow, number: int, text: str) -> None:
    """Writes a note in the details of a candidate."""
    window.compare.ask("details", number)
    (dialog,) = (d for d in window.findChildren(DetailsDialog) if d.isVisible())
    dialog.note.setPlainText(text)
    dialog.accept()


def test_generate_compare_blind_pick_undo_by_keys(window: MainWindow, active: Open, qtbot: QtBot) -> None:
    active(window)
    window.request.count.set_value(3)
    press(qtbot, window, KEY.Key_G)
    assert window.generation.running
    settle(qtbot, window)
    assert list(window.candidates.rows) == [1, 2, 3]
    deck = lambda: window.workspace.project  # noqa: E731

    press(qtbot, window, KEY.Key_B)
    order = list(window.candidates.rows)
    assert sorted(order) == [1, 2, 3]
    assert order != [1, 2, 3]
    assert window.playback.mix.selected == order[0]
    for place, row in enumerate(window.candidates.rows.values()):
        said = texts(row).lower()
        assert not any(word in said for word in (*STYLES, "room kit", "seed", "chords"))
        assert row.badge.text() == "ABC"[place]
        assert row.lane.names == ()
        assert not row.export.isVisible()
    press(qtbot, window, KEY.Key_X)  # the last two would tell which is which
    assert window.playback.mix.selected == order[0]

    press(qtbot, window, KEY.Key_Space)
    assert window.playback.player.playing
    press(qtbot, window, KEY.Key_Down)
    press(qtbot, window, KEY.Key_4)
    press(qtbot, window, KEY.Key_F)
    press(qtbot, window, KEY.Key_3, ALT)
    assert window.playback.mix.selected == order[2]
    press(qtbot, window, KEY.Key_X)
    assert window.playback.mix.selected == order[1]
    qtbot.keyPress(window.panels, KEY.Key_V)
    assert hears_vocal_only(window)
    qtbot.keyRelease(window.panels, KEY.Key_V)
    assert not hears_vocal_only(window)
    press(qtbot, window, KEY.Key_P)
    assert deck().picked == order[1]
    assert deck().opinion(order[1]) == Opinion(favourite=True, stars=4)
    assert window.playback.player.playing
    press(qtbot, window, KEY.Key_Space)

    press(qtbot, window, KEY.Key_B)
    assert list(window.candidates.rows) == [1, 2, 3]
    row = window.candidates.rows[order[1]]
    assert (row.badge.text(), row.pick.isChecked(), row.favourite.isChecked(), row.stars.count) == (
        str(order[1]), True, True, 4,
    )  # fmt: skip
    assert "B is " in window.status.currentMessage()
    assert row.lane.names
    assert any(style in texts(row).lower() for style in STYLES)

    press(qtbot, window, KEY.Key_Z, CONTROL)
    assert deck().picked is None
    assert not row.pick.isChecked()
    press(qtbot, window, KEY.Key_Z, CONTROL)
    assert deck().opinion(order[1]) == Opinion(stars=4)
    press(qtbot, window, KEY.Key_Z, CONTROL | SHIFT)
    press(qtbot, window, KEY.Key_Z, CONTROL | SHIFT)
    assert deck().picked == order[1]
    assert deck().opinion(order[1]).favourite
    press(qtbot, window, KEY.Key_0)
    assert deck().opinion(order[1]).stars == 0
    settle(qtbot, window)


def test_candidates_are_equally_loud_and_the_vocal_stays_as_it_is(
    window: MainWindow, active: Open, generate: Generate, qtbot: QtBot
) -> None:
    active(window)
    generate(window, 3)
    settle(qtbot, window)

    def lufs(number: int) -> float:
        """Of the band as the mix plays it."""
        window.playback.select(number)
        gained = gains(window)
        candidate = window.workspace.song.candidates[number]
        band = sum(candidate.stems[s].samples * np.float32(gained[(number, s)]) for s in STEMS)
        assert gained[VOCAL] == 1.0
        return integrated_lufs(Audio(band, next(iter(candidate.stems.values())).sample_rate))

    matched = [lufs(n) for n in window.candidates.rows]
    assert max(matched) - min(matched) < 0.1
    press(qtbot, window, KEY.Key_L, SHIFT)
    assert not window.panels.candidates_header.match.isChecked()
    assert lufs(1) - lufs(2) == pytest.approx(6.0, abs=0.2)
    window.panels.candidates_header.match.click()
    assert [lufs(n) for n in window.candidates.rows] == matched


def test_poor_fits_are_counted_and_can_be_shown_and_kept(
    window: MainWindow, active: Open, generate: Generate, engine: UnequalEngine, qtbot: QtBot
) -> None:
    active(window)
    engine.silent = {2, 3}
    generate(window, 4)
    settle(qtbot, window)
    header = window.panels.candidates_header
    assert window.candidates.in_sight == [1, 4]
    assert header.hidden.text() == "2 poor fits hidden – show"
    assert window.workspace.song.candidates.keys() == {1, 2, 3, 4}
    header.hidden.click()
    assert window.candidates.in_sight == [1, 2, 3, 4]
    assert texts(window.candidates.rows[2]).count("Mostly silent") == 1
    press(qtbot, window, KEY.Key_2, ALT)
    press(qtbot, window, KEY.Key_F)
    header.hidden.click()
    press(qtbot, window, KEY.Key_1, ALT)
    assert window.candidates.in_sight == [1, 2, 4]
    assert header.hidden.text() == "1 poor fit hidden – show"
    # The one that is heard is hidden by key: the next one is heard.
    press(qtbot, window, KEY.Key_H)
    assert window.candidates.in_sight == [2, 4]
    assert window.playback.mix.selected == 2
    assert header.hidden.text() == "1 poor fit and 1 more hidden – show"
    press(qtbot, window, KEY.Key_Z, CONTROL)
    assert window.candidates.in_sight == [1, 2, 4]


def test_a_note_is_written_and_the_details_tell_all(
    window: MainWindow, active: Open, generate: Generate, qtbot: QtBot
) -> None:
    active(window)
    generate(window, 1)
    settle(qtbot, window)
    press(qtbot, window, KEY.Key_N)
    (dialog,) = window.findChildren(DetailsDialog)
    assert {"On the beat", "In the chords", "Silent", "Noise", "Band", "Key", "Bass"} <= dialog.rows.keys()
    qtbot.keyClicks(dialog.note, "Bridge is great, P G X")
    assert window.workspace.project.picked is None
    qtbot.mouseClick(dialog.findChild(QDialogButtonBox).buttons()[0], Qt.MouseButton.LeftButton)
    assert window.candidates.rows[1].facts.text() == "Bridge is great, P G X"
    press(qtbot, window, KEY.Key_Z, CONTROL)
    assert window.workspace.project.opinion(1).note == ""
    settle(qtbot, window)


def test_what_was_said_survives_a_restart_even_blind(
    make_window: Make, active: Open, generate: Generate, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    active(window)
    generate(window, 3)
    settle(qtbot, window)
    press(qtbot, window, KEY.Key_B)
    order = list(window.candidates.rows)
    press(qtbot, window, KEY.Key_5)
    press(qtbot, window, KEY.Key_P)
    note(window, order[1], "thin")
    press(qtbot, window, KEY.Key_Down)
    press(qtbot, window, KEY.Key_H)
    said = window.workspace.project
    window.request.seed.setValue(2)
    window.close()
    folder = project_folder(tmp_path / "Music")
    assert json.loads((folder / "project.json").read_text())["project"]["blind"] == order

    again = make_window()
    again.open_path(folder)
    qtbot.waitUntil(lambda: len(again.candidates.rows) == 3, timeout=20_000)
    settle(qtbot, again)
    assert again.workspace.project == said
    assert list(again.candidates.rows) == order
    assert again.playback.mix.selected == order[2], "the one that was heard last"
    assert again.candidates.in_sight == [order[0], order[2]]
    assert again.request.seed.value() == 2
    assert marks(again, order[0]) == (False, True, "★★★★★", "", "")
    assert marks(again, order[2]) == (False, False, "", "", "")
    assert again.candidates.rows[order[1]].facts.text() == "thin"
    assert not any(style in texts(r).lower() for r in again.candidates.rows.values() for style in STYLES)
    again.panels.candidates_header.blind.click()
    assert list(again.candidates.rows) == [1, 2, 3]
    assert again.candidates.rows[order[0]].stars.count == 5
    for letter, number in zip("ABC", order, strict=True):
        assert again.candidates.rows[number].facts.text().split(" · ")[0] == f"was {letter}"
    again.close()

    third = make_window()
    third.open_path(folder)
    qtbot.waitUntil(lambda: len(third.candidates.rows) == 3, timeout=20_000)
    settle(qtbot, third)
    for letter, number in zip("ABC", order, strict=True):
        assert third.candidates.rows[number].facts.text().split(" · ")[0] == f"was {letter}"


def test_tab_goes_from_the_switches_through_the_rows_to_the_fields(
    window: MainWindow, active: Open, generate: Generate, qtbot: QtBot
) -> None:
    active(window)
    generate(window, 2)
    press(qtbot, window, KEY.Key_B)
    rows = list(window.candidates.rows.values())
    window.panels.candidates_header.blind.setFocus()
    reached = []
    for _ in range(7):
        qtbot.keyClick(QApplication.focusWidget(), KEY.Key_Tab)
        reached.append(QApplication.focusWidget())
    # What is hidden in a blind comparison is passed over.
    assert reached[:6] == [b for row in rows for b in (row.favourite, row.pick, row.more)]
    assert window.analysis.isAncestorOf(reached[6])


def test_undo_takes_back_chords_and_beats_too(window: MainWindow, active: Open, qtbot: QtBot) -> None:
    active(window)
    lane, workflow = window.vocal.lane, window.workspace
    before = lane.names
    window.analysis.chords.setText("Dm G")
    window.analysis.chords.editingFinished.emit()
    assert lane.names != before
    press(qtbot, window, KEY.Key_Z, CONTROL)
    assert lane.names == before
    assert workflow.project.chords is None
    estimated = workflow.song.analysis.grid
    window.analysis.nudges[1.0].click()
    qtbot.waitUntil(lambda: workflow.song.analysis.grid != estimated, timeout=30_000)
    assert "bar lines" in window.actions_by_name["undo"].text()
    window.panels.setFocus()
    press(qtbot, window, KEY.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: workflow.song.analysis.grid == estimated, timeout=30_000)


def test_keys_are_given_anew_and_remembered(
    make_window: Make, active: Open, generate: Generate, qtbot: QtBot
) -> None:
    window = make_window()
    active(window)
    generate(window, 1)
    press(qtbot, window, KEY.Key_F1)
    (sheet,) = window.findChildren(ShortcutSheet)

    def give(name: str, key: Qt.Key) -> None:
        cap = sheet.caps[name]
        qtbot.mouseClick(cap, Qt.MouseButton.LeftButton)
        qtbot.keyClick(cap, key)

    give("pick", KEY.Key_L)  # the loop's
    assert "Loop" in sheet.message.text()
    assert sheet.caps["pick"].text() == "P"
    give("pick", KEY.Key_W)
    give("vocal_only", KEY.Key_Q)
    assert sheet.caps["pick"].text() == "W"
    sheet.close()
    window.activateWindow()
    window.panels.setFocus()
    press(qtbot, window, KEY.Key_P)
    assert window.workspace.project.picked is None
    press(qtbot, window, KEY.Key_W)
    assert window.workspace.project.picked == 1
    qtbot.keyPress(window.panels, KEY.Key_Q)
    assert hears_vocal_only(window)
    qtbot.keyRelease(window.panels, KEY.Key_Q)
    settle(qtbot, window)
    window.close()

    again = make_window()
    assert again.actions_by_name["pick"].shortcut().toString() == "W"
    again.key_map.reset()
    assert make_window().actions_by_name["pick"].shortcut().toString() == "P"


def marks(window: MainWindow, number: int) -> tuple[bool, bool, str, str, str]:
    """What a row shows of what was said: heart, pick, stars, note, and the note behind the mouse."""
    row = window.candidates.rows[number]
    stars = "★" * row.stars.count
    facts, tip = row.facts.text(), row.facts.toolTip()
    return row.favourite.isChecked(), row.pick.isChecked(), stars, facts, tip


def test_blind_shows_nothing_of_what_was_said_before(
    window: MainWindow, active: Open, generate: Generate, qtbot: QtBot
) -> None:
    active(window)
    generate(window, 4)
    settle(qtbot, window)
    deck = lambda: window.workspace.project  # noqa: E731
    window.compare.ask("favourite", 1)
    window.compare.ask("rate_4", 1)
    window.compare.ask("pick", 1)
    window.compare.ask("hide", 4)
    note(window, 1, "the one")
    said = deck().opinions
    press(qtbot, window, KEY.Key_B)
    assert [marks(window, n) for n in window.candidates.rows] == [(False, False, "", "", "")] * 4
    assert 4 not in window.candidates.in_sight
    header = window.panels.candidates_header
    assert not header.hidden.isVisible()
    press(qtbot, window, KEY.Key_H, SHIFT)
    assert 4 not in window.candidates.in_sight, "the last letter would be the one that was hidden"
    press(qtbot, window, KEY.Key_4, ALT)
    assert window.playback.mix.selected != 4

    # The same key again gives the mark, never takes the unseen one back; undo hides it, and only it.
    press(qtbot, window, KEY.Key_H, SHIFT)
    window.playback.select(1)
    for key in (KEY.Key_F, KEY.Key_4, KEY.Key_P):
        press(qtbot, window, key)
    assert marks(window, 1) == (True, True, "★★★★", "", "")
    assert deck().picked == 1
    assert deck().opinions == said
    press(qtbot, window, KEY.Key_0)
    assert marks(window, 1)[2] == ""
    for _ in range(4):
        press(qtbot, window, KEY.Key_Z, CONTROL)
    assert marks(window, 1) == (False, False, "", "", "")
    assert (deck().opinions, deck().picked) == (said, 1)
    press(qtbot, window, KEY.Key_Z, CONTROL)  # the note from before the comparison
    assert marks(window, 1) == (False, False, "", "", "")
    press(qtbot, window, KEY.Key_Z, CONTROL | SHIFT)

    letter = "ABC"[list(window.candidates.rows).index(1)]
    press(qtbot, window, KEY.Key_N)
    (dialog,) = (d for d in window.findChildren(DetailsDialog) if d.isVisible())
    assert (dialog.windowTitle(), dialog.note.toPlainText()) == (f"Candidate {letter}", "")
    qtbot.keyClicks(dialog.note, "loud")
    dialog.accept()
    assert marks(window, 1)[3:] == ("loud", "loud")
    assert deck().opinion(1).note == "the one\nloud"
    note(window, 1, "very loud")
    assert deck().opinion(1).note == "the one\nvery loud"

    press(qtbot, window, KEY.Key_H)
    assert 1 not in window.candidates.in_sight
    assert header.hidden.text() == "1 hidden – show"
    header.hidden.click()
    assert window.candidates.in_sight == [n for n in window.candidates.rows if n != 4]
    press(qtbot, window, KEY.Key_B)
    assert window.candidates.in_sight == [2, 3]
    assert marks(window, 1)[:3] == (True, True, "★★★★")


def test_blind_refuses_what_would_name_the_candidate(
    window: MainWindow, active: Open, generate: Generate, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    active(window)
    generate(window, 2)
    settle(qtbot, window)
    press(qtbot, window, KEY.Key_B)
    before = window.windowTitle()
    for key, held in ((KEY.Key_E, CONTROL), (KEY.Key_G, CONTROL), (KEY.Key_G, SHIFT)):
        window.status.clearMessage()
        press(qtbot, window, key, held)
        assert "Reveal first" in window.status.currentMessage()
        assert not window.generation.running
        assert QApplication.activeModalWidget() is None
    assert window.windowTitle() == before


def test_blind_can_hide_the_pictures_too(
    make_window: Make, active: Open, generate: Generate, qtbot: QtBot
) -> None:
    window = make_window()
    active(window)
    generate(window, 2)
    settle(qtbot, window)
    action = window.actions_by_name["hide_pictures"]
    shown = lambda: [r.spectrogram.spectrogram is not None for r in window.candidates.rows.values()]  # noqa: E731
    action.trigger()
    assert shown() == [True, True]
    press(qtbot, window, KEY.Key_B)
    assert shown() == [False, False]
    action.trigger()
    assert shown() == [True, True]
    action.trigger()
    press(qtbot, window, KEY.Key_B)
    assert shown() == [True, True]
    window.close()
    assert make_window().actions_by_name["hide_pictures"].isChecked()


def test_a_half_typed_note_outlives_escape(
    window: MainWindow, active: Open, generate: Generate, qtbot: QtBot
) -> None:
    active(window)
    generate(window, 1)
    settle(qtbot, window)
    note(window, 1, "good")
    press(qtbot, window, KEY.Key_N)
    (dialog,) = (d for d in window.findChildren(DetailsDialog) if d.isVisible())
    dialog.note.setPlainText("good, but")
    qtbot.keyClick(dialog.note, KEY.Key_Escape)
    assert window.workspace.project.opinion(1).note == "good, but"
    assert "Ctrl+Z" in window.status.currentMessage()
    window.panels.setFocus()
    press(qtbot, window, KEY.Key_Z, CONTROL)
    assert window.workspace.project.opinion(1).note == "good"
    press(qtbot, window, KEY.Key_N)
    (dialog,) = (d for d in window.findChildren(DetailsDialog) if d.isVisible())
    dialog.note.setPlainText("nonsense")
    discard = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Discard)
    qtbot.mouseClick(discard, Qt.MouseButton.LeftButton)
    assert window.workspace.project.opinion(1).note == "good"
