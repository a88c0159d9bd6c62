"""Doing, undoing, redoing; and that a folder gives back every bit of it."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.commands import COMMANDS, AddCandidate, AddComp, Pick, SetBlind, SetNotes, SetOpinion
from studio.core.opinion import Opinion
from studio.core.origin import Origin
from studio.core.project import CandidateRecord
from studio.services.project.document import Document, State, command_from_builtins, command_to_builtins
from studio.services.project.opening import create_project, open_project
from studio.services.project.store import ProjectStore, snapshot_json, state_from_json
from studio.storage.codec import from_json, to_json
from tests.services.project.commands import beginning, random_command


def at_random(document: Document, chance: random.Random, count: int) -> None:
    """Does, undoes and redoes."""
    for _ in range(count):
        what = chance.random()
        if what < 0.7:
            document.do(random_command(document.project, chance))
        elif what < 0.9:
            document.undo()
        else:
            document.redo()


@pytest.mark.parametrize("seed", range(20))
def test_every_command_reads_back_as_it_was_written(seed: int) -> None:
    chance = random.Random(seed)
    state, seen = State(beginning()), set()
    for _ in range(200):
        command = random_command(state.project, chance)
        seen.add(type(command).__name__)
        assert command_from_builtins(command_to_builtins(command)) == command
        if isinstance(command, AddComp):  # a candidate is taken away only to take a comp back
            taken_back = command.inverse(state.project)
            seen.add(type(taken_back).__name__)
            assert command_from_builtins(command_to_builtins(taken_back)) == taken_back
        state = state.do(command)
    assert seen == COMMANDS.keys() - {"SetVocal"}
    assert from_json(type(state.project), to_json(state.project), "it") == state.project
    assert state_from_json(snapshot_json(state), "it") == state


@pytest.mark.parametrize("seed", range(20))
def test_undone_to_the_start_every_choice_is_as_it_was_and_redone_to_the_end_as_it_became(seed: int) -> None:
    document, chance = Document(State(beginning())), random.Random(seed)
    at_random(document, chance, 150)
    end = document.project
    steps = len(document.state.done)
    while document.undo():
        pass
    start = document.project
    assert (start.given, start.chords, start.comp, start.opinions, start.picked, start.notes) == (
        beginning().given, None, None, {}, None, "",
    )  # fmt: skip
    # Facts and views are not taken back, but for comps and what was heard of them.
    generated = tuple(record for record in end.candidates if record.folder != "comp")
    assert (start.candidates, start.takes, replace(start.mix, selected=None)) == (
        generated, end.takes, replace(end.mix, selected=None),
    )  # fmt: skip
    for _ in range(steps):
        assert document.redo()
    became = replace(document.project, mix=replace(document.project.mix, selected=end.mix.selected))
    # What a song was called when its folder was renamed gives way to credits that come again.
    assert replace(became, blind=end.blind, title=end.title) == end


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("killed", [False, True])
def test_reopening_gives_the_same_project_and_the_same_undo_list(
    seed: int, killed: bool, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    store = create_project(tmp_path, State(beginning()))
    document = Document(State(beginning()), store)
    at_random(document, chance, 120)
    if killed:
        (store.folder.path / "lock.json").unlink()  # as the next program sees through it
    else:
        store.close()
    opened = open_project(store.folder.path)
    assert opened.document.state == document.state
    assert opened.notices == ()
    at_random(opened.document, chance, 50)
    again = opened.document.state
    assert isinstance(opened.document.keeper, ProjectStore)
    opened.document.keeper.close()
    if killed:
        store.close()
    assert open_project(store.folder.path, read_only=True).document.state == again


def test_a_choice_that_does_not_fit_changes_nothing() -> None:
    document = Document(State(beginning()))
    before = document.state
    with pytest.raises(ValueError, match="no candidate 7"):
        document.do(SetOpinion(7, Opinion(stars=3)))
    assert document.state is before


def test_listeners_hear_both_sides_and_what_was_done() -> None:
    document, heard = Document(State(beginning())), []
    stop = document.subscribe(lambda before, after, command: heard.append((before, after, command)))
    document.do(SetNotes("eins"))
    document.undo()
    stop()
    document.redo()
    assert [(b.notes, a.notes, c) for b, a, c in heard] == [
        ("", "eins", SetNotes("eins")),
        ("eins", "", SetNotes("")),
    ]


def test_a_new_choice_forgets_what_was_undone() -> None:
    document = Document(State(beginning()))
    document.do(SetNotes("eins"))
    document.undo()
    document.do(SetNotes("zwei"))
    assert document.redo_text == ""
    assert document.undo_text == "Notes on the song"


def test_a_pick_can_be_taken_back_after_another_candidate_came() -> None:
    one = CandidateRecord(1, "01", Origin("x", "y"))
    document = Document(State(dataclasses.replace(beginning(), candidates=(one,))))
    document.do(Pick(1, "Pick candidate 1"))
    document.do(AddCandidate(CandidateRecord(2, "02", Origin("x", "y"))))
    assert document.undo() == "Pick candidate 1"
    assert document.project.picked is None
    assert document.project.numbers == (1, 2)


def test_what_was_said_blind_is_undone_under_the_name_that_tells_now() -> None:
    document = Document(State())
    for number in (1, 2):
        document.do(AddCandidate(CandidateRecord(number, f"{number:02}", Origin("x", "y"))))
    document.do(SetBlind((2, 1)))
    document.do(SetOpinion(2, Opinion(stars=4), "Rate candidate A"))
    document.do(Pick(2, "Pick candidate A"))
    document.do(Pick(None, "Take the pick back from candidate A"))
    assert document.undo_text == "Take the pick back from candidate A", "blind, it is that letter"
    document.do(SetBlind((1, 2)))
    assert document.undo_text == "Take the pick back from candidate 2", "that letter is another one now"
    document.do(SetBlind(None))
    assert document.undo() == "Take the pick back from candidate 2"
    assert document.undo() == "Pick candidate 2"
    assert (document.undo_text, document.redo_text) == ("Rate candidate 2", "Pick candidate 2")
