"""Undo takes back, redo does again, and a new change forgets what was undone."""

from __future__ import annotations

from studio.services.project.history import Change, History


def test_changes_are_taken_back_in_order() -> None:
    value = [0]
    history = History()

    def put(new: int) -> None:
        before = value[0]
        history.do(
            Change(f"put {new}", lambda: value.__setitem__(0, before), lambda: value.__setitem__(0, new))
        )

    assert history.undo() == ""
    put(1)
    put(2)
    assert value == [2]
    assert history.undoable == "put 2"
    assert history.undo() == "put 2"
    assert value == [1]
    assert history.redoable == "put 2"
    assert history.redo() == "put 2"
    assert value == [2]
    history.undo()
    put(3)
    assert (value, history.redoable, history.redo()) == ([3], "", "")
    history.undo()
    history.undo()
    assert (value, history.undoable) == ([0], "")
    history.clear()
    assert history.redo() == ""
