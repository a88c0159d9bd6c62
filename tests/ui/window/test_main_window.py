"""The window from an empty desk to exported stems, and what must never happen on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QColor, QDropEvent
from pytestqt.qtbot import QtBot

from studio.audio.files import read_audio
from studio.core.arrangement import STEMS
from studio.core.commands import SetChords
from studio.core.engines import BAND_MODEL, FASTSAG
from studio.core.grid import BeatGrid
from studio.core.mix import VOCAL, match_gain
from studio.core.music import Chord, Key
from studio.services.exporting.export_audio import AUDIO_FILES
from studio.services.exporting.settings import ExportSettings
from studio.services.project.opening import open_project
from studio.ui.appearance import theme
from studio.ui.comparing.export_result import ExportResult
from studio.ui.listening.analysis_panel import KEYS
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.main_window import MainWindow
from tests.services.band import ToneEngine
from tests.ui.conftest import gains, project_folder, write_vocal

Make = Callable[[], MainWindow]
Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]


def errors(window: MainWindow) -> list[ErrorDialog]:
    return [d for d in window.findChildren(ErrorDialog) if d.isVisible()]


def answer(
    monkeypatch: pytest.MonkeyPatch, window: MainWindow, question: str, what: object
) -> list[tuple[object, ...]]:
    """Answers a question of the window from now on; returns what it will have been asked with."""
    asked: list[tuple[object, ...]] = []

    def ask(*told: object, **_: object) -> object:
        asked.append(told)
        return what

    monkeypatch.setattr(window.ask, question, ask)
    return asked


def test_starts_with_an_invitation_and_says_when_nothing_can_be_heard(
    window: MainWindow, open_vocal: Open
) -> None:
    assert window.panels.is_empty
    assert not window.request.generate.isEnabled()
    open_vocal(window)
    assert not window.panels.is_empty
    assert "No sound output" in window.status.output.text()


def test_from_a_vocal_to_exported_stems(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path
) -> None:
    open_vocal(window)
    assert window.vocal.name.text() == "first take"
    assert window.vocal.lane.names
    generate(window, 2)
    assert list(window.candidates.rows) == [1, 2]
    assert window.candidates.rows[1].title.text() == "Pop"
    assert "room kit" in window.candidates.rows[1].instruments.text()
    assert window.candidates.rows[2].lane.names[:2] == ("Am", "F")
    window.exporting.export((2,), tmp_path / "song", ExportSettings(by_template=False))
    qtbot.waitUntil(lambda: bool(window.findChildren(ExportResult)), timeout=20_000)
    result = window.findChildren(ExportResult)[0]
    others = ("arrangement.mid", "session.dawproject", "session.rpp")
    assert result.states == dict.fromkeys((*AUDIO_FILES, *others), "PASS")
    folder = tmp_path / "song" / "candidate_02"
    vocal = window.workspace.song.vocal.audio
    stems = [read_audio(folder / f"{stem}.wav") for stem in STEMS]
    assert {(s.frames, s.sample_rate) for s in stems} == {(vocal.frames, vocal.sample_rate)}
    made = window.workspace.song.candidates[2].stems
    np.testing.assert_allclose(stems[1].samples, made["bass"].samples, atol=2 / 2**23)
    assert (folder / "arrangement.mid").exists()


def test_a_dropped_file_is_opened(window: MainWindow, vocal_path: Path, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(vocal_path))])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
    qtbot.waitUntil(lambda: window.workspace.song is not None, timeout=20_000)
    assert window.workspace.song.vocal.path == vocal_path
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=30_000)


def test_what_is_no_vocal_is_told_and_costs_nothing(
    window: MainWindow, open_vocal: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    open_vocal(window)
    session = window.workspace.song
    bad = tmp_path / "notes.wav"
    bad.write_text("no sound in here")
    window.open_path(bad)
    qtbot.waitUntil(lambda: bool(errors(window)), timeout=10_000)
    assert "notes.wav" in errors(window)[0].text
    assert window.workspace.song is session
    assert window.status.doing.text() == ""


def test_candidates_come_one_by_one_and_cancel_keeps_them(
    window: MainWindow, open_vocal: Open, qtbot: QtBot, engine: ToneEngine
) -> None:
    open_vocal(window)
    third = threading.Event()
    engine.before_step = lambda number: third.wait(20) if number == 3 else None
    window.request.count.set_value(4)
    window.generate()
    try:
        qtbot.waitUntil(lambda: len(window.candidates.rows) == 2, timeout=20_000)
        assert window.generation.running
        assert window.request.cancel.isVisible()
        assert not window.request.generate.isVisible()
        window.request.cancel.click()
        assert window.request.stage.text() == "Cancelling …"
    finally:
        third.set()
    qtbot.waitUntil(lambda: not window.generation.running, timeout=10_000)
    assert list(window.candidates.rows) == [1, 2]
    assert window.request.generate.isVisible()
    assert not errors(window)


def test_another_vocal_ends_a_request_only_when_the_user_agrees(
    window: MainWindow,
    open_vocal: Open,
    qtbot: QtBot,
    engine: ToneEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_vocal(window)
    session = window.workspace.song
    other = write_vocal(tmp_path / "second take.wav", 3.4)
    second = threading.Event()
    engine.before_step = lambda number: second.wait(20) if number == 2 else None
    window.generate()

    try:
        qtbot.waitUntil(lambda: len(window.candidates.rows) == 1, timeout=20_000)
        questions = answer(monkeypatch, window, "may_stop_generating", False)
        window.open_path(other)
        assert window.workspace.song is session
        assert window.generation.running
        assert len(questions) == 1
        answer(monkeypatch, window, "may_stop_generating", True)
        window.open_path(other)
        qtbot.waitUntil(lambda: window.workspace.song is not session, timeout=20_000)
    finally:
        second.set()
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=30_000)
    assert window.vocal.name.text() == "second take"
    assert not window.candidates.rows


def test_four_candidates_are_in_sight_at_once(
    window: MainWindow, open_vocal: Open, generate: Generate
) -> None:
    open_vocal(window)
    before = window.vocal.height()
    generate(window, 4)
    assert window.candidates.viewport().height() >= window.candidates.rows[4].geometry().bottom()
    assert window.vocal.height() == before  # nothing moved
    assert before > 120


def test_cancel_frees_the_window_even_while_the_generator_cannot_stop(
    window: MainWindow, open_vocal: Open, qtbot: QtBot, engine: ToneEngine
) -> None:
    """As while models load: the job ends later, in the background."""
    open_vocal(window)
    loading, loaded = threading.Event(), threading.Event()

    def load(_: int) -> None:
        loading.set()
        loaded.wait(20)

    engine.before_step = load
    window.generate()
    assert loading.wait(10)
    try:
        window.request.cancel.click()
        qtbot.waitUntil(lambda: not window.generation.running, timeout=5000)
        assert window.request.generate.isVisible()
        assert window.workspace.runner.busy
    finally:
        loaded.set()
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=10_000)
    assert not errors(window)


def test_new_results_neither_interrupt_nor_change_the_selection(
    window: MainWindow, open_vocal: Open, generate: Generate
) -> None:
    open_vocal(window)
    generate(window, 2)
    window.playback.select(2)
    window.timeline.set_region((0.2, 2.5), looping=True)
    window.playback.toggle()
    assert window.playback.player.playing
    generate(window, 3)
    assert window.playback.player.playing
    assert window.playback.mix.selected == 2
    assert list(window.candidates.rows) == [1, 2, 3, 4, 5]
    song = window.workspace.song
    assert [c.number for c in song.candidates.values()] == list(song.project.numbers) == [1, 2, 3, 4, 5]
    assert song.candidates[5].settings["number_in_request"] == 3
    assert "number_in_request" not in song.candidates[2].settings


def test_switching_keeps_the_playhead(window: MainWindow, open_vocal: Open, generate: Generate) -> None:
    open_vocal(window)
    generate(window, 2)
    window.playback.seek(1.25)
    window.playback.select(2)
    assert window.playback.player.position_s == pytest.approx(1.25, abs=1e-4)
    song = window.workspace.song
    heard = gains(window)
    assert heard[(2, "bass")] == match_gain(song.fits[2].loudness_lufs, song.analysis.loudness_lufs)
    assert heard[(1, "bass")] == 0.0
    assert heard[VOCAL] == 1.0


def test_a_second_request_asks_for_something_new_unless_the_seed_is_kept(
    window: MainWindow, open_vocal: Open, generate: Generate
) -> None:
    open_vocal(window)
    seed = window.request.seed.value()
    generate(window, 1)
    assert window.request.seed.value() == seed + 1
    window.request.pin.setChecked(True)
    generate(window, 1)
    assert window.request.seed.value() == seed + 1
    assert [r.origin.seed for r in window.workspace.project.candidates] == [seed, seed + 1]


def test_a_seed_stays_with_its_song(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path
) -> None:
    open_vocal(window)
    window.request.seed.setValue(1234)
    window.request.pin.setChecked(True)
    generate(window, 1)
    assert window.request.seed.value() == 1234
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=30_000)
    folder = window.workspace.song.folder.path  # type: ignore[union-attr]
    with qtbot.waitSignal(window.workspace.opened, timeout=30_000):
        window.open_path(write_vocal(tmp_path / "another.wav", 3.4))
    assert (window.request.wishes.seed, window.request.wishes.keep_seed) == (1, False)
    window.request.seed.setValue(77)
    with qtbot.waitSignal(window.workspace.opened, timeout=30_000):
        window.open_path(folder)
    assert (window.request.wishes.seed, window.request.wishes.keep_seed) == (1234, True)
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=30_000)


def test_a_failing_generator_is_told_and_the_window_goes_on(
    window: MainWindow, open_vocal: Open, qtbot: QtBot, engine: ToneEngine
) -> None:
    open_vocal(window)

    def fail(_: int) -> None:
        raise RuntimeError("out of tones")

    engine.before_step = fail
    window.generate()
    qtbot.waitUntil(lambda: bool(errors(window)), timeout=10_000)
    assert "out of tones" in errors(window)[0].text
    assert window.request.generate.isVisible()
    assert window.request.generate.isEnabled()


def test_finished_candidates_survive_closing_in_the_middle(
    make_window: Make,
    open_vocal: Open,
    engine: ToneEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = make_window()
    open_vocal(window)
    questions = answer(monkeypatch, window, "how_to_close", "stop")
    started = threading.Event()

    def wait_at_the_third(number: int) -> None:
        if number == 3:
            started.set()
            while not window.generation._running.job.token.cancelled:
                threading.Event().wait(0.01)

    engine.before_step = wait_at_the_third
    window.request.count.set_value(4)
    window.generate()
    # Not one event is processed from here on: the second candidate may still be on its way to the window.
    assert started.wait(20)
    window.close()
    assert [q[0] for q in questions] == ["Candidates are still being made."]
    folder = project_folder(tmp_path / "Music")
    assert sorted(p.name for p in (folder / "candidates").iterdir()) == ["01", "02"]
    assert open_project(folder, read_only=True).document.project.numbers == (1, 2)


def test_an_earlier_project_opens_again_with_its_pick(
    make_window: Make, open_vocal: Open, generate: Generate, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    open_vocal(window)
    generate(window, 2)
    window.compare.ask("pick", 2)
    assert window.candidates.rows[2].pick.isChecked()
    window.close()
    folder = project_folder(tmp_path / "Music")
    assert json.loads((folder / "project.json").read_text())["project"]["picked"] == 2

    again = make_window()
    again.open_path(folder)
    qtbot.waitUntil(lambda: len(again.candidates.rows) == 2, timeout=20_000)
    assert again.candidates.rows[2].pick.isChecked()
    assert not again.candidates.rows[1].pick.isChecked()
    qtbot.waitUntil(lambda: again.request.generate.isEnabled(), timeout=30_000)
    assert again.request.wishes.seed == 2, "seed 1 would give the same again"
    generate(again, 1)
    assert list(again.candidates.rows) == [1, 2, 3]
    assert (folder / "candidates" / "03").is_dir()


def test_a_folder_without_candidates_is_told(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    window.open_path(tmp_path / "nothing")
    qtbot.waitUntil(lambda: bool(errors(window)), timeout=10_000)
    assert window.panels.is_empty


def test_nothing_is_asked_of_a_vocal_nobody_listened_to(window: MainWindow, open_vocal: Open) -> None:
    open_vocal(window)
    window.workspace.song.analysis = None
    window.generation.start(window.request.wishes)
    assert "Cannot generate yet" in errors(window)[0].text
    assert not window.generation.running


def test_a_tempo_typed_after_a_nudge_leaves_the_downbeat_where_it_was_put(
    window: MainWindow, open_vocal: Open, qtbot: QtBot
) -> None:
    open_vocal(window)
    panel = window.analysis
    panel.nudges[1.0].click()
    qtbot.waitUntil(lambda: window.workspace.song.is_heard, timeout=30_000)
    shown = panel.downbeat.value()
    panel.tempo.setValue(99.0)
    panel.tempo.editingFinished.emit()
    qtbot.waitUntil(lambda: window.workspace.song.is_heard, timeout=30_000)
    assert panel.rows["downbeat"].source.text() == "yours"
    assert panel.downbeat.value() == shown
    bar_s = 4 * 60.0 / 99.0
    grid = window.workspace.song.analysis.grid
    assert (grid.first_downbeat_s - shown) / bar_s == pytest.approx(
        round((grid.first_downbeat_s - shown) / bar_s), abs=0.01
    )


def test_a_tempo_or_downbeat_that_cannot_be_is_refused_with_a_word(
    window: MainWindow, open_vocal: Open, qtbot: QtBot
) -> None:
    open_vocal(window)
    panel, before = window.analysis, window.workspace.project
    for field, typed, expected in (
        (panel.tempo, "9999", "30 to 300 bpm"),
        (panel.tempo, "5", "30 to 300 bpm"),
        (panel.downbeat, "50", "0 to 3.000 s"),
    ):
        shown = field.value()
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, typed)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert f"Found: {float(typed):g}" in window.status.currentMessage()
        assert expected in window.status.currentMessage()
        assert field.value() == shown
        window.status.told.clear()
    assert window.workspace.project == before


def test_the_users_values_are_marked_and_can_be_taken_back(
    window: MainWindow, open_vocal: Open, qtbot: QtBot
) -> None:
    open_vocal(window)
    panel = window.analysis
    assert panel.rows["tempo"].source.text().startswith("estimated")
    assert not panel.rows["tempo"].reset.isVisible()
    panel.tempo.setValue(96.0)
    panel.tempo.editingFinished.emit()
    qtbot.waitUntil(lambda: panel.rows["tempo"].source.text() == "yours", timeout=30_000)
    assert window.workspace.song.analysis.tempo_bpm == pytest.approx(96.0, abs=0.1)
    panel.rows["tempo"].reset.click()
    qtbot.waitUntil(lambda: panel.rows["tempo"].source.text().startswith("estimated"), timeout=30_000)

    index = KEYS.index(Key.parse("F# minor"))
    panel.key.setCurrentIndex(index)
    panel.key.activated.emit(index)
    qtbot.waitUntil(lambda: panel.rows["key"].source.text() == "yours", timeout=30_000)
    assert str(window.workspace.song.analysis.key) == "F# minor"


def test_bar_lines_and_beats_are_nudged_and_taken_back(
    window: MainWindow, open_vocal: Open, qtbot: QtBot
) -> None:
    open_vocal(window)
    panel, workflow = window.analysis, window.workspace
    estimated = workflow.song.analysis.grid

    def shift(grid: BeatGrid) -> float:
        """Quarters by which the bar lines lie after the estimated ones."""
        return float(estimated.beat_of(grid.downbeats_s[0])) % estimated.meter.quarters_per_bar

    panel.nudges[1.0].click()
    panel.nudges[0.5].click()  # while the first is still worked on
    qtbot.waitUntil(
        lambda: shift(workflow.song.analysis.grid) == pytest.approx(1.5, abs=1e-3), timeout=30_000
    )
    sources = {name: row.source.text() for name, row in panel.rows.items() if name != "key"}
    assert {name for name, source in sources.items() if source == "yours"} == {"downbeat"}
    panel.nudges[-1.0].click()
    qtbot.waitUntil(
        lambda: shift(workflow.song.analysis.grid) == pytest.approx(0.5, abs=1e-3), timeout=30_000
    )
    panel.rows["downbeat"].reset.click()
    qtbot.waitUntil(lambda: workflow.song.analysis.grid == estimated, timeout=30_000)


def test_chords_are_edited_as_text_and_in_the_lane(
    window: MainWindow, open_vocal: Open, generate: Generate, engine: ToneEngine
) -> None:
    open_vocal(window)
    panel, lane = window.analysis, window.vocal.lane
    estimated = lane.names
    panel.chords.setText("Dm G")
    panel.chords.editingFinished.emit()
    assert panel.rows["chords"].source.text() == "yours"
    first = window.workspace.song.analysis.grid.first_bar
    assert lane.names[first] == "Dm"
    lane.chord_edited.emit(first, Chord.parse("E"))
    assert lane.names[first] == "E"
    generate(window, 1)
    asked = engine.asked
    assert asked.controls.chords == asked.analysis.chords == window.workspace.song.bar_chords()
    assert asked.controls.chords[first] == Chord.parse("E")
    panel.chords.setText("H7 nonsense")
    panel.chords.editingFinished.emit()
    assert "Cannot read the chord" in window.statusBar().currentMessage()
    assert lane.names[first] == "E"
    panel.rows["chords"].reset.click()
    assert lane.names == estimated
    assert window.workspace.project.chords is None
    generate(window, 1)
    assert engine.asked.controls.chords is None, "the model chooses"


def test_another_frequency_axis_draws_every_picture_again(
    window: MainWindow, open_vocal: Open, generate: Generate, qtbot: QtBot
) -> None:
    open_vocal(window)
    generate(window, 1)
    views = [window.vocal.spectrogram, window.candidates.rows[1].spectrogram]
    middle_mel = [v.spectrogram.freqs_hz[128] for v in views]
    window.vocal.scales._group.button(2).click()
    qtbot.waitUntil(lambda: all(v.spectrogram.freqs_hz[128] > 9000 for v in views), timeout=10_000)
    assert max(middle_mel) < 5000


def test_colours_of_the_spectrograms_are_chosen_and_remembered(make_window: Make, open_vocal: Open) -> None:
    window = make_window()
    open_vocal(window)

    def silence_is(colour: str) -> bool:
        view = window.vocal.spectrogram
        seen = view.grab().toImage().pixelColor(view.width() - 3, 3).getRgb()
        return np.allclose(seen, QColor(colour).getRgb(), atol=4)

    def choice() -> dict[str, QAction]:
        menus = {action.text(): action.menu() for action in window.menuBar().actions()}
        colours = next(action.menu() for action in menus["&View"].actions() if action.text() == "Colours")
        return {action.text(): action for action in colours.actions()}

    assert choice()["Theme"].isChecked()
    assert silence_is(theme.DARK.heat[0])
    choice()["Viridis"].trigger()
    assert silence_is("#440154")
    window.appearance.set_theme("light")
    assert silence_is("#440154")
    window.close()
    window = make_window()
    open_vocal(window)
    assert choice()["Viridis"].isChecked()
    assert silence_is("#440154")
    choice()["Theme"].trigger()
    assert silence_is(theme.LIGHT.heat[0])


def test_remembers_wishes_balance_axis_and_theme(make_window: Make) -> None:
    first = make_window()
    first.request.style_box.setCurrentIndex(first.request.style_box.findData("bossa nova"))
    first.request.density.set_value("busy")
    first.request.count.set_value(7)
    first.request.seed.setValue(1234)
    first.request.pin.setChecked(True)
    first.transport.balance.setValue(40)
    first.vocal.scales._group.button(1).click()
    first.appearance.set_theme("light")
    first.strip.set_target("bass")
    first.close()
    second = make_window()
    assert second.strip.target == "bass"
    assert [name for name, button in second.strip.names.items() if button.isChecked()] == ["bass"]
    wishes = second.request.wishes
    assert (wishes.controls.style, wishes.controls.density, wishes.candidates) == ("bossa nova", "busy", 7)
    assert (wishes.seed, wishes.keep_seed) == (1, False), "a seed is of a song"
    assert second.playback.mix.balance == pytest.approx(0.4)
    assert second.transport.balance.value() == 40
    assert second.pictures.scale == "log"
    assert second.preferences.get("theme", "system") == "light"


def test_remembers_the_engine_while_it_can_be_used(
    make_window: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons: dict[str, str] = {}
    monkeypatch.setattr("studio.app.unavailable", lambda _: reasons)
    first = make_window()
    box = first.request.engine_box
    box.setCurrentIndex(box.findData(FASTSAG.name))
    first.close()
    second = make_window()
    assert second.request.wishes.engine == FASTSAG.name
    assert not second.request.style_box.isEnabled()
    second.close()
    reasons[FASTSAG.name] = "its weights are gone"
    third = make_window()
    assert third.request.wishes.engine == BAND_MODEL.name
    assert third.request.style_box.isEnabled()


def test_opens_without_loading_what_it_does_not_need_yet(tmp_path: Path) -> None:
    """In a process of its own: this one may have loaded torch for another test."""
    code = (
        "import sys; from pathlib import Path; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from studio.app import build_window; from studio.audio.player import Player;"
        "from studio.audio.devices import AudioSetup;"
        "from studio.services.generating.service import GenerationService;"
        "from studio.ui.window.preferences import Preferences;"
        f"root = Path({str(tmp_path)!r});"
        "service, player = GenerationService(root), Player(find_setup=AudioSetup);"
        "w = build_window(service, player, Preferences(root / 'w.ini'), root, root / 'Music');"
        "w.show(); app.processEvents(); w.close();"
        "sys.exit(', '.join({'torch', 'onnxruntime', 'pyqtgraph'} & set(sys.modules)) or None)"
    )
    mine = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | mine, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_a_vocal_that_has_a_project_asks_which_is_wanted(
    make_window: Make,
    open_vocal: Open,
    vocal_path: Path,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = make_window()
    open_vocal(window)
    window.workspace.do(SetChords(Chord.parse_many("Dm G")))
    qtbot.waitUntil(lambda: not window.workspace.runner.busy, timeout=30_000)
    window.close()
    folder = project_folder(tmp_path / "Music")

    again = make_window()
    for what in (None, "open", "new"):
        questions = answer(monkeypatch, again, "project_of_vocal", what)
        before = again.workspace.song
        again.open_path(vocal_path)
        qtbot.waitUntil(lambda q=questions: bool(q), timeout=20_000)
        assert [known.path for (known,) in questions] == [str(folder)]
        if what is None:
            qtbot.waitUntil(lambda: not again.workspace.runner.busy, timeout=30_000)
            assert again.workspace.song is before is None
        else:
            qtbot.waitUntil(lambda b=before: again.workspace.song is not b, timeout=20_000)
            qtbot.waitUntil(lambda: not again.workspace.runner.busy, timeout=30_000)
            chords = again.workspace.project.chords
            assert chords == (Chord.parse_many("Dm G") if what == "open" else None)
