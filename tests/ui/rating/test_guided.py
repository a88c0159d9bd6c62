"""Generate in the window, once there is a taste."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studio.core.commands import BeginRequest, Command
from studio.core.project import Begun, Project
from studio.services.taste.screens import SongContext
from studio.taste.model import Taste, learn
from studio.ui.window.main_window import MainWindow
from tests.services.taste.test_guided import taste as taste
from tests.ui.rating.fake_screens import FakeScreens

Open = Callable[[MainWindow], None]
Generate = Callable[[MainWindow, int], None]


def begun_of(window: MainWindow) -> list[Begun]:
    """What the document is told of requests from now on."""
    told: list[Begun] = []

    def listen(_: Project, __: Project, command: Command) -> None:
        if isinstance(command, BeginRequest):
            told.append(command.begun)

    window.workspace.changed.connect(listen)
    return told


def test_candidates_are_chosen_by_the_taste_and_the_project_knows_which(
    window: MainWindow,
    open_vocal: Open,
    generate: Generate,
    screens: FakeScreens,
    taste: Taste,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_vocal(window)
    monkeypatch.setattr(screens, "taste", lambda song, listener: taste)
    told = begun_of(window)
    generate(window, 2)
    first, last = told
    assert (first.candidates, first.only, first.wanted) == (2, (), (1, 2))
    assert (last.key, last.candidates, len(last.only)) == (first.key, 8, 2)
    project = window.workspace.project
    assert project.begun is None
    assert tuple(r.origin.number_in_request for r in project.candidates) == last.only == last.wanted
    assert [c.settings["chosen_by_taste_of"] for c in window.workspace.song.candidates.values()] == [8, 8]


@pytest.mark.parametrize("known", [False, True])
def test_without_a_taste_that_holds_candidates_come_as_they_come(
    window: MainWindow,
    open_vocal: Open,
    generate: Generate,
    screens: FakeScreens,
    known: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_vocal(window)

    def of(song: SongContext, listener: str) -> Taste | None:
        return learn([]) if known else None

    monkeypatch.setattr(screens, "taste", of)
    told = begun_of(window)
    generate(window, 2)
    assert [(b.candidates, b.only) for b in told] == [(2, ())]
    assert [r.origin.number_in_request for r in window.workspace.project.candidates] == [1, 2]
