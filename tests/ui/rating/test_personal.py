"""The page of the personal model, on a real shelf: trained, tested blind, used, rolled back, given away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.commands import AddScreen, Judge
from studio.core.errors import StudioError
from studio.core.origin import Origin
from studio.core.screen import Clip, Screen, Verdict
from studio.services.taste.pairs import NEW
from studio.services.taste.shelf_state import ShelfEntry
from studio.taste.sequential import MOST_TRIALS, BlindTest
from studio.ui.rating.adapter_page import report_of
from studio.ui.rating.deck import Phrase
from tests.ui.rating.conftest import KEY, SHIFT, Rater
from tests.ui.rating.fake_personal import FakePersonal


def train(rater: Rater, personal: FakePersonal) -> None:
    page, adapter = rater.taste.adapter.page, rater.taste.adapter
    rater.taste.enter("adapter")
    rater.qtbot.waitUntil(page.train.isEnabled, timeout=10_000)
    page.train.click()
    rater.qtbot.waitUntil(lambda: not adapter.training, timeout=20_000)


def compare(rater: Rater, better: str | None) -> None:
    """One comparison; None is a tie."""
    test = rater.taste.test
    rater.qtbot.waitUntil(lambda: test.state == "voting", timeout=10_000)
    if not rater.taste.deck.playing:
        rater.press(KEY.Key_Space)
    for key in (KEY.Key_1, KEY.Key_2):
        rater.press(key)
        rater.listen(0.2)
    if better is None:
        rater.qtbot.keyClicks(rater.taste.mode, "=")
    else:
        rater.press(KEY(KEY.Key_1 + test.screen.keys.index(better)), SHIFT)
    rater.press(KEY.Key_Return)


def test_training_needs_enough_is_paused_and_cancelled(rater: Rater, personal: FakePersonal) -> None:
    page, adapter, qtbot = rater.taste.adapter.page, rater.taste.adapter, rater.qtbot
    personal.clips = 12
    rater.taste.enter("adapter")
    qtbot.waitUntil(lambda: "12 clips" in page.need.text(), timeout=10_000)
    assert "about 40 are needed" in page.need.text()
    assert not page.train.isEnabled()
    personal.clips = 44
    adapter.show()
    qtbot.waitUntil(page.train.isEnabled, timeout=10_000)
    assert "0.9 GB" in page.memory.text()
    personal.go.clear()
    page.train.click()
    qtbot.waitUntil(lambda: page.progress.value() == 250, timeout=20_000)
    page.hold.click()
    qtbot.waitUntil(lambda: personal.paused, timeout=5000)
    assert page.hold.text() == "Go on"
    page.hold.click()
    qtbot.waitUntil(lambda: not personal.paused, timeout=5000)
    page.cancel.click()
    qtbot.waitUntil(lambda: not adapter.training, timeout=5000)
    assert "goes on where it was" in page.told.text()
    assert personal.shelf.list() == ()


def test_a_model_that_changes_nothing_is_said_to_and_not_tested(rater: Rater, personal: FakePersonal) -> None:
    personal.audible = False
    train(rater, personal)
    page = rater.taste.adapter.page
    assert "No audible effect" in page.told.text()
    assert not page.test.isVisible()
    (row,) = page.rows.values()
    assert "not used" in row.accessibleName()


def test_what_was_written_to_learn_from_is_not_told_as_rated() -> None:
    report = {"clips": 328, "written": 288, "seconds": 300.0, "audible": True, "changes": ["busier drums"]}
    entry = ShelfEntry("key", "sha", "candidate", {}, "", "", report, BlindTest())
    assert report_of(entry) == (
        "40 clips and 288 written for them, 5 min. Changes what is played: busier drums."
    )
    assert report_of(replace(entry, report={"clips": 62, "seconds": 60.0})) == (
        "62 clips, 1 min. No audible effect."
    )


def test_a_model_is_used_only_once_it_won_blind_and_goes_back_in_one_click(
    rater: Rater, personal: FakePersonal
) -> None:
    window, page, test = rater.window, rater.taste.adapter.page, rater.taste.test
    train(rater, personal)
    assert "busier drums" in page.told.text()
    assert personal.shelf.promoted is None
    page.test.click()
    assert rater.taste.mode.page == "test"
    for number in range(1, 4):
        compare(rater, NEW)
        shown = rater.taste.test_page.count.text()
        assert shown == f"Comparison {number + 1}, of {MOST_TRIALS} at most"
        visible = rater.taste.test_page.findChildren(type(rater.taste.test_page.hint))
        assert not [
            w
            for w in visible
            if w.isVisible() and ("better to your ears" in w.text() or "interval" in w.text())
        ]
    # Left in the middle, it goes on where it was.
    rater.press(KEY.Key_Escape)
    assert rater.taste.mode.page == "adapter"
    assert "(3 compared)" in page.test.text()
    page.test.click()
    compare(rater, None)
    for _ in range(4):
        compare(rater, NEW)
    rater.qtbot.waitUntil(lambda: test.state == "over", timeout=10_000)
    assert "preferred in 7 of 7" in rater.taste.test_page.more.text()
    (entry,) = personal.shelf.list()
    assert personal.shelf.promoted == entry.id
    rater.qtbot.waitUntil(lambda: personal.applied[-1:] == [entry.id], timeout=5000)
    assert window.workspace.project.adapter == entry.id

    rater.taste.enter("adapter")
    assert page.state.text() == "In use: yours of 21 Nov, 10:00"
    page.strength.setFocus()
    rater.press(KEY.Key_PageDown)
    rater.qtbot.waitUntil(lambda: personal.shelf.strength == 0.9, timeout=5000)
    page.rollback.click()
    assert personal.shelf.promoted is None
    assert "as it comes" in page.state.text()
    rater.qtbot.waitUntil(lambda: personal.applied[-1] is None, timeout=5000)
    assert window.workspace.project.adapter == ""
    page.buttons[entry.id].click()
    assert personal.shelf.promoted == entry.id


def test_a_pair_that_cannot_be_read_is_told_and_not_waited_for(
    rater: Rater, personal: FakePersonal, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(rater, personal)
    told: list[Exception] = []
    rater.window.workspace.failed.disconnect(rater.window.troubles.show)
    rater.window.workspace.failed.connect(told.append)

    def fail(*_: object) -> Phrase:
        raise StudioError("No memory left")

    monkeypatch.setattr(Phrase, "of", fail)
    rater.taste.adapter.page.test.click()
    rater.qtbot.waitUntil(lambda: rater.taste.test.state == "refused", timeout=10_000)
    assert [str(error) for error in told] == ["No memory left."]
    assert rater.taste.test_page.more.text() == "The next pair could not be made."


def test_a_model_that_loses_is_rejected(rater: Rater, personal: FakePersonal) -> None:
    train(rater, personal)
    rater.taste.adapter.page.test.click()
    for _ in range(3):
        compare(rater, "old")
    rater.qtbot.waitUntil(lambda: rater.taste.test.state == "over", timeout=10_000)
    assert personal.shelf.promoted is None
    assert personal.shelf.list()[0].state == "rejected"
    assert "The model before stays" in rater.taste.test_page.notice.text()


def test_a_model_in_use_that_loses_to_the_base_goes_and_that_is_told(
    rater: Rater, personal: FakePersonal
) -> None:
    train(rater, personal)
    (entry,) = personal.shelf.list()
    personal.shelf.promote(entry.id)
    workspace = rater.window.workspace
    told: list[str] = []
    workspace.told.connect(told.append)
    for _ in range(3):
        number = len(workspace.project.screens) + 1
        mine = Clip(f"mine{number}", "exploit", Origin("0" * 64, "a", adapter=entry.sha256))
        base = Clip(f"base{number}", "base", Origin("0" * 64, "a"))
        workspace.do(AddScreen(Screen(number, "another sitting", (0.5, 2.5), (mine, base))))
        workspace.do(Judge(number, Verdict(best=base.key)))
    assert personal.shelf.promoted is None
    assert any("lost to the one as it comes" in text for text in told)


def test_a_model_goes_out_with_a_note_and_comes_back(
    rater: Rater, personal: FakePersonal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(rater, personal)
    page, ask = rater.taste.adapter.page, rater.window.ask
    (entry,) = personal.shelf.list()
    out = tmp_path / "out.safetensors"
    monkeypatch.setattr(ask, "adapter_out", lambda: out)
    page.export_wanted.emit(entry.id)
    assert out.exists()
    assert "says what you like" in page.told.text()
    monkeypatch.setattr(ask, "may_delete_model", lambda: True)
    page.delete_wanted.emit(entry.id)
    assert personal.shelf.list() == ()
    monkeypatch.setattr(ask, "adapter_in", lambda: out)
    page.take.click()
    assert [e.state for e in personal.shelf.list()] == ["kept"]
