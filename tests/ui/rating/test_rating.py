"""The rating screen by keys, on the real document and its journal; only the clips are tones, made in no time."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from studio.core.commands import AddScreen, Judge, SetNotes
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.origin import Origin
from studio.core.screen import Clip, Screen, Verdict
from studio.services.project.opening import open_project
from studio.services.taste.screens import ClipSound, ScreenOrder, SongContext
from studio.storage.project_folder import ProjectFolder
from studio.storage.view_state import read_view
from studio.taste.features import NAMES
from studio.ui.keys.shortcut_sheet import ShortcutSheet
from studio.ui.rating.sitting import LENGTH
from studio.ui.rating.words import role_in_words
from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import project_folder
from tests.ui.rating.conftest import ALT, CONTROL, KEY, SHIFT, Rater
from tests.ui.rating.fake_screens import PHRASE_S, ROLES, FakeScreens

Make = Callable[[], MainWindow]
Open = Callable[[MainWindow], None]


def test_voting_opens_when_every_clip_was_heard(rater: Rater) -> None:
    project = lambda: rater.window.workspace.project  # noqa: E731
    rater.press(KEY.Key_2, SHIFT)
    rater.press(KEY.Key_Return)
    assert rater.sitting.state == "voting"
    assert project().verdicts == {}
    assert "A, B, C and D to go" in rater.page.hint.text()
    rater.press(KEY.Key_Space)
    rater.listen(6.0)
    assert [card.attention.text()[0] for card in rater.page.cards] == ["●", "○", "○", "○"]
    for key in (KEY.Key_2, KEY.Key_3):
        rater.press(key)
        rater.listen(0.4)
    assert "D to go" in rater.page.hint.text()
    assert not rater.page.vote.isEnabled()
    rater.press(KEY.Key_Space)
    rater.press(KEY.Key_4)
    rater.listen(1.0)
    assert not rater.page.vote.isEnabled(), "turned to in silence is not heard"
    rater.press(KEY.Key_Space)
    rater.listen(0.4)
    rater.press(KEY.Key_3, ALT)
    rater.press(KEY.Key_5, CONTROL)
    assert rater.page.vote.isEnabled()
    rater.press(KEY.Key_Return)
    (verdict,) = project().verdicts.values()
    a, b, c, d = rater.shown
    assert (verdict.best, verdict.worst, verdict.stars) == (b, c, {d: 5})
    assert verdict.heard_s == pytest.approx({a: 6.0, b: 0.4, c: 0.4, d: 0.4}, abs=0.05)
    assert verdict.plays == {a: 1, b: 1, c: 1, d: 1}
    assert verdict.took_s == pytest.approx(8.2, abs=0.1)


def test_nothing_is_told_before_the_vote_and_all_after(rater: Rater, screens: FakeScreens) -> None:
    told = ("disco", "folk", "soul", "reggae", "piano", "likeliest", "unlike", "as it comes", "bred")
    assert not [word for word in told if word in rater.texts().lower()]
    rater.hear_all()
    rater.qtbot.keyClicks(rater.taste.mode, "=")
    rater.press(KEY.Key_Return)
    assert rater.sitting.state == "revealed"
    assert [word for word in told if word in rater.texts().lower()] == list(told)
    # Clips can still be heard, and what was said stands.
    rater.press(KEY.Key_3)
    assert rater.taste.deck.selected == rater.shown[2]
    before = rater.window.workspace.project.verdicts
    rater.press(KEY.Key_1, SHIFT)
    rater.press(KEY.Key_0)
    assert rater.window.workspace.project.verdicts == before


def test_a_sitting_by_keys(rater: Rater, screens: FakeScreens, tmp_path: Path) -> None:
    window = rater.window
    for number in range(1, LENGTH + 1):
        rater.wait("voting")
        assert f"{number} of {LENGTH}" in rater.page.count.text()
        assert rater.page.title.text().startswith(f"Screen {number}: ")
        rater.hear_all()
        if number == 2:
            rater.press(KEY.Key_0)
        elif number == 3:
            rater.qtbot.keyClicks(rater.taste.mode, "=")
        else:
            rater.press(KEY.Key_B)
            rater.press(KEY.Key_2)
            rater.press(KEY.Key_W)
            rater.press(KEY.Key_W)  # the one heard: D
        rater.press(KEY.Key_Return)
        assert rater.sitting.state == "revealed"
        if number == 5:
            assert "before, as screen 1" in rater.page.hint.text()
            assert "Then: C best, A worst" in rater.page.hint.text(), "the letters of now: it is turned round"
        rater.press(KEY.Key_Return)
    rater.wait("over")
    assert [order.place for order in screens.orders] == list(range(1, LENGTH + 1))
    project = window.workspace.project
    assert sorted(project.verdicts) == list(range(1, LENGTH + 1))
    assert project.verdicts[2].none_usable
    assert project.verdicts[3].tie
    keys = project.screen(4).keys
    assert (project.verdicts[4].best, project.verdicts[4].worst) == (keys[1], keys[3])
    window.close()
    # Every vote is in the journal, and the folder opens with all of them.
    opened = open_project(project_folder(tmp_path / "Music"), read_only=True)
    assert opened.document.project.verdicts == project.verdicts


def test_what_is_waited_for_is_told(
    window: MainWindow, open_vocal: Open, screens: FakeScreens, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, read = threading.Event(), threading.Event()
    make, sound = screens.make, screens.sound

    def slowly(
        song: SongContext, order: ScreenOrder, *, on_step: StepCallback, cancel: CancelToken
    ) -> Screen:
        if order.number == 1:
            on_step(Progress("Arranging", 0.4))
            made.wait(20)
        return make(song, order, on_step=on_step, cancel=cancel)

    def sound_slowly(folder: ProjectFolder, clip: Clip) -> ClipSound:
        read.wait(20)
        return sound(folder, clip)

    monkeypatch.setattr(screens, "make", slowly)
    monkeypatch.setattr(screens, "sound", sound_slowly)
    open_vocal(window)
    window.taste.enter("rate")
    page = window.taste.rating
    assert (page.notice.text(), page.making.isVisible()) == ("Making the first four", True)
    qtbot.waitUntil(lambda: page.making.value() == 400, timeout=5000)
    assert page.more.text().startswith("Arranging")
    window.taste.leave()
    window.taste.enter("rate")  # begun anew: nothing is known of it yet
    assert (page.making.value(), page.more.text().split()[0]) == (0, "The")
    made.set()
    qtbot.waitUntil(lambda: window.taste.sitting.state == "loading", timeout=5000)
    assert (page.more.text(), page.making.isVisible()) == ("Reading the clips …", False)
    read.set()
    qtbot.waitUntil(lambda: page.shows_screen, timeout=5000)


def test_the_next_screen_is_made_while_one_is_listened_to(rater: Rater, screens: FakeScreens) -> None:
    rater.qtbot.waitUntil(lambda: len(rater.window.workspace.project.screens) == 2, timeout=5000)
    assert [order.number for order in screens.orders] == [1, 2]
    rater.hear_all()
    rater.press(KEY.Key_1, SHIFT)
    rater.press(KEY.Key_Return)
    rater.press(KEY.Key_Return)
    assert rater.sitting.state in ("loading", "voting"), "nothing is waited for but the disk"


def test_undo_takes_back_votes_and_nothing_else(rater: Rater) -> None:
    project = lambda: rater.window.workspace.project  # noqa: E731
    for _ in range(2):
        rater.wait("voting")
        rater.hear_all()
        rater.press(KEY.Key_1, SHIFT)
        rater.press(KEY.Key_Return)
        rater.press(KEY.Key_Return)
    rater.wait("voting")
    assert sorted(project().verdicts) == [1, 2]
    rater.press(KEY.Key_Z, CONTROL)
    rater.wait("voting")
    assert rater.sitting.screen.number == 2
    assert sorted(project().verdicts) == [1]
    # What was heard and said is there again; it is changed and given anew.
    assert rater.page.vote.isEnabled()
    assert rater.page.cards[0].name_best.isChecked()
    rater.press(KEY.Key_3, SHIFT)
    rater.press(KEY.Key_Return)
    assert project().verdicts[2].best == project().screen(2).keys[2]
    rater.press(KEY.Key_Z, CONTROL)
    assert rater.sitting.state == "voting"
    rater.press(KEY.Key_Z, CONTROL | SHIFT)
    assert rater.sitting.state == "revealed"
    for _ in range(2):
        rater.press(KEY.Key_Z, CONTROL)
        rater.wait("voting")
    assert rater.sitting.screen.number == 1
    said = rater.window.workspace.document.state.done
    assert not any(isinstance(step.command, Judge) for step in said)
    rater.press(KEY.Key_Z, CONTROL)
    assert "no vote" in rater.window.status.currentMessage()
    assert rater.window.workspace.document.state.done == said


def test_votes_are_taken_back_after_something_else_was_done(rater: Rater) -> None:
    for _ in range(2):
        rater.wait("voting")
        rater.hear_all()
        rater.press(KEY.Key_1, SHIFT)
        rater.press(KEY.Key_Return)
        rater.press(KEY.Key_Return)
    rater.wait("voting")
    workspace = rater.window.workspace
    workspace.do(SetNotes("a word"))
    for left in ([1], []):
        rater.press(KEY.Key_Z, CONTROL)
        rater.wait("voting")
        assert (sorted(workspace.project.verdicts), workspace.project.notes) == (left, "a word")
    rater.press(KEY.Key_Z, CONTROL)
    assert "no vote" in rater.window.status.currentMessage()


def test_the_first_letter_begins_and_a_pause_is_kept(rater: Rater) -> None:
    assert not rater.taste.deck.playing
    rater.press(KEY.Key_2)
    assert rater.taste.deck.playing
    rater.listen(0.4)
    rater.press(KEY.Key_Space)
    rater.press(KEY.Key_3)
    assert not rater.taste.deck.playing


def test_a_sitting_goes_on_the_next_day(
    make_window: Make, open_vocal: Open, screens: FakeScreens, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    open_vocal(window)
    rater = Rater(window, qtbot)
    rater.enter()
    rater.hear_all()
    rater.press(KEY.Key_4, SHIFT)
    rater.press(KEY.Key_Return)
    sitting = rater.sitting.screen.sitting
    rater.press(KEY.Key_Escape)
    assert not window.taste.shown
    window.close()

    again = make_window()
    again.open_path(project_folder(tmp_path / "Music"))
    qtbot.waitUntil(lambda: again.request.generate.isEnabled(), timeout=20_000)
    rater = Rater(again, qtbot)
    rater.enter()
    assert (rater.sitting.screen.number, rater.sitting.screen.sitting) == (2, sitting)
    assert f"2 of {LENGTH}" in rater.page.count.text()


def test_what_was_heard_of_a_screen_is_not_to_be_heard_again(
    make_window: Make, open_vocal: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    open_vocal(window)
    rater = Rater(window, qtbot)
    rater.enter()
    rater.hear_all(6.0)
    rater.press(KEY.Key_4, SHIFT)
    heard = dict(rater.sitting.ballot.heard_s)
    rater.press(KEY.Key_Escape)
    rater.enter()  # a look at the song
    assert (rater.sitting.ballot.heard_s, rater.sitting.ballot.best) == (heard, rater.shown[3])
    window.close()  # in the middle of it

    again = make_window()
    again.open_path(project_folder(tmp_path / "Music"))
    qtbot.waitUntil(lambda: again.request.generate.isEnabled(), timeout=20_000)
    assert again.workspace.project.verdicts == {}
    rater = Rater(again, qtbot)
    rater.enter()
    assert rater.sitting.ballot.heard_s == pytest.approx(heard, abs=0.01)
    assert [card.attention.text()[0] for card in rater.page.cards] == ["●"] * 4
    assert rater.page.cards[3].name_best.isChecked()
    rater.sitting.forget()
    rater.sitting.enter()
    rater.wait("voting")
    assert not any(rater.sitting.ballot.heard_s.values()), "deleted with all that was said"


def test_what_was_heard_and_said_of_a_screen_survives_a_kill(
    rater: Rater, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = project_folder(tmp_path / "Music")
    rater.press(KEY.Key_Space)
    rater.listen(2.0)
    rater.press(KEY.Key_3, CONTROL)
    first, number = rater.shown[0], rater.sitting.screen.number

    def kept() -> Verdict | None:
        """What is on the disk now: nobody asks a program that is killed."""
        return read_view(folder).unvoted.get(number)

    qtbot.waitUntil(lambda: bool((now := kept()) and now.stars), timeout=2500)
    said = kept()
    assert said is not None
    assert said.heard_s[first] == pytest.approx(2.0, abs=0.05)
    assert said.stars == {first: 3}
    rater.press(KEY.Key_Space)
    qtbot.wait(1200)  # what was heard until now is written
    rater.sitting.ballot.wait(5.0)  # in silence: that is no reason to write
    written = (folder / "view.json").stat().st_mtime_ns
    qtbot.wait(1200)
    assert (folder / "view.json").stat().st_mtime_ns == written


def test_the_song_rests_meanwhile(rater: Rater) -> None:
    window = rater.window
    before = window.workspace.project.opinions, window.playback.player.position_s
    for key in (KEY.Key_G, KEY.Key_P, KEY.Key_F, KEY.Key_R, KEY.Key_L, KEY.Key_H):
        rater.press(key)
    assert not window.generation.running
    assert not window.timeline.looping
    rater.press(KEY.Key_F1)  # tells the keys that count now
    (sheet,) = window.findChildren(ShortcutSheet)
    said = [x.text() for x in sheet.findChildren(QLabel)]
    assert "Best: A to D" in said
    assert sheet.caps["r_best_2"].text() == "Shift+2"
    assert "Generate" not in said
    sheet.close()
    window.taste.mode.setFocus()
    assert (window.workspace.project.opinions, window.playback.player.position_s) == before
    rater.press(KEY.Key_Space)
    assert rater.taste.deck.playing
    rater.press(KEY.Key_Escape)
    assert not rater.taste.deck.playing
    rater.press(KEY.Key_Space)
    assert window.playback.player.playing
    rater.press(KEY.Key_Space)


def test_the_phrase_is_moved(rater: Rater, screens: FakeScreens) -> None:
    first = rater.sitting.screen.number
    rater.press(KEY.Key_Right, ALT)
    rater.qtbot.waitUntil(
        lambda: rater.sitting.state == "voting" and rater.sitting.screen.number > first, timeout=5000
    )
    # As far as the three seconds of the vocal go.
    assert rater.sitting.screen.phrase_s == pytest.approx((1.0, 3.0), abs=0.01)
    assert screens.orders[0].phrase_s is None
    assert f"1 of {LENGTH}" in rater.page.count.text()
    assert PHRASE_S == (0.5, 2.5)
    shown = rater.sitting.screen
    rater.press(KEY.Key_Right, ALT)
    assert "no later phrase" in rater.window.status.currentMessage()
    assert (rater.sitting.state, rater.sitting.screen) == ("voting", shown)


def test_more_like_these_two(rater: Rater, screens: FakeScreens) -> None:
    rater.hear_all()
    rater.press(KEY.Key_1, SHIFT)
    rater.press(KEY.Key_Return)
    for key in (KEY.Key_1, KEY.Key_1, KEY.Key_3, KEY.Key_3):
        rater.press(key)
    parents = rater.shown[0], rater.shown[2]
    assert rater.page.breed.isEnabled()
    rater.press(KEY.Key_M)
    rater.wait("voting")
    child = next(clip for clip in rater.sitting.screen.clips if clip.role == "child")
    assert child.parents == parents
    assert screens.orders[-2].parents == parents or screens.orders[-1].parents == parents


def test_a_project_that_is_only_looked_at_refuses(
    make_window: Make, open_vocal: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    open_vocal(window)
    Rater(window, qtbot).enter()
    other = make_window()
    other.workspace.open(project_folder(tmp_path / "Music"), read_only=True)
    qtbot.waitUntil(lambda: other.request.generate.isEnabled(), timeout=20_000)
    other.taste.enter("rate")
    assert other.taste.sitting.state == "refused"
    assert "another window has it open" in other.taste.rating.more.text()


def test_a_clip_that_is_gone_is_told_and_passed_over(
    window: MainWindow, open_vocal: Open, screens: FakeScreens, qtbot: QtBot
) -> None:
    screens.gone = {"s1-2"}
    told: list[Exception] = []
    window.workspace.failed.disconnect()
    window.workspace.failed.connect(told.append)
    open_vocal(window)
    rater = Rater(window, qtbot)
    rater.enter()
    assert rater.sitting.screen.number == 2
    assert "s1-2 is gone" in str(told[0])


def test_every_role_has_words() -> None:
    from studio.core import screen
    from studio.ui.rating.words import ROLE_WORDS

    assert set(ROLE_WORDS) == set(screen.ROLES) > set(ROLES)


def test_a_clip_is_told_unlike_the_others_only_where_it_is() -> None:
    origin = Origin("0" * 64, "an analysis")
    places = {"a": ("different", 1.0), "b": ("different", 1.2), "c": ("different", -3.0), "d": ("base", 3.0)}
    clips = [Clip(key, role, origin, dict.fromkeys(NAMES, value)) for key, (role, value) in places.items()]
    screen = Screen(1, "s", PHRASE_S, tuple(clips))
    assert [role_in_words(clip, screen) for clip in clips] == [
        "Chosen for variety",
        "Chosen for variety",
        "Unlike the other three",
        "The model as it comes",
    ]


def vote(rater: Rater, best: Qt.Key, seconds: float = 5.2) -> None:
    """One screen that counts, and on to the next."""
    rater.wait("voting")
    rater.hear_all(seconds)
    rater.press(best, SHIFT)
    rater.press(KEY.Key_Return)
    rater.press(KEY.Key_Return)


def test_a_vote_on_what_was_hardly_heard_is_said_to_teach_nothing(rater: Rater) -> None:
    rater.hear_all(5.2)
    rater.press(KEY.Key_1, SHIFT)
    assert "Enter votes" in rater.page.hint.text()
    rater.press(KEY.Key_Return)
    rater.press(KEY.Key_Return)
    rater.wait("voting")
    rater.hear_all(1.0)
    rater.press(KEY.Key_1, SHIFT)
    assert "Under 5 s of A, B, C, D" in rater.page.hint.text()
    assert rater.page.vote.isEnabled()


def test_what_was_learned_is_told_with_evidence_kept_exported_and_forgotten(
    rater: Rater, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, qtbot = rater.window, rater.qtbot
    # Of the tones the later have busier drums; the last is always the best here, whatever its letter.
    for _ in range(4):
        rater.wait("voting")
        rater.hear_all(5.2)
        place = next(n for n, key in enumerate(rater.shown) if key.endswith("3"))
        worst = next(n for n, key in enumerate(rater.shown) if key.endswith("0"))
        rater.press(KEY(KEY.Key_1 + place), SHIFT)
        rater.press(KEY(KEY.Key_1 + worst), ALT)
        rater.press(KEY.Key_Return)
        rater.press(KEY.Key_Return)
    rater.wait("voting")
    window.taste.enter("taste")
    page = window.taste.learned.page
    qtbot.waitUntil(lambda: bool(page.lines), timeout=10_000)
    said = [line.accessibleName() for line in page.lines]
    assert any(text.startswith("busier drums: ") for text in said)
    assert not any("sparser drums" in text for text in said)
    assert re.match(r"What you said weighs as much as \d+ sure comparisons", page.need.text())
    (button, *_) = page.lines[0].findChildren(QToolButton)
    number = int(button.text().split()[1])
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    rater.wait("revealed")
    assert rater.sitting.screen.number == number
    rater.press(KEY.Key_Return)
    rater.wait("voting")
    assert rater.sitting.screen.number == 5

    # The user's own database follows, and goes out as a table.
    ratings = window.taste.learned._ratings
    qtbot.waitUntil(lambda: len(ratings.judgements("me")) == 4, timeout=10_000)
    monkeypatch.setattr(window.ask, "table", lambda: tmp_path / "votes.csv")
    window.taste.enter("taste")
    page.export.click()
    qtbot.waitUntil((tmp_path / "votes.csv").exists, timeout=10_000)
    assert len((tmp_path / "votes.csv").read_text().splitlines()) == 1 + 4 * 4

    page.use.click()
    qtbot.waitUntil(lambda: "Switched off" in page.need.text(), timeout=10_000)
    page.use.click()
    asked: list[str] = []
    monkeypatch.setattr(window.ask, "may_forget", lambda what, _: bool(asked.append(what)))
    page.forget_song.click()
    assert asked == ["song"]
    assert len(window.workspace.project.verdicts) == 4
    monkeypatch.setattr(window.ask, "may_forget", lambda *_: True)
    page.forget_song.click()
    qtbot.waitUntil(lambda: ratings.judgements("me") == (), timeout=10_000)
    qtbot.waitUntil(lambda: not page.forget_song.isEnabled(), timeout=10_000)
    assert window.workspace.project.verdicts == {}
    qtbot.waitUntil(lambda: page.need.text().startswith("Nothing yet"), timeout=10_000)
    # What was shown before counts nowhere: the sitting begins anew.
    before = len(window.workspace.project.screens)
    window.taste.enter("rate")
    rater.wait("voting")
    assert rater.sitting.screen.number > before
    assert (rater.sitting.done, rater.sitting.place) == (0, 1)


def test_it_begins_from_music_that_is_liked(rater: Rater, tmp_path: Path) -> None:
    window, qtbot = rater.window, rater.qtbot
    window.taste.enter("taste")
    page = window.taste.learned.page
    assert "None" in page.music_told.text()
    page.music_dropped.emit([str(tmp_path / "first take.wav")])
    qtbot.waitUntil(lambda: page.music_told.text() == "first take.wav", timeout=10_000)
    prior = window.taste.learned._music.prior("me")
    assert prior is not None
    assert abs(prior.mean).max() > 0
    page.name.setText("Kim")
    page.name.editingFinished.emit()
    assert "None" in page.music_told.text(), "everybody has a taste of their own"
    page.name.setText("me")
    page.name.editingFinished.emit()
    page.no_music.click()
    assert window.taste.learned._music.prior("me") is None


def test_nothing_said_is_neither_taken_back_nor_forgotten_nor_saved(rater: Rater) -> None:
    page, taste, qtbot = rater.page, rater.taste.learned.page, rater.qtbot
    buttons = (taste.export, taste.forget_song, taste.forget_all)
    assert (page.undo.isEnabled(), page.undo.toolTip()) == (False, "There is no vote to take back")
    rater.taste.enter("taste")
    qtbot.waitUntil(lambda: not rater.window.workspace.runner.busy, timeout=10_000)
    assert [(b.isEnabled(), b.toolTip()) for b in buttons] == [(False, "Nothing was said yet")] * 3
    rater.taste.enter("rate")
    rater.hear_all()
    rater.press(KEY.Key_1, SHIFT)
    rater.press(KEY.Key_Return)
    assert page.undo.isEnabled()
    rater.taste.enter("taste")
    qtbot.waitUntil(lambda: all(button.isEnabled() for button in buttons), timeout=10_000)
    rater.taste.enter("rate")
    page.undo.click()
    assert not page.undo.isEnabled()


def test_the_family_tree_is_heard_revisited_and_bred_from(rater: Rater, screens: FakeScreens) -> None:
    window, qtbot = rater.window, rater.qtbot
    for _ in range(2):
        vote(rater, KEY.Key_2)  # the child
    rater.wait("voting")
    window.taste.enter("lineage")
    page = window.taste.lineage
    roots = [page.tree.topLevelItem(n) for n in range(page.tree.topLevelItemCount())]
    texts = [item.text(0) for item in roots]
    assert texts == ["1A", "1B"]
    (child,) = [roots[0].child(n) for n in range(roots[0].childCount())]
    assert [child.text(n) for n in range(3)] == ["2B", "drums of 1A, chords of 1B", "best"]

    heard = rater.sitting.ballot.heard_s.copy()
    rater.press(KEY.Key_Down)
    qtbot.waitUntil(lambda: rater.taste.deck.playing, timeout=5000)
    assert rater.taste.deck.selected == "s1-0"
    rater.press(KEY.Key_Down)
    qtbot.waitUntil(lambda: rater.taste.deck.selected == "s2-1", timeout=5000)
    rater.listen(1.0)
    assert rater.sitting.ballot.heard_s == heard
    rater.press(KEY.Key_Return)
    rater.wait("revealed")
    assert (window.taste.mode.page, rater.sitting.screen.number) == ("rate", 2)

    window.taste.enter("lineage")
    page.tree.clearSelection()
    for item in (page.tree.topLevelItem(0), page.tree.topLevelItem(1)):
        item.setSelected(True)
    rater.press(KEY.Key_M)
    rater.wait("voting")
    assert ("s1-0", "s1-1") in [order.parents for order in screens.orders]


def test_undo_in_the_song_takes_a_vote_back_where_it_is_seen(rater: Rater) -> None:
    window, verdicts = rater.window, lambda: sorted(rater.window.workspace.project.verdicts)
    rater.hear_all()
    rater.press(KEY.Key_1, SHIFT)
    rater.press(KEY.Key_Return)
    rater.press(KEY.Key_Escape)
    assert not rater.taste.shown
    assert window.actions_by_name["undo"].text() == "Undo: Vote on screen 1"
    rater.press(KEY.Key_Z, CONTROL)
    assert rater.taste.shown
    rater.wait("voting")
    assert (rater.sitting.screen.number, verdicts()) == (1, [])
    assert window.status.currentMessage() == "Undone: Vote on screen 1"
    rater.press(KEY.Key_Escape)
    rater.press(KEY.Key_Z, CONTROL | SHIFT)
    assert rater.taste.shown
    rater.wait("revealed")
    assert (rater.sitting.screen.number, verdicts()) == (1, [1])
    # What is of the song is taken back in the song.
    rater.press(KEY.Key_Escape)
    window.workspace.do(SetNotes("a word"))
    rater.press(KEY.Key_Z, CONTROL)
    assert (rater.taste.shown, window.workspace.project.notes, verdicts()) == (False, "", [1])


def test_a_pilot_kit_ends_with_its_screens_and_speaks_of_its_maker(
    rater: Rater, screens: FakeScreens
) -> None:
    window, project = rater.window, lambda: rater.window.workspace.project
    rater.wait("voting")
    rater.qtbot.waitUntil(lambda: len(project().screens) == 2, timeout=20_000)  # one was made ahead
    rater.press(KEY.Key_Escape)
    made = len(screens.orders)
    given = replace(project().screens[0], sitting="pilot-1")
    for number in (3, 4):
        window.workspace.do(AddScreen(replace(given, number=number)))
    rater.enter()
    for place in (1, 2):
        assert f"{place} of 2" in rater.page.count.text()
        rater.hear_all()
        rater.press(KEY.Key_2, SHIFT)
        rater.press(KEY.Key_Return)
        assert "taste of who made the kit" in rater.texts()
        assert "your taste" not in rater.texts()
        assert not rater.page.breed.isVisible()
        assert not rater.page.later.isVisible()
        rater.sitting.move_phrase(1)
        rater.sitting.breed((rater.shown[0], rater.shown[1]))
        rater.press(KEY.Key_Return)
        rater.wait("voting" if place == 1 else "over")
    assert "last screen of the kit" in rater.texts()
    assert str(project_folder(window.workspace.projects_dir)) in rater.texts()
    rater.press(KEY.Key_Return)
    assert rater.sitting.state == "over"
    assert len(screens.orders) == made
    assert [len(project().screens), *sorted(project().verdicts)] == [4, 3, 4]


def test_a_pilot_kit_opens_on_its_screens(rater: Rater, make_window: Make, qtbot: QtBot) -> None:
    window = rater.window
    qtbot.waitUntil(lambda: len(window.workspace.project.screens) == 2, timeout=20_000)
    given = replace(window.workspace.project.screens[0], number=3, sitting="pilot-1")
    window.workspace.do(AddScreen(given))
    folder = project_folder(window.workspace.projects_dir)
    window.close()
    other = make_window()
    other.open_path(folder)
    qtbot.waitUntil(lambda: other.taste.sitting.state == "voting", timeout=20_000)
    assert other.taste.shown
    assert other.taste.sitting.screen == given
