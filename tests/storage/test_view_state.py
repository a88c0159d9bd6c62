"""How a song was left is kept beside it, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.screen import Verdict
from studio.storage.view_state import NAME, BlindLeft, BlindSaid, ViewState, keep_view, read_view

LEFT = ViewState(
    12.5,
    (3.0, 20.25),
    (0.0, 0.4),
    (7, 2),
    BlindLeft((2, 1), (3,), (1,), (BlindSaid(9, 2, "stars"), BlindSaid(11, 1, "note", "thin")), {1: "warm"}),
    {1: "B", 2: "A"},
    {7: Verdict(best="a", heard_s={"a": 4.25, "b": 0.0})},
    True,
)


def test_it_is_found_as_it_was_left(tmp_path: Path) -> None:
    keep_view(tmp_path, LEFT)
    assert read_view(tmp_path) == LEFT


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[3]",
        '{"playhead_s": -1.0}',
        '{"playhead_s": 1e999}',
        '{"shown_s": [5.0, 5.0]}',
        '{"band": [0.5, 1.5]}',
        '{"unvoted": {"1": {"heard_s": {"a": -3.0}}}}',
        '{"unvoted": {"1": {"best": "a", "worst": "a"}}}',
        '{"unvoted": {"one": {}}}',
    ],
)
def test_a_damaged_one_is_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content)
    assert read_view(tmp_path) == ViewState()


def test_where_nothing_can_be_written_nothing_is(tmp_path: Path) -> None:
    keep_view(tmp_path / "gone", LEFT)
    assert not (tmp_path / "gone").exists()
    assert read_view(tmp_path / "gone") == ViewState()
