"""The rest of a request that was cut off: what is not wanted now is offered again, until it is made or dropped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.ui.window.main_window import MainWindow
from tests.ui.conftest import Begin, Reopen, idle, project_folder

Generate = Callable[[MainWindow, int], None]


@pytest.fixture
def cut_off(begin: Begin, generate: Generate, tmp_path: Path) -> Path:
    """A project whose program was killed after the first of three candidates."""
    window = begin()
    generate(window, 3)
    window.close()
    folder = project_folder(tmp_path / "Music")
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if '"AddCandidate"' in line)
    (folder / "journal.jsonl").write_text("".join(lines[: first + 1]), encoding="utf-8")
    (folder / "project.json").unlink()
    for number in ("02", "03"):
        shutil.rmtree(folder / "candidates" / number)
    return folder


def test_what_is_not_wanted_now_is_offered_until_it_is_made(
    cut_off: Path, reopen: Reopen, generate: Generate, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    answers: list[str | None] = [None, None, "make"]

    def answer(_: object, begun: object, made: int, change: str = "") -> str | None:
        asked.append((made, begun.candidates))  # type: ignore[attr-defined]
        return answers.pop(0)

    monkeypatch.setattr("studio.ui.window.questions.Questions.make_the_rest", answer)
    window = reopen(cut_off)
    assert asked == [(1, 3)]
    assert "offered again" in window.status.currentMessage()
    seed = window.request.seed.value()
    # Others that are made meanwhile are no answer; and they are others than those that may yet be made.
    generate(window, 1)
    assert window.workspace.project.record(2).origin.seed == seed
    assert seed != window.workspace.project.record(1).origin.seed
    window.close()

    window = reopen(cut_off)
    assert asked == [(1, 3)] * 2
    window.close()

    window = reopen(cut_off)
    qtbot.waitUntil(lambda: len(window.candidates.rows) == 4, timeout=30_000)
    idle(qtbot, window)
    records = window.workspace.project.candidates
    assert [record.origin.number_in_request for record in records] == [1, 1, 2, 3]
    assert len({records[n].origin.request for n in (0, 2, 3)}) == 1
    window.close()

    window = reopen(cut_off)
    assert not answers
    assert asked == [(1, 3)] * 3
    assert window.workspace.project.put_off == ()


def test_what_is_dropped_is_not_offered_again_and_what_was_put_off_before_is(
    cut_off: Path, reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    answers: list[str | None] = [None, "drop"]
    monkeypatch.setattr(
        "studio.ui.window.questions.Questions.make_the_rest",
        lambda _, begun, made, change="": asked.append(made) or answers.pop(0),
    )
    reopen(cut_off).close()
    reopen(cut_off).close()
    window = reopen(cut_off)
    assert asked == [1, 1]
    assert window.workspace.project.put_off == ()


def test_a_seed_that_is_past_the_one_of_the_rest_stays(
    cut_off: Path, reopen: Reopen, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[str | None] = [None, "make"]
    monkeypatch.setattr("studio.ui.window.questions.Questions.make_the_rest", lambda *_, **__: answers.pop(0))
    window = reopen(cut_off)
    rest = window.workspace.project.record(1).origin.seed
    window.request.seed.setValue(rest + 9)
    window.close()
    window = reopen(cut_off)
    assert sorted(window.candidates.rows) == [1, 2, 3]
    assert window.request.seed.value() == rest + 9
    generate(window, 1)
    assert window.workspace.project.record(4).origin.seed == rest + 9
    assert window.request.seed.value() == rest + 10
