"""Varying and regenerating in the window, and the wishes that are folded away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from studio.core.analysis import Given
from studio.core.arrangement import STEMS
from studio.core.commands import SetChords, SetGiven
from studio.core.grid import BeatGrid
from studio.core.music import Chord, Meter
from studio.core.pipeline import Run
from studio.core.request import Breed, GenerationRequest, Regenerate, Vary
from studio.ui.comparing.candidate_row import CandidateRow
from studio.ui.generating.breed_dialog import BreedDialog
from studio.ui.generating.regenerate_dialog import RegenerateDialog
from studio.ui.window.main_window import MainWindow
from tests.services.band import ToneEngine, make_analysis, make_candidate, make_vocal

Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]
Make = Callable[[], MainWindow]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def asked(engine: ToneEngine, monkeypatch: pytest.MonkeyPatch) -> list[GenerationRequest]:
    """The requests the engine was asked for."""
    requests: list[GenerationRequest] = []
    play = engine.generate

    def generate(request: GenerationRequest, run: Run) -> object:
        requests.append(request)
        return play(request, run)

    monkeypatch.setattr(engine, "generate", generate)
    return requests


def _choose(row: CandidateRow, text: str) -> None:
    (action,) = (a for menu in row.findChildren(QMenu) for a in menu.actions() if a.text() == text)
    action.trigger()


def _said(row: CandidateRow) -> str:
    return " / ".join(label.text() for label in row.findChildren(QLabel))


def _wait(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.generation.running, timeout=30_000)
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=30_000)


def _asked(window: MainWindow, open_vocal: Open, generate: Generate) -> RegenerateDialog:
    """The dialog about the only candidate of a song."""
    open_vocal(window)
    generate(window, 1)
    window.compare.ask("regenerate", 1)
    (dialog,) = window.findChildren(RegenerateDialog)
    return dialog


def test_a_variation_stands_below_its_parent_and_says_whose_it_is(
    window: MainWindow, open_vocal: Open, generate: Generate, asked: list[GenerationRequest], qtbot: QtBot
) -> None:
    open_vocal(window)
    generate(window, 2)
    _choose(window.candidates.rows[1], "Vary: near")
    assert window.generation.running
    _wait(qtbot, window)
    _choose(window.candidates.rows[1], "Vary: far")
    _wait(qtbot, window)
    assert list(window.candidates.rows) == [1, 3, 4, 2]
    tops = [row.mapTo(window, row.rect().topLeft()).y() for row in window.candidates.rows.values()]
    assert tops == sorted(tops)
    assert "near variation of 1" in _said(window.candidates.rows[3])
    changes = [request.change for request in asked[1:]]
    assert [c.distance for c in changes if isinstance(c, Vary)] == ["near", "far"]
    assert len({request.seed for request in asked}) == 3
    # Up and Down follow what one sees.
    window.playback.select(1)
    window.actions_by_name["next"].trigger()
    assert window.playback.mix.selected == 3


def test_what_comes_is_scrolled_into_sight_and_told_by_its_number(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot
) -> None:
    open_vocal(window)
    window.resize(1024, 600)
    generate(window, 4)
    window.panels.setFocus()
    focus = window.focusWidget()
    assert window.playback.mix.selected == 1
    bar, area = window.candidates.verticalScrollBar(), window.candidates.viewport()
    bar.setValue(0)
    _choose(window.candidates.rows[4], "Vary: near")
    _wait(qtbot, window)
    row = window.candidates.rows[5]
    qtbot.waitUntil(lambda: area.rect().contains(row.geometry().translated(0, -bar.value())), timeout=5000)
    assert bar.value() > 0
    assert window.status.currentMessage() == "Candidate 5 is ready"
    assert (window.playback.mix.selected, window.focusWidget()) == (1, focus)


def test_the_marked_bars_of_two_stems_are_made_anew(
    window: MainWindow, open_vocal: Open, generate: Generate, asked: list[GenerationRequest], qtbot: QtBot
) -> None:
    open_vocal(window)
    generate(window, 1)
    grid = window.workspace.song.candidates[1].arrangement.grid  # type: ignore[union-attr]
    downbeats = [t for t in grid.downbeats_s if t >= 0]
    end_s = downbeats[1] if len(downbeats) > 1 else grid.times_s[-1]
    window.timeline.set_region((downbeats[0] + 0.01, end_s - 0.01))
    _choose(window.candidates.rows[1], "Regenerate …")
    (dialog,) = window.findChildren(RegenerateDialog)
    assert (dialog.first.value(), dialog.last.value(), dialog.whole.isChecked()) == (1, 1, False)
    for stem in ("bass", "lead"):
        qtbot.mouseClick(dialog.stems[stem], LEFT, pos=QPoint(8, dialog.stems[stem].height() // 2))
    assert not dialog.new_chords.isEnabled()
    qtbot.mouseClick(dialog.ok, LEFT)
    _wait(qtbot, window)
    change = asked[1].change
    assert isinstance(change, Regenerate)
    assert change.bars == (grid.first_bar, grid.first_bar)
    assert change.stems == ("drums", "harmony")
    assert "new drums, harmony in bar 1 of 1" in _said(window.candidates.rows[2])


def test_a_change_stands_on_the_beats_of_its_parent_whatever_was_said_since(
    window: MainWindow, open_vocal: Open, generate: Generate, asked: list[GenerationRequest], qtbot: QtBot
) -> None:
    open_vocal(window)
    generate(window, 1)
    song = window.workspace.song
    before = song.analysis.grid
    window.workspace.do(SetGiven(Given(tempo_bpm=90.0)))
    qtbot.waitUntil(lambda: song.analysis.grid != before, timeout=30_000)
    window.workspace.do(SetChords(Chord.parse_many("Dm G")))
    window.compare.ask("vary", 1)
    _wait(qtbot, window)
    assert np.allclose(asked[1].analysis.grid.times_s, before.times_s)
    assert asked[1].controls.chords is None
    first, second = song.project.candidates
    assert second.origin.analysis == first.origin.analysis
    assert (second.origin.parent, second.origin.change) == (1, "near variation")


def test_bars_that_are_not_there_are_refused_with_a_word(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot
) -> None:
    dialog = _asked(window, open_vocal, generate)
    dialog.whole.setChecked(False)
    assert dialog.ok.isEnabled()
    last = dialog.last.value()
    for first, typed in (("2", "1"), ("1", "99")):
        for field, text in ((dialog.first, first), (dialog.last, typed)):
            field.selectAll()
            qtbot.keyClicks(field, text)
        assert dialog.wrong.isVisible()
        assert f"{first} to {typed}" in dialog.wrong.text()
        assert f" to {last}, the first not after the last" in dialog.wrong.text()
        assert not dialog.ok.isEnabled()
    dialog.last.selectAll()
    qtbot.keyClicks(dialog.last, str(last))
    assert not dialog.wrong.isVisible()
    assert dialog.ok.isEnabled()
    dialog.close()


def test_a_beat_that_is_still_listened_to_is_told_as_soon_as_it_is_known(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot
) -> None:
    open_vocal(window)
    generate(window, 1)
    song, told = window.workspace.song, list[str]()
    window.generating.told.connect(told.append)
    for beats in (1.0, 1.0):
        window.analysis.nudges[beats].click()
    window.compare.ask("regenerate", 1)
    (dialog,) = window.findChildren(RegenerateDialog)
    assert not song.is_heard
    assert not dialog.to_new_beat.isVisible()
    qtbot.waitUntil(lambda: song.is_heard, timeout=30_000)
    assert dialog.to_new_beat.isVisible()
    assert dialog.where.isVisible()
    assert f"bar at {window.analysis.downbeat.value():.2f} s" in dialog.other_beat.text()
    window.analysis.nudges[-1.0].click()
    window.analysis.nudges[-1.0].click()
    qtbot.waitUntil(lambda: song.is_heard, timeout=30_000)
    assert not dialog.other_beat.isVisible()
    dialog.close()

    window.analysis.nudges[1.0].click()
    window.compare.ask("vary", 1)
    assert not told
    qtbot.waitUntil(lambda: bool(told), timeout=30_000)
    assert f"bar at {window.analysis.downbeat.value():.2f} s" in told[0]
    _wait(qtbot, window)


def test_bars_of_a_candidate_are_its_own_and_that_is_said_where_the_beat_was_corrected_since(
    window: MainWindow, open_vocal: Open, generate: Generate, asked: list[GenerationRequest], qtbot: QtBot
) -> None:
    open_vocal(window)
    window.request.seed.setValue(41)
    generate(window, 1)
    song = window.workspace.song
    own = song.candidates[1].arrangement.grid
    window.compare.ask("regenerate", 1)
    (dialog,) = window.findChildren(RegenerateDialog)
    hidden = (dialog.other_beat, dialog.to_new_beat)
    assert not any(widget.isVisible() for widget in hidden)  # one beat: nothing to say
    dialog.close()
    qtbot.waitUntil(lambda: not window.findChildren(RegenerateDialog), timeout=5000)
    window.workspace.do(SetGiven(Given(tempo_bpm=75.0, downbeat_s=0.9)))
    qtbot.waitUntil(lambda: window.timeline.grid != own, timeout=30_000)

    bar = own.first_bar
    window.timeline.set_region((own.downbeats_s[bar] + 0.01, own.downbeats_s[bar] + 1.5))
    window.compare.ask("regenerate", 1)
    (dialog,) = window.findChildren(RegenerateDialog)
    assert dialog.other_beat.isVisible()
    assert f"{own.tempo_bpm:.1f} bpm" in dialog.other_beat.text()
    assert "75.0 bpm" in dialog.other_beat.text()
    assert dialog.change.bars == (bar, bar)
    ends = [own.downbeats_s[bar], min(3.0, own.times_s[min(4 * (bar + 1), own.beats)])]  # the song ends first
    assert f"{max(0.0, ends[0]):.2f} s to {ends[1]:.2f} s" in dialog.where.text()
    dialog.whole.setChecked(True)
    assert " s to " not in dialog.where.text()
    qtbot.mouseClick(dialog.to_new_beat, LEFT)
    _wait(qtbot, window)
    anew = asked[-1]
    assert (anew.change, anew.candidates, anew.seed) == (None, 1, 41)
    assert anew.analysis.grid == window.timeline.grid
    assert "75.0 bpm" in _said(window.candidates.rows[2])

    # What has no dialog is told in the status line, of the old one alone.
    told: list[str] = []
    window.generating.told.connect(told.append)
    window.compare.ask("vary", 2)
    _wait(qtbot, window)
    assert not told
    window.compare.ask("vary", 1)
    _wait(qtbot, window)
    assert "Candidate 1 was made to" in told[0]
    assert "75.0 bpm" in told[0]
    # U as well: in the bars of the one that is heard.
    window.workspace.told.connect(told.append)
    window.playback.select(4)
    window.playback.select(1)
    window.comping.use_here()
    assert "Candidate 1 was made to" in told[-1]
    assert f"{ends[1]:.2f} s" in told[-1]


def test_nothing_to_regenerate_cannot_be_asked_for(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot
) -> None:
    dialog = _asked(window, open_vocal, generate)
    assert dialog.whole.isChecked()
    assert not dialog.first.isEnabled()
    assert dialog.change.bars is None
    for box in dialog.stems.values():
        box.setChecked(False)
    assert not dialog.ok.isEnabled()
    dialog.close()


def test_folded_wishes_are_asked_for_and_remembered(
    make_window: Make, open_vocal: Open, generate: Generate, asked: list[GenerationRequest], qtbot: QtBot
) -> None:
    window = make_window()
    open_vocal(window)
    panel = window.request
    assert not panel.advanced.isVisible()
    qtbot.mouseClick(panel.more, LEFT)
    assert panel.advanced.isVisible()
    fields = panel.advanced
    fields.energy_box.setCurrentIndex(fields.energy_box.findText("Rising"))
    for button in fields.follow_choice.findChildren(QToolButton):
        if button.text() == "Close":
            qtbot.mouseClick(button, LEFT)
    fields.instrument_boxes["lead"].setCurrentIndex(fields.instrument_boxes["lead"].findText("None"))
    fields.sound_box.setCurrentIndex(fields.sound_box.findText("Recorded instruments"))
    generate(window, 1)
    controls = asked[0].controls
    assert controls.energy == ("low", "medium", "high")
    assert (controls.follow, controls.sound, controls.instruments) == ("close", "recorded", {"lead": "none"})
    window.close()
    again = make_window()
    assert again.request.wishes.controls == controls
    assert not again.request.advanced.isHidden()


def test_without_further_wishes_the_model_chooses(
    window: MainWindow, open_vocal: Open, generate: Generate, asked: list[GenerationRequest]
) -> None:
    open_vocal(window)
    generate(window, 1)
    controls = asked[0].controls
    assert (controls.energy, controls.follow, controls.sound, dict(controls.instruments)) == (
        None,
        None,
        None,
        {},
    )
    stems = window.workspace.song.candidates[1].stems  # type: ignore[union-attr]
    assert all(np.abs(stems[stem].samples).max() > 0 for stem in STEMS)


def test_a_child_of_two_has_what_was_chosen_of_whom(
    window: MainWindow, open_vocal: Open, generate: Generate, asked: list[GenerationRequest], qtbot: QtBot
) -> None:
    open_vocal(window)
    generate(window, 3)
    window.playback.select(3)
    window.playback.forget_last()
    _choose(window.candidates.rows[3], "More like this and the one heard …")
    assert "Hear one, then the other" in window.status.currentMessage()
    window.playback.select(1)
    _choose(window.candidates.rows[2], "More like this and the one heard …")
    (dialog,) = window.findChildren(BreedDialog)
    assert dialog.windowTitle() == "More like 1 and 2"
    for gene, of in (("drums", "Of 1"), ("chords", "Of 2"), ("bass", "New")):
        (button,) = [b for b in dialog.genes[gene].findChildren(QToolButton) if b.text() == of]
        qtbot.mouseClick(button, LEFT)
    dialog.ok.click()
    _wait(qtbot, window)
    change = asked[-1].change
    assert isinstance(change, Breed)
    assert [parent.number for parent in change.parents] == [1, 2]
    assert change.genes == {"drums": "a", "chords": "b", "bass": "new"}
    record = window.workspace.project.record(4)
    assert (record.origin.parent, record.origin.other_parent) == (1, 2)


def test_nothing_moves_in_the_dialog_while_bars_are_typed(qtbot: QtBot) -> None:
    """Of a song of 10 s whose last bar goes on after it, made to another beat than the song has by now."""
    analysis = make_analysis(10.0, BeatGrid.regular(96.0, Meter(4, 4), 10.0, 1.0))
    candidate, now = make_candidate(make_vocal(10.0), analysis), BeatGrid.regular(75.0, Meter(4, 4), 10.0)
    dialog = RegenerateDialog(candidate, (3.0, 10.0), now)
    qtbot.addWidget(dialog)
    dialog.show()
    assert " to 10.00 s;" in dialog.where.text()
    assert "bar 0 the pickup" in dialog.where.text()
    parts = (
        dialog.first,
        dialog.whole,
        dialog.stems["bass"],
        dialog.new_chords,
        dialog.ok,
        dialog.to_new_beat,
    )
    before, size = [part.geometry() for part in parts], dialog.size()
    last = dialog.last.value()
    dialog.last.setValue(last + 1)
    qtbot.wait(50)
    assert dialog.wrong.isVisible()
    assert dialog.wrong.height() >= dialog.wrong.heightForWidth(dialog.wrong.width())
    assert ([part.geometry() for part in parts], dialog.size()) == (before, size)
    assert dialog.ok.height() == dialog.cancel.height() == dialog.to_new_beat.height()
    dialog.whole.setChecked(True)
    dialog.last.setValue(last)
    dialog.whole.setChecked(False)
    qtbot.wait(50)
    assert dialog.where.height() >= dialog.where.heightForWidth(dialog.where.width())
    assert [part.geometry() for part in parts] == before
    # The song is listened to again: there is no less to say, and it is seen.
    dialog.show_beat(None)
    qtbot.wait(50)
    dialog.show_beat(now)
    qtbot.wait(50)
    assert dialog.other_beat.height() >= dialog.other_beat.heightForWidth(dialog.other_beat.width())
