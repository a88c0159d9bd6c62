"""The shelf of adapters: kept, promoted, tested, rolled back, given away; and what damage does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.core.errors import StudioError
from studio.services.taste.adapters import MOST_KEPT, PRIVACY_NOTE, AdapterShelf
from studio.taste.sequential import BlindTest
from tests.services.taste.adapter_files import BASE, write_adapter


@pytest.fixture
def shelf(tmp_path: Path) -> AdapterShelf:
    return AdapterShelf(tmp_path / "adapters")


def _keep(shelf: AdapterShelf, number: int) -> str:
    path = write_adapter(shelf.folder.parent / f"{number}.safetensors", number)
    return shelf.keep(path, {"number": number}, made_at=f"2026-01-{number:02d}").id


def test_an_empty_shelf_is_the_base(shelf: AdapterShelf) -> None:
    assert (shelf.promoted, shelf.list(), shelf.in_use(BASE), shelf.generation) == (None, (), (None, 1.0), 0)
    assert shelf.rollback() is None


def test_what_is_kept_is_found_again_by_the_next_start(shelf: AdapterShelf) -> None:
    first, second = _keep(shelf, 1), _keep(shelf, 2)
    shelf.promote(first)
    shelf.set_strength(0.4)
    again = AdapterShelf(shelf.folder)
    assert [entry.id for entry in again.list()] == [second, first]
    assert [entry.state for entry in again.list()] == ["candidate", "promoted"]
    assert again.list()[0].report == {"number": 2}
    path, strength = again.in_use(BASE)
    assert path is not None
    assert path.read_bytes() == (shelf.folder.parent / "1.safetensors").read_bytes()
    assert strength == 0.4
    assert again.generation == 1


def test_rollback_goes_back_one_by_one_to_the_base(shelf: AdapterShelf) -> None:
    keys = [_keep(shelf, n) for n in (1, 2)]
    for key in keys:
        shelf.promote(key)
    assert shelf.generation == 2
    assert shelf.rollback() == keys[0]
    assert shelf.promoted == keys[0]
    assert shelf.rollback() is None
    assert shelf.in_use(BASE) == (None, 1.0)
    assert {entry.state for entry in shelf.list()} == {"kept"}


def test_what_learnt_from_deleted_answers_goes_out_of_use_and_what_is_from_elsewhere_stays(
    shelf: AdapterShelf,
) -> None:
    assert shelf.retire() == ""
    used, waiting = _keep(shelf, 1), _keep(shelf, 2)
    shelf.promote(used)
    shelf.training_folder.mkdir()
    assert "Train it again" in shelf.retire()
    assert shelf.in_use(BASE) == (None, 1.0)
    assert {entry.id: entry.state for entry in shelf.list()} == {used: "kept", waiting: "kept"}
    assert not shelf.training_folder.exists()
    assert shelf.retire() == "", "told once"
    assert AdapterShelf(shelf.folder).promoted is None
    foreign = shelf.import_(write_adapter(shelf.folder.parent / "foreign.safetensors", 3)).id
    shelf.promote(foreign)
    assert shelf.retire() == ""
    assert shelf.promoted == foreign


def test_rollback_steps_over_what_is_damaged(shelf: AdapterShelf) -> None:
    keys = [_keep(shelf, n) for n in (1, 2, 3)]
    for key in keys:
        shelf.promote(key)
    (shelf.folder / keys[1] / "adapter.safetensors").write_bytes(b"no longer")
    assert shelf.rollback() == keys[0]


def test_five_are_kept_and_what_is_in_use_or_was_last_never_goes(shelf: AdapterShelf) -> None:
    first, second = _keep(shelf, 1), _keep(shelf, 2)
    shelf.promote(first)
    shelf.promote(second)
    others = [_keep(shelf, n) for n in range(3, 9)]
    assert len(shelf.list()) == MOST_KEPT
    assert {entry.id for entry in shelf.list()} == {first, second, *others[-3:]}


def test_a_damaged_adapter_is_told_and_the_base_used(shelf: AdapterShelf) -> None:
    key = _keep(shelf, 1)
    shelf.promote(key)
    path = shelf.folder / key / "adapter.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert shelf.in_use(BASE) == (None, 1.0)
    assert shelf.problem is not None
    assert "damaged" in str(shelf.problem)
    with pytest.raises(StudioError, match="damaged"):
        shelf.promote(key) if shelf.promoted != key else shelf.path(key)


def test_an_adapter_of_another_base_asks_to_be_trained_anew(shelf: AdapterShelf) -> None:
    shelf.promote(_keep(shelf, 1))
    newer = {**BASE, "arrangement": "f" * 64}
    assert not shelf.needs_training_anew(BASE)
    assert shelf.needs_training_anew(newer)
    assert shelf.in_use(newer) == (None, 1.0)
    assert "ratings are kept" in str(shelf.problem)
    assert shelf.in_use(BASE)[0] is not None  # nothing was forgotten
    assert shelf.problem is None


def test_a_shelf_whose_state_is_lost_still_has_its_adapters(shelf: AdapterShelf) -> None:
    key = _keep(shelf, 1)
    shelf.promote(key)
    (shelf.folder / "shelf.json").write_text("{")
    again = AdapterShelf(shelf.folder)
    assert again.problem is not None
    assert again.promoted is None
    assert [entry.id for entry in again.list()] == [key]
    again.promote(key)
    assert AdapterShelf(shelf.folder).promoted == key


def test_the_blind_test_promotes_a_winner_and_rejects_a_loser(shelf: AdapterShelf) -> None:
    winner, loser = _keep(shelf, 1), _keep(shelf, 2)
    decisions = [shelf.add_trial(winner, "win").decision for _ in range(7)]
    assert decisions == [*[None] * 6, "promote"]  # 7 x 0.336 > 2.08
    assert shelf.promoted == winner
    assert shelf.add_trial(loser, "loss").decision is None
    assert shelf.entry(loser).test == BlindTest(("loss",))
    assert shelf.add_trial(loser, "loss").decision is None
    assert shelf.add_trial(loser, "loss").decision == "reject"
    assert (shelf.promoted, shelf.entry(loser).state) == (winner, "rejected")
    with pytest.raises(StudioError, match="not being tested"):
        shelf.add_trial(loser, "win")


def test_an_adapter_that_loses_to_the_base_is_taken_back_by_itself(shelf: AdapterShelf) -> None:
    key = _keep(shelf, 1)
    shelf.promote(key)
    assert [shelf.add_base_slot(outcome) for outcome in ("tie", "loss", "loss")] == [False] * 3
    assert shelf.add_base_slot("loss")
    assert (shelf.promoted, shelf.entry(key).state) == (None, "rejected")
    assert not shelf.add_base_slot("loss")  # the base loses to nobody


def test_an_adapter_that_holds_its_ground_stays(shelf: AdapterShelf) -> None:
    key = _keep(shelf, 1)
    shelf.promote(key)
    assert not any(shelf.add_base_slot(o) for o in ("win", "win", "loss", "win", "tie") * 12)
    assert shelf.promoted == key


def test_export_and_import(shelf: AdapterShelf, tmp_path: Path) -> None:
    key = _keep(shelf, 1)
    assert shelf.export(key, tmp_path / "mine.safetensors") == PRIVACY_NOTE
    other = AdapterShelf(tmp_path / "elsewhere")
    entry = other.import_(tmp_path / "mine.safetensors")
    assert (entry.id, entry.state, entry.base, entry.note) == (key, "kept", BASE, "adapter 1")
    assert other.promoted is None
    other.promote(entry.id)
    assert other.in_use(BASE)[0] is not None


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text", "foreign"])
def test_only_adapters_are_taken_in(shelf: AdapterShelf, tmp_path: Path, damage: str) -> None:
    path = write_adapter(tmp_path / "a.safetensors", 1)
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "text":
        path.write_text("an adapter, honestly" * 20)
    else:
        header = json.dumps({"__metadata__": {"studio": "{}"}}).encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(StudioError, match=r"cannot be read|not an adapter"):
        shelf.import_(path)
    assert shelf.list() == ()


def test_deleting(shelf: AdapterShelf) -> None:
    keys = [_keep(shelf, n) for n in (1, 2)]
    shelf.promote(keys[0])
    shelf.delete(keys[0])
    assert (shelf.promoted, [e.id for e in shelf.list()]) == (None, [keys[1]])
    with pytest.raises(StudioError, match="no such adapter"):
        shelf.delete(keys[0])
    shelf.training_folder.mkdir()
    (shelf.training_folder / "arrangement.pt").write_bytes(b"half a taste")
    shelf.delete_all()
    assert [p.name for p in shelf.folder.iterdir()] == ["shelf.json"]
    assert AdapterShelf(shelf.folder).list() == ()


def test_strengths_that_are_none_are_refused(shelf: AdapterShelf) -> None:
    with pytest.raises(StudioError, match="0 to 1"):
        shelf.set_strength(1.1)
