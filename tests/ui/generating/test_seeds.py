"""The seed that a song was left with, whatever was kept of it."""

from __future__ import annotations

import pytest

from studio.core.controls import Controls
from studio.core.origin import Origin
from studio.core.project import Begun, CandidateRecord, ChangeOrder, Project
from studio.storage.view_state import ViewState
from studio.ui.generating.seeds import seed_left


def project(*made: int | tuple[int, int], begun: Begun | None = None) -> Project:
    """Candidates by their seeds; a pair is one made out of another, and its seed."""
    records = []
    for number, seed in enumerate(made, 1):
        parent, own = seed if isinstance(seed, tuple) else (None, seed)
        records.append(CandidateRecord(number, f"{number:02}", Origin("", "a", seed=own, parent=parent)))
    return Project(candidates=tuple(records), begun=begun)


FIVE = Begun("key", Controls(), 8, 5)
CHANGE = Begun("key", Controls(), 1, 26, change=ChangeOrder(1))


@pytest.mark.parametrize(
    ("view", "song", "seed"),
    [
        (ViewState(), project(), 1),
        (ViewState(seed=(9, 0)), project(), 9),
        (ViewState(), project(4, 4), 5),
        (ViewState(), project(4, (1, 26)), 5),  # nobody chose the seed of a change
        (ViewState(seed=(9, 2)), project(4, 4), 9),
        # Kept when the request began, and killed in the middle of it.
        (ViewState(seed=(5, 2)), project(4, 4, 5, 5, begun=FIVE), 5),
        # Killed between the last candidate and the seed after it.
        (ViewState(seed=(5, 2)), project(4, 4, 5, 5), 6),
        (ViewState(seed=(5, 2), keep_seed=True), project(4, 4, 5, 5), 5),
        (ViewState(seed=(7, 2)), project(4, 4, (1, 26)), 7),
        (ViewState(seed=(7, 2)), project(4, 4, begun=CHANGE), 7),
        # A journal that was cut off is younger than the view.
        (ViewState(seed=(8, 3)), project(7, 7, begun=FIVE), 5),
        (ViewState(seed=(8, 3)), project(6, 6), 7),
    ],
)
def test_a_seed_is_the_one_that_was_shown(view: ViewState, song: Project, seed: int) -> None:
    assert seed_left(view, song) == seed
