"""The second day: what was done is found again, whatever happened in between."""

from __future__ import annotations

import errno
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.core.commands import SetOpinion
from studio.core.errors import StudioError
from studio.core.opinion import Opinion
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.exporting.settings import ExportSettings
from studio.services.project.candidates import write_candidate
from studio.services.project.opening import open_project
from studio.services.project.song import export_job, export_request
from studio.services.project.store import ProjectStore
from studio.storage import lock
from studio.storage.ratings import RatingsFile
from studio.ui.comparing.details_dialog import DetailsDialog
from studio.ui.recording.takes_dialog import TakesDialog
from studio.ui.window.error_dialog import ErrorDialog
from studio.ui.window.main_window import MainWindow
from studio.ui.window.menu_reasons import MenuReasons
from studio.ui.window.preferences import Preferences
from tests.services.band import ToneEngine
from tests.ui.conftest import Begin, Reopen, idle, wait_for_song, write_vocal

Make = Callable[[], MainWindow]
Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]


def folder_of(window: MainWindow) -> Path:
    song = window.workspace.song
    assert song is not None
    assert song.folder is not None
    return song.folder.path


def test_everything_that_was_done_is_there_the_next_day(
    begin: Begin, make_window: Make, generate: Generate, qtbot: QtBot
) -> None:
    first = begin()
    first.analysis.tempo.setValue(96.0)
    first.analysis.tempo.editingFinished.emit()
    first.analysis.chords.setText("Am F C G")
    first.analysis.chords.editingFinished.emit()
    generate(first, 2)
    # Now, not when it is closed: a program that is killed is not asked.
    assert [(p.title, p.candidates) for p in first.workspace.recent.read()] == [("first take", 2)]
    first.compare.ask("rate_4", 2)
    first.compare.ask("pick", 1)
    first.playback.select(2)
    first.playback.toggle_mute("bass")
    first.timeline.set_region((0.5, 2.0), looping=True)
    first.workspace.undo()
    idle(qtbot, first)
    folder = folder_of(first)
    analysis = first.workspace.song.analysis  # type: ignore[union-attr]
    first.close()
    kept = first.workspace.document.state
    assert not (folder / "lock.json").exists()

    second = make_window()
    assert [row.toolTip() for row in second.panels.empty.recent.rows] == [str(folder)]
    second.panels.empty.recent.rows[0].click()
    wait_for_song(qtbot, second)
    assert second.workspace.document.state.project == kept.project
    assert second.workspace.document.state.done == kept.done
    assert second.workspace.document.state.undone == kept.undone
    heard = second.workspace.song.analysis  # type: ignore[union-attr]
    assert heard is not None
    assert analysis is not None
    assert (heard.grid, heard.notes, heard.given) == (analysis.grid, analysis.notes, analysis.given)
    assert second.analysis.tempo.value() == 96.0
    assert second.analysis.rows["tempo"].source.text() == "yours"
    assert second.analysis.chords.text() == "Am F C G"
    assert second.vocal.lane.names
    assert second.candidates.rows[2].stars.count == 4
    assert not second.candidates.rows[1].pick.isChecked()
    assert second.playback.mix.selected == 2
    assert second.playback.mix.muted == {"bass"}
    assert (second.timeline.region, second.timeline.looping) == ((0.5, 2.0), True)
    second.workspace.redo()
    assert second.candidates.rows[1].pick.isChecked()


@pytest.mark.parametrize("gone", [True, False])
def test_a_vocal_whose_file_went_before_the_first_change_is_kept_as_it_was_opened(
    begin: Begin,
    reopen: Reopen,
    gone: bool,
    generate: Generate,
    vocal_path: Path,
    qtbot: QtBot,
    tmp_path: Path,
) -> None:
    first = begin()
    before = first.workspace.song
    assert before is not None
    if gone:
        vocal_path.unlink()
    else:  # bounced over
        write_vocal(vocal_path, 4.0)
    told: list[str] = []
    first.workspace.told.connect(told.append)
    generate(first, 1)
    assert [line for line in told if vocal_path.name in line]
    folder = folder_of(first)
    first.close()

    second = reopen(folder)
    after = second.workspace.song
    assert after is not None
    assert np.array_equal(after.vocal.audio.samples, before.vocal.audio.samples)
    assert (after.base.sha256, after.base.name) == (before.base.sha256, before.base.name)
    assert list(second.candidates.rows) == [1]
    assert after.analysis is not None
    export_candidate(export_request(export_job(after, 1, tmp_path / "out", ExportSettings())))
    generate(second, 1)
    second.compare.ask("vary", 1)
    qtbot.waitUntil(lambda: len(second.candidates.rows) == 3, timeout=60_000)
    wait_for_song(qtbot, second)


def test_the_candidate_that_was_heard_is_in_sight_the_next_day(
    begin: Begin, make_window: Make, qtbot: QtBot
) -> None:
    first = begin(4)
    first.playback.select(4)
    folder = folder_of(first)
    first.close()

    second = make_window()
    second.resize(1300, 620)
    second.open_path(folder)
    wait_for_song(qtbot, second)
    rows, view = second.candidates, second.candidates.viewport()
    assert rows.verticalScrollBar().maximum() > 0

    def in_sight() -> bool:
        row = rows.rows[4]
        return bool(view.rect().contains(row.mapTo(view, row.rect().center())))

    qtbot.waitUntil(in_sight, timeout=5_000)


@pytest.mark.parametrize("looked_at", [False, True])
def test_the_playhead_and_what_is_in_sight_are_where_they_were_left(
    begin: Begin, reopen: Reopen, looked_at: bool
) -> None:
    first = begin()
    first.workspace.ensure_folder()
    first.timeline.show_range(0.5, 1.75)
    first.timeline.zoom_frequency(0.5, 0.0)
    first.playback.seek(1.25)
    folder, entry = folder_of(first), first.workspace.document.state.entry
    first.close()

    second = reopen(folder, read_only=looked_at)
    assert (second.timeline.start_s, second.timeline.end_s) == (0.5, 1.75)
    assert second.timeline.band == (0.0, 0.5)
    assert second.timeline.playhead_s == second.playback.player.position_s == 1.25
    assert second.workspace.document.state.entry == entry, "to look is no change"
    second.playback.seek(0.5)
    second.close()
    third = reopen(folder)
    assert third.timeline.playhead_s == (1.25 if looked_at else 0.5), "who only looks leaves no trace"


def test_looking_at_a_vocal_leaves_nothing_behind(begin: Begin, tmp_path: Path) -> None:
    window = begin()
    window.close()
    assert not (tmp_path / "Music").exists()


def test_a_vocal_that_has_a_project_is_told(
    begin: Begin, make_window: Make, qtbot: QtBot, vocal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begin(1)
    folder = folder_of(first)
    first.close()
    second = make_window()
    asked: list[str] = []
    monkeypatch.setattr(second.ask, "project_of_vocal", lambda known: asked.append(known.path) or "open")
    second.open_path(vocal_path)
    wait_for_song(qtbot, second)
    assert asked == [str(folder)]
    assert folder_of(second) == folder
    assert list(second.candidates.rows) == [1]


def test_a_second_window_is_told_and_may_open_a_copy_or_look(
    begin: Begin, make_window: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begin(1)
    folder = folder_of(first)
    looking = make_window()
    monkeypatch.setattr(looking.ask, "project_in_use", lambda _: "look")
    looking.open_path(folder)
    wait_for_song(qtbot, looking)
    assert "only looked at" in looking.windowTitle()
    failed: list[Exception] = []
    looking.workspace.failed.disconnect(looking.troubles.show)
    looking.workspace.failed.connect(failed.append)
    looking.compare.ask("rate_5", 1)
    assert "Nothing can be changed here" in str(failed[0])
    looking.playback.toggle_mute("bass")  # what is heard may be changed, and is forgotten
    assert looking.playback.mix.muted == {"bass"}
    copying = make_window()
    monkeypatch.setattr(copying.ask, "project_in_use", lambda _: "copy")
    copying.open_path(folder)
    wait_for_song(qtbot, copying)
    assert folder_of(copying).name == "first take copy 2.backline"
    assert copying.workspace.project.title == "first take copy 2"
    copying.compare.ask("rate_5", 1)
    assert first.workspace.project.opinion(1).stars == 0
    first.compare.ask("rate_2", 1)
    assert copying.workspace.project.opinion(1).stars == 5


def test_a_project_that_cannot_be_written_may_be_looked_at_or_copied_to_where_one_can_write(
    begin: Begin, make_window: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window = begin(1)
    folder = tmp_path / "disc" / "Lied.backline"
    shutil.copytree(folder_of(window), folder)
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    acquire = lock.acquire

    def refuse(path: Path) -> object:
        if path.parent == folder.parent:
            raise OSError(errno.EROFS, "Read-only file system")
        return acquire(path)

    monkeypatch.setattr(lock, "acquire", refuse)
    monkeypatch.setattr(window.ask, "project_not_writable", lambda _: "look")
    window.open_path(folder)
    qtbot.waitUntil(lambda: "only looked at" in window.windowTitle(), timeout=20_000)
    wait_for_song(qtbot, window)
    window = make_window()
    monkeypatch.setattr(window.ask, "project_not_writable", lambda _: "copy")
    window.open_path(folder)
    copy = window.workspace.projects_dir / "Lied copy 2.backline"
    qtbot.waitUntil(lambda: window.workspace.project.title == "Lied copy 2", timeout=20_000)
    wait_for_song(qtbot, window)
    assert folder_of(window) == copy
    assert all(path.stat().st_mode & 0o200 for path in copy.rglob("*"))  # also for a user who is not root


def test_save_as_goes_on_in_the_new_folder_and_leaves_the_old_one(
    begin: Begin, make_window: Make, generate: Generate, qtbot: QtBot, tmp_path: Path
) -> None:
    window = begin(1)
    old, new = folder_of(window), tmp_path / "elsewhere" / "歌.backline"
    new.parent.mkdir()
    window.workspace.save_as(new)
    qtbot.waitUntil(lambda: folder_of(window) == new, timeout=30_000)
    before = open_project(old, read_only=True).document.project
    window.compare.ask("rate_3", 1)
    generate(window, 1)
    window.close()
    left = open_project(old)  # nobody holds it
    assert left.document.project == before
    assert (before.title, before.numbers, before.opinion(1).stars) == ("first take", (1,), 0)
    left.document.keeper.close()  # type: ignore[attr-defined]  # it is a store
    state = open_project(new, read_only=True).document
    assert state.project.title == "歌"
    assert state.project.opinion(1).stars == 3
    assert state.project.numbers == (1, 2)
    # A folder that was moved by hand and lost its name opens as well.
    again = make_window()
    shutil.move(new, tmp_path / "Zip")
    again.open_path(tmp_path / "Zip")
    wait_for_song(qtbot, again)
    assert again.workspace.project == state.project


def test_a_project_is_not_saved_inside_a_project(begin: Begin) -> None:
    window = begin(1)
    folder = folder_of(window)
    told: list[Exception] = []
    window.workspace.failed.connect(told.append)
    window.workspace.save_as(folder / "Second")
    assert "inside the project" in str(told[0])
    assert folder_of(window) == folder
    assert not (folder / "Second.backline").exists()


def test_a_project_that_is_only_looked_at_says_why_and_that_save_as_makes_a_copy_to_work_on(
    begin: Begin, reopen: Reopen, qtbot: QtBot, tmp_path: Path
) -> None:
    window = begin(1)
    window.compare.ask("rate_2", 1)
    looking = reopen(folder_of(window), read_only=True)
    told: list[Exception] = []
    looking.workspace.failed.disconnect(looking.troubles.show)
    looking.workspace.failed.connect(told.append)
    looking.generation.start(looking.request.wishes)
    looking.compare.ask("rate_5", 1)
    looking.workspace.undo()
    assert looking.workspace.project.opinion(1).stars == 2
    assert len(told) == 3
    for error in told:
        assert str(error).startswith("Nothing can be changed here")
        assert "another window has it open. File > Save as … makes a copy that can be worked on" in str(error)
    looking.actions_by_name["save"].trigger()
    said = looking.status.currentMessage()
    assert said.startswith("This project is only looked at: another window has it open. File > Save as …")
    assert looking.findChild(MenuReasons).why_not("generate") == said  # type: ignore[union-attr]

    window.compare.ask("rate_3", 1)
    looking.playback.toggle_mute("bass")
    copy = tmp_path / "Second.backline"
    looking.workspace.save_as(copy.with_suffix(""))
    qtbot.waitUntil(lambda: folder_of(looking) == copy, timeout=30_000)
    assert looking.workspace.project.title == "Second"
    assert looking.workspace.project.opinion(1).stars == 3, "as it is by now where it is worked on"
    assert looking.playback.mix.muted == {"bass"}
    looking.compare.ask("rate_5", 1)
    assert looking.findChild(MenuReasons).why_not("save") == ""  # type: ignore[union-attr]
    looking.close()
    assert open_project(copy, read_only=True).document.project.opinion(1).stars == 5
    assert window.workspace.project.opinion(1).stars == 3


@pytest.mark.parametrize("answer", ["stay", "stop", "background"])
def test_closing_in_the_middle_of_a_request_asks(
    begin: Begin, answer: str, qtbot: QtBot, engine: ToneEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = begin()
    gate = threading.Event()
    engine.before_step = lambda number: gate.wait(20.0) if number == 2 else None
    window.request.count.set_value(2)
    window.request.generate.click()
    qtbot.waitUntil(lambda: list(window.candidates.rows) == [1], timeout=30_000)
    asked: list[str] = []
    ended: list[bool] = []
    window.ended.connect(lambda: ended.append(True))
    monkeypatch.setattr(window.ask, "how_to_close", lambda doing, background: asked.append(doing) or answer)
    if answer == "stop":
        threading.Timer(0.3, gate.set).start()
    window.close()
    assert asked == ["Candidates are still being made."]
    assert window.isVisible() == (answer == "stay")
    folder = folder_of(window)
    assert bool(ended) == (answer == "stop")  # the process ends with it
    gate.set()
    if answer == "stay":
        qtbot.waitUntil(lambda: list(window.candidates.rows) == [1, 2], timeout=30_000)
    elif answer == "background":
        qtbot.waitUntil(lambda: bool(ended), timeout=30_000)
        assert not (folder / "lock.json").exists()
        assert open_project(folder, read_only=True).document.project.numbers == (1, 2)
    else:
        assert open_project(folder, read_only=True).document.project.numbers[:1] == (1,)


def test_a_request_that_was_cut_off_is_offered_and_made_as_it_would_have_been(
    begin: Begin,
    make_window: Make,
    generate: Generate,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    whole = begin()
    whole.request.seed.setValue(7)
    generate(whole, 3)
    folder = folder_of(whole)
    stems = {n: whole.workspace.song.candidates[n].stems["bass"].samples.copy() for n in (1, 2, 3)}  # type: ignore[union-attr]
    whole.close()
    # The same journal, cut off after the second of three.
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    made = [i for i, line in enumerate(lines) if '"AddCandidate"' in line]
    (folder / "journal.jsonl").write_text("".join(lines[: made[1] + 1]), encoding="utf-8")
    (folder / "project.json").unlink()
    third = folder / "candidates" / "03"
    shutil.rmtree(third)

    window = make_window()
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(
        window.ask, "make_the_rest", lambda begun, made, *_: asked.append((made, begun.candidates)) or "make"
    )
    window.open_path(folder)
    qtbot.waitUntil(lambda: window.workspace.song is not None, timeout=30_000)
    qtbot.waitUntil(lambda: list(window.candidates.rows) == [1, 2, 3], timeout=60_000)
    qtbot.waitUntil(lambda: not window.generation.running, timeout=30_000)
    assert asked == [(2, 3)]
    # As after a request that was not cut off: it was made with 7.
    assert window.request.seed.value() == 8
    for number, bass in stems.items():
        again = window.workspace.song.candidates[number].stems["bass"].samples  # type: ignore[union-attr]
        assert (again == bass).all()
    assert window.workspace.project.begun is None


def killed(folder: Path, tmp_path: Path) -> Path:
    """The project as a program leaves it that is killed now."""
    copy = tmp_path / "after the kill" / folder.name
    shutil.copytree(folder, copy)
    (copy / "lock.json").unlink()
    return copy


def test_what_generate_shows_survives_a_kill(
    begin: Begin,
    reopen: Reopen,
    engine: ToneEngine,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = begin(1)
    window.request.seed.setValue(5)
    window.request.count._group.button(2).click()
    gate = threading.Event()
    engine.before_step = lambda step: gate.wait(20.0) if step == 2 else None
    window.request.generate.click()
    qtbot.waitUntil(lambda: len(window.candidates.rows) == 2, timeout=30_000)
    shutil.copy(tmp_path / "window.ini", tmp_path / "killed.ini")
    copy = killed(folder_of(window), tmp_path)
    gate.set()
    idle(qtbot, window)
    assert window.request.seed.value() == 6
    assert Preferences(tmp_path / "killed.ini").get("candidates", 4) == 3
    window.compare.ask("vary", 1)
    idle(qtbot, window)
    window.request.seed.setValue(7)
    qtbot.waitUntil(lambda: window.workspace.song.view.seed == (7, 5), timeout=5_000)  # type: ignore[union-attr]
    later = killed(folder_of(window), tmp_path / "later")
    window.close()

    second = reopen(later)
    assert second.request.seed.value() == 7
    monkeypatch.setattr(second.ask, "make_the_rest", lambda *_: None)
    second.open_path(copy)
    qtbot.waitUntil(lambda: list(second.candidates.rows) == [1, 2], timeout=30_000)
    idle(qtbot, second)
    assert second.request.seed.value() == 6, "the same button gives something new"


def test_a_full_disk_is_said_and_nothing_in_memory_is_lost(
    begin: Begin, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = begin(1)
    store = window.workspace.document.keeper
    assert isinstance(store, ProjectStore)
    failed: list[Exception] = []
    window.workspace.failed.disconnect(window.troubles.show)
    window.workspace.failed.connect(failed.append)

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store._journal, "append", full)
        window.workspace.do(SetOpinion(1, Opinion(stars=5), "Rate candidate 1"))
        qtbot.waitUntil(lambda: bool(failed), timeout=5_000)
        assert "not saved yet" in str(failed[0])
        assert window.candidates.rows[1].stars.count == 5
    window.workspace.do(SetOpinion(1, Opinion(stars=4), "Rate candidate 1"))
    assert store.unkept == 0
    assert open_project(folder_of(window), read_only=True).document.state == window.workspace.document.state


def test_candidates_there_is_no_room_for_are_told_once_and_saved_later_or_offered_the_next_day(
    begin: Begin, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = begin()
    room = tuple[bool, ...]()

    def write(*args: object, **more: object) -> object:
        if not room:
            raise StudioError("Cannot keep candidate", seen="No space left on device")
        return write_candidate(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("studio.ui.generating.generation.write_candidate", write)
    window.request.count.set_value(2)
    window.request.generate.click()
    qtbot.waitUntil(lambda: window.generation.unsaved == 2, timeout=60_000)
    qtbot.waitUntil(lambda: not window.generation.running, timeout=30_000)
    (dialog,) = [d for d in window.findChildren(ErrorDialog) if d.isVisible()]
    assert "Ctrl+S" in dialog.text
    dialog.close()
    folder = folder_of(window)
    begun = open_project(folder, read_only=True).document.project.begun
    assert begun is not None
    assert begun.candidates == 2
    asked: list[bool] = []
    monkeypatch.setattr(
        window.ask, "how_to_close", lambda doing, background: asked.append(background) or "stay"
    )
    window.close()
    assert asked == [False]
    room = (True,)
    window._save()
    qtbot.waitUntil(lambda: list(window.candidates.rows) == [1, 2], timeout=30_000)
    wait_for_song(qtbot, window)
    assert window.generation.unsaved == 0
    assert window.workspace.project.begun is None


def test_a_folder_that_was_renamed_while_it_is_open_is_not_made_anew(
    begin: Begin, engine: ToneEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    window = begin(1)
    folder = folder_of(window)
    window.request.count.set_value(2)
    gate = threading.Event()
    engine.before_step = lambda step: gate.wait(20.0) if step == 2 else None
    window.request.generate.click()
    qtbot.waitUntil(lambda: sorted(window.candidates.rows) == [1, 2], timeout=60_000)
    others = ("Loading", "Measuring", "Drawing")
    qtbot.waitUntil(lambda: not any(map(window.workspace.runner.running, others)), timeout=60_000)
    elsewhere = folder.rename(tmp_path / "elsewhere")
    gate.set()
    qtbot.waitUntil(lambda: window.generation.unsaved == 1, timeout=60_000)
    qtbot.waitUntil(lambda: not window.generation.running, timeout=30_000)
    assert not folder.exists()
    # The change that came just before may tell that the folder is gone as well.
    dialogs = [d for d in window.findChildren(ErrorDialog) if d.isVisible()]
    assert len([d for d in dialogs if "Finished candidates are not saved yet" in d.text]) == 1
    assert all("ove the folder back" in d.text or "Move it back" in d.text for d in dialogs)
    for dialog in dialogs:
        dialog.close()
    window._save()  # not yet
    (dialog,) = [d for d in window.findChildren(ErrorDialog) if d.isVisible()]
    assert "The project's folder is not where it was" in dialog.text
    assert window.generation.unsaved == 1
    dialog.close()
    elsewhere.rename(folder)
    window._save()
    qtbot.waitUntil(lambda: sorted(window.candidates.rows) == [1, 2, 3], timeout=30_000)
    wait_for_song(qtbot, window)
    assert open_project(folder, read_only=True).document.project.numbers == (1, 2, 3)


def test_a_folder_that_is_gone_is_said_by_whatever_would_write_to_it(
    begin: Begin, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = begin(1)
    window.playback.select(1)
    folder = folder_of(window)
    idle(qtbot, window)
    elsewhere = folder.rename(tmp_path / "elsewhere")
    gone = "The project's folder is not where it was"

    def said() -> str:
        """In the only dialog there is, which is closed."""
        qtbot.waitUntil(lambda: any(d.isVisible() for d in window.findChildren(ErrorDialog)), timeout=5_000)
        (dialog,) = [d for d in window.findChildren(ErrorDialog) if d.isVisible()]
        text = dialog.text
        dialog.close()
        return text

    qtbot.keyClick(window, "5")
    assert gone in said()
    window.compare.ask("rate_4", 1)  # is kept, where the folder is, and need not be said again
    qtbot.wait(500)
    assert not [d for d in window.findChildren(ErrorDialog) if d.isVisible()]
    window.request.generate.click()
    assert gone in said()
    assert not window.generation.running
    window.compare.ask("vary", 1)
    assert gone in said()
    window.compare.ask("export", 1)
    assert gone in said()
    window.exports.exporting.export((1,), tmp_path / "exports", ExportSettings())
    assert gone in said()
    levels: list[object] = []
    window.exports.exporting.measure((1,), ExportSettings(encoding="PCM_16"), levels.append)
    qtbot.waitUntil(lambda: any(gone in str(text) for text in levels), timeout=5_000)
    drums = folder / "candidates" / "01" / "drums.wav"
    window.workspace.failed.emit(StudioError("Cannot read drums.wav", seen=f"No such file: {drums}"))
    assert gone in said()
    assert not window.generation.running
    with monkeypatch.context() as asking:
        asking.setattr(window.ask, "save_as", lambda *_: tmp_path / "saved elsewhere.backline")
        window._save_as()
        assert gone in said()
    assert not (tmp_path / "saved elsewhere.backline").exists()

    elsewhere.rename(folder)
    window._save()
    qtbot.waitUntil(lambda: "saved again" in window.status.currentMessage(), timeout=5_000)
    window.close()
    ratings = RatingsFile(folder / "ratings.db")
    assert [saying.stars for saying in ratings.read()] == [5, 4]
    ratings.close()


def test_a_project_of_a_newer_program_is_refused_and_left_alone(
    begin: Begin, qtbot: QtBot, tmp_path: Path
) -> None:
    window = begin(1)
    folder = folder_of(window)
    window.open_path(write_vocal(tmp_path / "other.wav", 2.5))
    qtbot.waitUntil(lambda: window.workspace.project.title == "other", timeout=30_000)
    content = json.loads((folder / "project.json").read_text(encoding="utf-8"))
    content["schema_version"] = 99
    (folder / "project.json").write_text(json.dumps(content), encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    failed: list[Exception] = []
    window.workspace.failed.disconnect(window.troubles.show)
    window.workspace.failed.connect(failed.append)
    window.open_path(folder)
    qtbot.waitUntil(lambda: bool(failed), timeout=30_000)
    assert "newer Backline" in str(failed[0])
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path != folder} == {
        path: at for path, at in before.items() if path != folder
    }


def test_a_request_waits_for_what_was_typed_last(begin: Begin, qtbot: QtBot) -> None:
    window = begin()
    window.request.count.set_value(1)
    window.analysis.tempo.setValue(72.0)
    window.analysis.tempo.editingFinished.emit()
    window.request.generate.click()  # at once, while the vocal is listened to again
    qtbot.waitUntil(lambda: list(window.candidates.rows) == [1], timeout=60_000)
    song = window.workspace.song
    assert song is not None
    assert song.candidates[1].arrangement.grid.tempo_bpm == pytest.approx(72.0)
    assert song.project.record(1).origin.analysis == song.wanted_analysis
    idle(qtbot, window)


def test_dialogs_of_a_song_go_with_it(begin: Begin, generate: Generate, qtbot: QtBot, tmp_path: Path) -> None:
    window = begin(1)
    folder = folder_of(window)
    window.compare.ask("details", 1)
    (details,) = window.findChildren(DetailsDialog)
    details.note.setPlainText("about the first song")
    window.record.handlers["takes"]()
    window.open_path(write_vocal(tmp_path / "other.wav", 2.5))
    qtbot.waitUntil(lambda: window.workspace.project.title == "other", timeout=30_000)
    idle(qtbot, window)
    dialogs = [*window.findChildren(DetailsDialog), *window.findChildren(TakesDialog)]
    assert not any(dialog.isVisible() for dialog in dialogs)
    generate(window, 1)
    assert window.workspace.project.opinion(1).note == ""
    assert open_project(folder, read_only=True).document.project.opinion(1).note == ""


def test_closing_in_the_middle_of_an_export_asks_and_the_export_is_whole(
    begin: Begin, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = begin(1)
    gate, began = threading.Event(), threading.Event()

    def slowly(request: ExportRequest, **hooks: object) -> ExportedCandidate:
        began.set()
        gate.wait(20.0)
        return export_candidate(request, **hooks)  # type: ignore[arg-type]

    monkeypatch.setattr("studio.ui.comparing.exporting.export_candidate", slowly)
    asked: list[str] = []
    monkeypatch.setattr(
        window.ask, "how_to_close", lambda doing, background: asked.append(doing) or "background"
    )
    window.exporting.export((1,), tmp_path / "out", ExportSettings(by_template=False))
    assert began.wait(20.0)
    folder = folder_of(window)
    window.close()
    assert asked == ["An export is still being written."]
    assert not window.isVisible()
    gate.set()
    qtbot.waitUntil(lambda: not (folder / "lock.json").exists(), timeout=30_000)
    assert (tmp_path / "out" / "candidate_01" / "manifest.json").exists()
