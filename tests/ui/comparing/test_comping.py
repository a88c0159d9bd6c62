"""A comp of candidates by keys: chosen bar by bar, made, taken back, and still so after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.cli.command import FAILED, OK
from studio.cli.main import run
from studio.core.analysis import Given, VocalAnalysis
from studio.core.arrangement import STEMS
from studio.core.audio import Audio
from studio.core.band_ranges import BandComp
from studio.core.commands import SetGiven
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.services.project.analyses import analysis_name, keep_analysis
from studio.services.project.opening import open_project
from studio.services.project.results import open_results
from studio.ui.generating.regenerate_dialog import RegenerateDialog
from studio.ui.listening.analysing import Analyse
from studio.ui.window.main_window import MainWindow
from tests.services.band import make_analysis
from tests.ui.conftest import write_vocal

Make = Callable[[], MainWindow]
Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]


@pytest.fixture
def analyse() -> Analyse:
    """A tempo that is known: nobody needs to listen."""

    def known(audio: Audio, given: Given | None = None, **_: object) -> VocalAnalysis:
        tempo = None if given is None else given.tempo_bpm
        grid = None if tempo is None else BeatGrid.regular(tempo, Meter(4, 4), audio.duration_s, 0.42)
        return make_analysis(audio.duration_s, grid, given)

    return known  # type: ignore[return-value]


@pytest.fixture
def vocal_path(tmp_path: Path) -> Path:
    return write_vocal(tmp_path / "verse.wav", 6.0)


def move_beat(path: Path) -> None:
    """What a user does in the window: bars begin elsewhere, and the vocal was heard so."""
    opened = open_project(path)
    given, vocal = Given(downbeat_s=0.9), opened.document.project.vocal
    assert vocal is not None
    opened.document.do(SetGiven(given))
    heard = make_analysis(6.0, BeatGrid.regular(120.0, Meter(4, 4), 6.0, 0.9), given)
    keep_analysis(opened.folder, analysis_name(vocal.sha256, vocal.sha256, given), heard)
    opened.document.keeper.close()


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, held)


def test_candidates_are_put_together_bar_by_bar(
    make_window: Make, open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    window = make_window()
    open_vocal(window)
    generate(window, 2)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    window.panels.setFocus()
    none, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
    song, strip = window.workspace.song, window.panels.comp
    grid = song.candidates[1].arrangement.grid
    assert not strip.isVisible()
    window.playback.select(1)
    window.playback.select(2)
    low, high = grid.downbeats_s[1], grid.downbeats_s[2]
    window.timeline.set_region((low + 0.1, high - 0.1))
    press(qtbot, window, Qt.Key.Key_U, none)
    assert song.project.band_comp == BandComp(grid.bars, ((0, 1), (1, 2), (2, 1)))
    assert strip.isVisible()
    assert "of 2" in strip.blocks.spoken_value()

    assert strip.make.text() == "Make it"
    press(qtbot, window, Qt.Key.Key_U, shift)
    qtbot.waitUntil(lambda: 3 in window.candidates.rows, timeout=30_000)
    assert window.status.currentMessage() == "Candidate 3 is ready"
    assert strip.make.text() == "Made: candidate 3"
    assert window.playback.mix.selected == 3
    made = song.candidates[3]
    fade_ends = round(low * 44100)
    middle = slice(fade_ends, round((high - 0.05) * 44100))
    for stem in STEMS:
        assert np.array_equal(
            made.stems[stem].samples[:, middle], song.candidates[2].stems[stem].samples[:, middle]
        )
        start = slice(0, round((low - 0.05) * 44100))
        assert np.array_equal(
            made.stems[stem].samples[:, start], song.candidates[1].stems[stem].samples[:, start]
        )
    record = song.project.record(3)
    assert (record.origin.parent, record.origin.other_parent, record.origin.engine) == (1, 2, "comp")
    assert window.candidates.rows[3].facts.text().startswith("comp: ")
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)

    # Once more is the same one. It has no recipe: that is said before a dialog is filled in.
    window.playback.select(1)
    strip.make.click()
    assert window.playback.mix.selected == 3
    assert not window.workspace.runner.busy
    failed: list[Exception] = []
    window.workspace.failed.disconnect(window.troubles.show)
    window.workspace.failed.connect(failed.append)
    window.compare.ask("regenerate", 3)
    assert not window.findChildren(RegenerateDialog)
    assert "a comp" in str(failed[0])
    window.workspace.failed.connect(window.troubles.show)

    # Taken back and done again; a new candidate does not take its number.
    window.actions_by_name["undo"].trigger()
    assert list(window.candidates.rows) == [1, 2]
    assert strip.make.text() == "Make it"
    assert song.project.numbers == (1, 2)
    assert song.next_number == 4
    window.actions_by_name["redo"].trigger()
    assert sorted(window.candidates.rows) == [1, 2, 3]
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)
    window.actions_by_name["undo"].trigger()
    window.actions_by_name["undo"].trigger()
    assert song.project.band_comp is None
    assert not strip.isVisible()
    window.actions_by_name["redo"].trigger()

    # A restart does not bring back what was taken back, but it can still be done again.
    path = song.folder.path
    window.close()
    window = make_window()
    window.open_path(path)
    qtbot.waitUntil(lambda: len(window.candidates.rows) == 2, timeout=30_000)
    assert window.panels.comp.isVisible()
    window.actions_by_name["redo"].trigger()
    assert sorted(window.candidates.rows) == [1, 2, 3]
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=60_000)
    window.compare.toggle_blind()
    assert not window.panels.comp.isVisible()
    window.compare.toggle_blind()
    window.close()

    # The same without a window: in a project, and in a folder of results.
    last = grid.bars - grid.first_bar
    words = ["comp", str(path), "1", f"{last}=2"]
    assert run(words, lambda *_: 0) == OK
    told = capsys.readouterr().out
    assert "Candidate 4 in" in told
    assert "was made to" not in told
    move_beat(path)
    assert run(words, lambda *_: 0) == OK
    told = capsys.readouterr().out
    assert "Candidate 5 in" in told
    assert "Candidate 1 was made to" in told
    assert "Candidate 2 was made to" in told
    assert open_project(path, read_only=True).document.project.record(4).origin.parent == 1
    out = tmp_path / "out"
    assert run(["export", str(path), "--out", str(out), "--short", "--bits", "float"], lambda *_: 0) == OK
    assert run(["comp", str(out), "2", f"{last}=1", "--bits", "float"], lambda *_: 0) == OK
    results = open_results(out)
    sixth = next(candidate for candidate in results.candidates if candidate.number == 6)
    assert sixth.settings["parent"] == 2
    first, second = (next(c for c in results.candidates if c.number == n) for n in (1, 2))
    end = slice(round(grid.downbeats_s[-2] * 44100), None)
    assert np.array_equal(sixth.stems["bass"].samples[:, end], first.stems["bass"].samples[:, end])
    assert np.array_equal(sixth.stems["bass"].samples[:, :4000], second.stems["bass"].samples[:, :4000])
    for alone in (["1", "1=1"], ["2", f"{1 - grid.first_bar}-{last}=1"]):
        for there in (out, path):
            assert run(["comp", str(there), *alone], lambda *_: 0) == FAILED
            refused = capsys.readouterr().err.splitlines()[-1]
            assert "Cannot make the comp. Found: candidate 1 alone in all bars" in refused
    assert run(["comp", str(out), "2", "99=1"], lambda *_: 0) == FAILED
    assert run(["comp", str(out), "9", "1=1"], lambda *_: 0) == FAILED


def test_a_comp_begins_alone_where_the_one_heard_before_has_another_beat(
    window: MainWindow, open_vocal: Open, generate: Generate
) -> None:
    open_vocal(window)
    generate(window, 1)
    window.workspace.do(SetGiven(Given(tempo_bpm=60.0)))
    generate(window, 2)
    song = window.workspace.song
    assert song is not None
    failed: list[Exception] = []
    window.workspace.failed.disconnect(window.troubles.show)
    window.workspace.failed.connect(failed.append)
    for number in (1, 2):
        window.playback.select(number)
    window.playback.seek(song.candidates[2].arrangement.grid.downbeats_s[1] + 0.1)
    window.comping.use_here()
    bars = song.candidates[2].arrangement.grid.bars
    assert not failed
    assert song.project.band_comp == BandComp(bars, ((0, 2),))
    assert "begins with candidate 2 alone" in window.status.currentMessage()
    window.playback.select(3)
    window.comping.use_here()
    comp = song.project.band_comp
    assert comp is not None
    assert comp.numbers == (2, 3)

    # Into a comp with others it is refused, and both are named in the order of what is found.
    window.workspace.do(SetGiven(Given(tempo_bpm=61.0)))
    generate(window, 1)
    assert song.candidates[4].arrangement.grid.bars == bars
    window.playback.select(4)
    window.comping.use_here()
    assert str(failed[0]).startswith(
        "Candidate 4 cannot play in a comp with candidate 2. Found: 4/4 at 61.0 bpm"
    )
    assert song.project.band_comp == comp
    window.workspace.failed.connect(window.troubles.show)


def test_a_comp_that_gives_way_to_another_beat_is_told_of(
    window: MainWindow, open_vocal: Open, generate: Generate
) -> None:
    open_vocal(window)
    generate(window, 2)
    window.workspace.do(SetGiven(Given(tempo_bpm=60.0)))
    generate(window, 1)
    song = window.workspace.song
    assert song is not None
    for number in (1, 2):
        window.playback.select(number)
    window.playback.seek(song.candidates[2].arrangement.grid.downbeats_s[1] + 0.1)
    window.comping.use_here()
    before = song.project.band_comp
    assert before is not None
    assert before.numbers == (1, 2)
    window.playback.select(3)
    window.comping.use_here()
    told = window.status.currentMessage()
    assert "comes back by Undo" in told
    assert "begins with candidate 3 alone" in told
    window.workspace.undo()
    assert song.project.band_comp == before

    # The same where it is the new comp that has another beat than the song.
    window.playback.select(3)
    window.comping.clear()
    window.comping.use_here()
    window.playback.select(1)
    window.comping.use_here()
    told = window.status.currentMessage()
    assert "comes back by Undo" in told
    assert "It plays from" in told


def test_after_a_comp_is_taken_back_the_candidate_before_is_heard_and_without_one_keys_say_so(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot
) -> None:
    instrument = window.actions_by_name["instrument"]
    instrument.trigger()
    assert window.status.currentMessage() == "Open a vocal first"
    open_vocal(window)
    instrument.trigger()
    assert window.status.currentMessage() == "There are no candidates yet"
    generate(window, 3)
    song = window.workspace.song
    assert song is not None
    for number in (2, 1):
        window.playback.select(number)
    window.playback.seek(song.candidates[1].arrangement.grid.downbeats_s[1] + 0.1)
    window.comping.use_here()
    window.comping.make()
    qtbot.waitUntil(lambda: window.playback.mix.selected == 4, timeout=30_000)
    window.workspace.undo()
    assert window.playback.mix.selected == 1
    window.workspace.redo()
    window.playback.select(4)
    window.playback.forget_last()  # as after a restart
    window.workspace.undo()
    assert window.playback.mix.selected == 3
    assert window.workspace.document.redo_text  # to hear another is no change that ends it
    window.playback.select(None)
    for name in ("instrument", "use_here", "copy_stem", "rate_4"):
        window.status.tell("")
        window.actions_by_name[name].trigger()
        assert window.status.currentMessage() == "No candidate is heard", name
