"""A user's ratings across songs: taken over once, taken back, given out, deleted for good, merged."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.commands import AddCandidate, AddScreen, Judge, Pick, SetOpinion
from studio.core.errors import StudioError
from studio.core.opinion import Opinion
from studio.core.origin import Origin
from studio.core.project import CandidateRecord, Project
from studio.core.screen import Clip, Screen, Verdict
from studio.services.taste.judged import screen_id
from studio.services.taste.ratings import COLUMNS, OWN, TasteRatings
from studio.storage.taste_file import TasteFile
from studio.taste.features import NAMES
from studio.taste.texture import TEXTURE
from tests.services.band import make_analysis, make_candidate, make_vocal
from tests.services.project.commands import SOUND

VERDICT = Verdict("b", "c", stars={"a": 4}, heard_s={"a": 6.5, "b": 7.0}, plays={"a": 2}, took_s=31.25)


def project_of(
    name: str = "s", screens: int = 2, sha: str = "ab" * 32, made: str = "2026-01-01T10:00:00"
) -> Project:
    """Screens of three clips each; the first is voted on."""
    project = Project(title=f"Song {name}", vocal=replace(SOUND, sha256=sha))
    for number in range(1, screens + 1):
        keys = ("a", "b", "c") if number == 1 else (f"a{number}", f"b{number}", f"c{number}")
        clips = tuple(
            Clip(
                f"{name}-{key}" if name != "s" else key,
                role,
                Origin(sha, "x"),
                {"drums": float(i), "bass": -1.0},
            )
            for i, (key, role) in enumerate(zip(keys, ("base", "exploit", "anchor"), strict=True))
        )
        project = AddScreen(
            Screen(number, "sit", (0.0, 9.0), clips, None, 1, f"{made}.{number}+00:00")
        ).apply(project)
    return project


def voted(project: Project, number: int = 1) -> Project:
    best, worst = project.screen(number).keys[1:]
    return Judge(number, replace(VERDICT, best=best, worst=worst, stars={}, heard_s={}, plays={})).apply(
        project
    )


@pytest.fixture
def ratings(tmp_path: Path) -> TasteRatings:
    return TasteRatings(tmp_path / "data" / "taste.db")


def test_nothing_is_made_before_something_is_said(ratings: TasteRatings) -> None:
    assert ratings.take(project_of(), None) == 0
    assert not ratings.path.exists()
    assert (ratings.judgements(), ratings.listeners(), ratings.songs()) == ((), (), ())


def test_votes_are_taken_over_once_changed_and_taken_back(ratings: TasteRatings) -> None:
    project = Judge(1, VERDICT).apply(project_of())
    assert ratings.take(project, None) > 0
    assert ratings.take(project, None) == 0
    (judgement,) = ratings.judgements()
    assert (judgement.listener, judgement.song, judgement.verdict) == (OWN, "ab" * 32, VERDICT)
    assert [(c.key, c.role, c.features) for c in judgement.clips] == [
        (c.key, c.role, c.features) for c in project.screen(1).clips
    ]
    assert judgement.screen == screen_id(project, project.screen(1))
    project = Judge(2, Verdict(tie=True)).apply(project)
    project = Judge(1, None).apply(project)
    ratings.take(project, None)
    assert [j.verdict for j in ratings.judgements()] == [Verdict(tie=True)]


def test_projects_of_one_vocal_keep_their_screens_apart(ratings: TasteRatings) -> None:
    ratings.take(voted(project_of()), None)
    ratings.take(voted(project_of("copy")), None)
    assert len(ratings.judgements()) == 2


def test_what_is_said_of_candidates_counts_less_and_only_as_it_stands(ratings: TasteRatings) -> None:
    vocal = make_vocal(8.0)
    analysis = make_analysis(8.0)
    candidates = {n: make_candidate(vocal, analysis, n) for n in (1, 2)}
    project = project_of(screens=0)
    for number in candidates:
        origin = Origin("ab" * 32, "x", request="r", number_in_request=number, made_at="2026-01-02")
        project = AddCandidate(CandidateRecord(number, f"{number:02d}", origin)).apply(project)
    project = SetOpinion(1, Opinion(favourite=True)).apply(project)
    project = SetOpinion(2, Opinion(hidden=True)).apply(project)
    project = Pick(1).apply(project)
    ratings.take(project, None, candidates=candidates)
    assert ratings.take(project, None, candidates=candidates) == 0
    opinion, pick = sorted(ratings.judgements(), key=lambda j: j.verdict.best is not None)
    assert list(opinion.verdict.stars.values()) == [5, 2]
    assert (opinion.blind, opinion.weight < 1, pick.weight < 1) == (False, True, True)
    assert set(pick.clips[0].features) <= {*NAMES, *TEXTURE}
    ratings.take(Pick(None).apply(project), None, candidates=candidates)
    assert [j.verdict.best for j in ratings.judgements()] == [None]


def test_the_csv_has_a_row_a_clip(ratings: TasteRatings, tmp_path: Path) -> None:
    ratings.take(Judge(1, VERDICT).apply(project_of()), None)
    assert ratings.export_csv(tmp_path / "out.csv") == 3
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    first, second, third = rows
    assert (first["place"], first["clip"], first["role"], first["stars"]) == ("1", "a", "base", "4")
    assert (first["heard_s"], first["plays"], first["took_s"], first["drums"]) == ("6.5", "2", "31.25", "0.0")
    assert (second["best"], third["worst"], third["role"]) == ("1", "1", "anchor")
    assert (first["title"], first["generation"], first["brightness"]) == ("Song s", "1", "")


def test_what_was_deleted_is_gone_from_the_disk_and_does_not_come_back(ratings: TasteRatings) -> None:
    secret = Judge(1, replace(VERDICT, best=None, worst=None, heard_s={"a": 123456.789})).apply(project_of())
    ratings.take(secret, None)
    ratings.take(voted(project_of("t", sha="cd" * 32)), None)
    gone = ratings.delete(song="ab" * 32)
    assert gone.answers == 1
    assert gone.retrain == (OWN,)
    content = b"".join(path.read_bytes() for path in ratings.path.parent.iterdir())
    assert b"123456.789" not in content
    assert b"cd" * 32 in content
    ratings.take(secret, None)
    assert [j.song for j in ratings.judgements()] == ["cd" * 32]
    later = project_of("later", made="2999-01-01T10:00:00")
    ratings.take(voted(later), None)
    assert len(ratings.judgements()) == 2
    assert ratings.delete().answers == 2
    assert (ratings.judgements(), ratings.songs(), ratings.clips(["a", "t-a"])) == ((), (), ())
    assert ratings.delete().told == ("There was nothing to forget.",)


def test_a_listener_can_go_alone(ratings: TasteRatings) -> None:
    project = voted(project_of())
    ratings.take(project, None, "ann")
    ratings.take(project, None, "ben")
    ratings.name("ben", "Ben")
    assert ratings.delete(listener="ann").retrain == ("ann",)
    assert ratings.listeners() == (("ben", "Ben"),)
    assert len(ratings.judgements("ben")) == 1
    assert ratings.clips(["a"])[0].features == {"drums": 0.0, "bass": -1.0}


def test_two_databases_become_one_and_merging_again_adds_nothing(
    ratings: TasteRatings, tmp_path: Path
) -> None:
    other = TasteRatings(tmp_path / "theirs.db")
    ratings.take(voted(project_of()), None)
    other.take(voted(project_of()), None, "ann")
    other.take(voted(project_of("t", sha="cd" * 32)), None)
    assert ratings.merge(other.path) == 2
    assert ratings.merge(other.path) == 0
    assert len(ratings.judgements()) == 2
    assert len(ratings.judgements("ann")) == 1
    with pytest.raises(StudioError, match=r"no nowhere\.db"):
        ratings.merge(tmp_path / "nowhere.db")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE judgements SET verdict = '{}{'",
        "UPDATE judgements SET clips = x'00'",
        "UPDATE judgements SET weight = 7.0",
        "UPDATE judgements SET at = x'00'",
        "UPDATE clips SET features = '[]'",
        "PRAGMA user_version = 9",
    ],
)
def test_a_damaged_database_is_said(ratings: TasteRatings, statement: str) -> None:
    ratings.take(voted(project_of()), None)
    db = sqlite3.connect(ratings.path)
    db.execute(statement)
    db.commit()
    db.close()
    with pytest.raises(StudioError, match=r"taste\.db"):
        ratings.judgements()


def test_what_training_needs_is_kept_and_stays_when_the_clip_is_gone(
    ratings: TasteRatings, tmp_path: Path
) -> None:
    from studio.storage.project_folder import ProjectFolder

    folder = ProjectFolder(tmp_path / "p")
    (folder.screens / "a").mkdir(parents=True)
    (folder.screens / "a" / "clip.json").write_bytes(b'{"it": 1}')
    project = voted(project_of())
    ratings.take(project, folder)
    (folder.screens / "a" / "clip.json").unlink()
    ratings.take(project, folder)
    kept: Sequence[bytes] = [clip.content for clip in ratings.clips(["a", "b", "nobody"])]
    assert kept == [b'{"it": 1}', b""]


def test_two_threads_of_two_programs_may_write(tmp_path: Path) -> None:
    first, second = TasteFile(tmp_path / "taste.db"), TasteFile(tmp_path / "taste.db")
    first.name_listener("a", "A")
    second.name_listener("b", "B")
    assert first.listeners() == second.listeners() == (("a", "A"), ("b", "B"))
    first.close()
    second.close()
