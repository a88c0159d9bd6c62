"""A project is opened whatever happened to one of its files; what is damaged is said, and what is left is enough."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.core.commands import AddCandidate, Pick, SetNotes, SetOpinion
from studio.core.errors import StudioError
from studio.core.opinion import Opinion
from studio.core.origin import Origin
from studio.core.project import CandidateRecord, Project
from studio.core.takes import AudioRef
from studio.services.project.document import Document, State
from studio.services.project.moving import copy_project
from studio.services.project.opening import Opened, ProjectInUse, create_project, open_project
from studio.services.project.store import ProjectStore
from studio.storage import lock
from studio.storage.atomic import part_path
from studio.storage.project_folder import ProjectFolder
from studio.storage.ratings import NAME as RATINGS
from studio.storage.ratings import RatingsFile


def close(opened: Opened) -> None:
    assert isinstance(opened.document.keeper, ProjectStore)
    opened.document.keeper.close()


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A closed project in which three things were said of a candidate, and the last of them taken back."""
    store = create_project(tmp_path, State(Project("Lied")))
    document = Document(State(Project("Lied")), store)
    document.do(AddCandidate(CandidateRecord(1, "01", Origin("ab", "x"))))
    document.do(SetOpinion(1, Opinion(stars=4), "Rate candidate 1"))
    document.do(SetNotes("gut"))
    document.do(Pick(1, "Pick candidate 1"))
    document.undo()
    store.close()
    return store.folder.path


@pytest.mark.parametrize("how", ["opened", "saved as"])
def test_what_a_killed_save_as_left_beside_a_project_goes(song: Path, how: str) -> None:
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    left, mine = (
        song.parent / f".Copy.backline.{killed.pid}-1.part",
        part_path(song.parent / "Other.backline"),
    )
    for path in (left, mine):
        path.mkdir()
        (path / "vocal.wav").write_text("half")
    if how == "opened":
        open_project(song, read_only=True)
        assert left.exists(), "to look is to write nothing"
        close(open_project(song))
    else:
        copy_project(ProjectFolder(song), song.parent / "New.backline")
    assert not left.exists()
    assert mine.exists(), "it is being written"


@pytest.mark.parametrize("gone", ["project.json", "journal.jsonl"])
def test_snapshot_or_journal_is_enough(song: Path, gone: str) -> None:
    whole = open_project(song, read_only=True).document.state
    (song / gone).unlink()
    opened = open_project(song, read_only=True)
    assert (opened.document.state, opened.notices) == (whole, ())


def test_a_journal_that_was_cut_short_is_begun_anew_so_that_it_is_enough_again(song: Path) -> None:
    # Cut at the end of a line, nothing in it is damaged; the snapshot knows what is missing.
    lines = (song / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (song / "journal.jsonl").write_bytes(b"".join(lines[:2]))
    opened = open_project(song)
    opened.document.do(SetNotes("later"))
    state = opened.document.state
    close(opened)
    (song / "project.json").unlink()
    assert open_project(song, read_only=True).document.state == state


@pytest.mark.parametrize("damage", ["text", "column"])
def test_damaged_ratings_do_not_keep_a_project_from_opening(song: Path, damage: str) -> None:
    if damage == "text":
        for path in song.glob(f"{RATINGS}*"):
            path.write_text("no database, " * 300)
    else:  # any column of SQLite may hold any value
        ratings = RatingsFile(song / RATINGS)
        ratings._db.execute("UPDATE sayings SET stars = 'many'")
        with pytest.raises(StudioError, match="a row that is not what was written"):
            ratings.read()
        ratings.close()
    opened = open_project(song)
    assert opened.document.project.opinion(1) == Opinion(stars=4)
    close(opened)


def test_what_a_crash_kept_from_the_ratings_is_written_when_the_project_is_opened(song: Path) -> None:
    ratings = RatingsFile(song / RATINGS)
    before = ratings.read()
    assert [(s.what, s.stars, s.taken_back) for s in before] == [("opinion", 4, False), ("pick", 0, True)]
    ratings._db.execute("DELETE FROM sayings")
    ratings.close()
    close(open_project(song))
    ratings = RatingsFile(song / RATINGS)
    assert ratings.read() == before
    ratings.close()


def test_a_lock_that_nobody_can_hold_is_seen_through(song: Path) -> None:
    mine = open_project(song)
    with pytest.raises(ProjectInUse, match="is open already"):
        open_project(song)
    held = json.loads((song / lock.NAME).read_text())
    close(mine)
    for damaged in ({**held, "pid": 10**30}, {**held, "pid": -1}, {**held, "pid": 1e999}, [held], "x"):
        (song / lock.NAME).write_text(json.dumps(damaged))
        close(open_project(song))


NAMES = ["../x", "/x", "a\0b", "x" * 300, "..", "\ud800"]


@pytest.mark.parametrize("name", NAMES)
def test_names_in_a_project_lead_nowhere_else(name: str) -> None:
    with pytest.raises(ValueError, match="no file has"):
        AudioRef("ab", "歌", name, 8000, 1, 1)
    with pytest.raises(ValueError, match="no file has"):
        Origin("ab", name)
    with pytest.raises(ValueError, match="no folder has"):
        CandidateRecord(1, name, Origin("ab", "x"))


def test_a_project_with_such_a_name_is_refused(song: Path) -> None:
    (song / "journal.jsonl").unlink()
    content = json.loads((song / "project.json").read_text())
    content["project"]["candidates"][0]["folder"] = "../../elsewhere"
    (song / "project.json").write_text(json.dumps(content))
    with pytest.raises(StudioError, match="a name that no folder has"):
        open_project(song, read_only=True)
