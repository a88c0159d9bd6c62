"""What was said of candidates and screens is kept, taken back, and read from older files too."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import ModuleType

import pytest

from studio.core.errors import StudioError
from studio.core.screen import Verdict
from studio.storage import exports, ratings, taste_file
from studio.storage.ratings import RatingsFile, Saying, Vote

SAID = Saying(3, "2026-01-01T10:00:00+00:00", 2, "opinion", True, 4, None, "so", True)


def make_first_schema(path: Path) -> None:
    """The file as version 1 wrote it."""
    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE sayings (entry INTEGER PRIMARY KEY, at TEXT NOT NULL, candidate INTEGER, what TEXT NOT NULL, "
        "favourite INTEGER, stars INTEGER, hidden INTEGER, note TEXT, blind INTEGER NOT NULL, "
        "taken_back INTEGER NOT NULL DEFAULT 0)"
    )
    db.execute("INSERT INTO sayings VALUES (3, ?, 2, 'opinion', 1, 4, NULL, 'so', 1, 0)", (SAID.at,))
    db.execute("PRAGMA user_version=1")
    db.commit()
    db.close()


def test_votes_come_back_as_they_were_given_and_can_be_taken_back(tmp_path: Path) -> None:
    file = RatingsFile(tmp_path / "ratings.db")
    verdict = Verdict("a", "b", stars={"a": 5}, heard_s={"a": 6.25, "b": 0.1}, plays={"a": 2}, took_s=31.5)
    votes = (Vote(5, "t", 1, verdict), Vote(6, "t", 1, None), Vote(9, "t", 2, Verdict(tie=True)))
    file.write_votes(votes)
    file.write([SAID])
    assert file.votes() == votes
    file.take_back(6)
    file.take_back(5)
    file.take_back(5, False)
    assert [vote.taken_back for vote in file.votes()] == [False, True, False]
    assert file.read() == (SAID,)


def test_a_file_of_the_first_schema_keeps_its_sayings_and_takes_votes(tmp_path: Path) -> None:
    path = tmp_path / "ratings.db"
    make_first_schema(path)
    file = RatingsFile(path)
    assert (file.read(), file.votes()) == ((SAID,), ())
    file.write_votes([Vote(4, "t", 1, Verdict(none_usable=True))])
    file.close()
    again = RatingsFile(path)
    assert again.read() == (SAID,)
    assert [vote.screen for vote in again.votes()] == [1]


def test_a_vote_that_nobody_wrote_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ratings.db"
    RatingsFile(path).close()
    db = sqlite3.connect(path)
    db.execute("""INSERT INTO votes VALUES (1, 't', 1, '{"best": "a", "worst": "a"}', 0)""")
    db.commit()
    db.close()
    with pytest.raises(StudioError, match="a vote"):
        RatingsFile(path).votes()


@pytest.mark.parametrize("module", [exports, ratings, taste_file])
def test_a_full_disk_is_no_reason_to_move_the_file_away(module: ModuleType, tmp_path: Path) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("PRAGMA max_page_count=1")
    with pytest.raises(sqlite3.OperationalError, match="full") as full:
        db.execute("CREATE TABLE t (x)")
    db.close()
    told = module._unusable(tmp_path / "a.db", full.value)
    assert str(tmp_path) in told.expected
    assert "where it is" in told.todo
    damaged = module._unusable(tmp_path / "a.db", sqlite3.DatabaseError("file is not a database"))
    assert "away" in damaged.todo
