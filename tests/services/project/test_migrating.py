"""Folders of earlier versions become projects: every candidate with its own analysis and seed, all that was said."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from studio.audio.wav import write_wav
from studio.core.analysis import Given
from studio.core.errors import JobCancelled, StudioError
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken, Progress
from studio.core.music import Chord, Key, Meter
from studio.core.opinion import NO_OPINION, Opinion
from studio.core.project import Project
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.project.analyses import read_analysis
from studio.services.project.candidates import read_candidate
from studio.services.project.migrating import migrate
from studio.services.project.opening import Opened, open_project
from studio.services.project.song import open_ref
from studio.services.vocal import open_vocal
from tests.services.band import make_analysis, make_candidate, make_vocal

GIVEN = Given(tempo_bpm=120.0, key=Key.parse("A minor"))


@dataclass
class Old:
    """A session folder of an earlier version with candidates 1, 2 and 4, and where projects go."""

    folder: Path
    projects: Path
    requests: list[ExportRequest]

    def note(self, content: object) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        (self.folder / "session.json").write_text(text)

    def migrated(self) -> Opened:
        return open_project(migrate(self.folder, self.projects).path, read_only=True)

    def said(self, content: object) -> Project:
        """The project that a session of that note becomes."""
        self.note(content)
        return self.migrated().document.project


@pytest.fixture
def old(tmp_path: Path) -> Old:
    write_wav(tmp_path / "take.wav", make_vocal(2.0).audio)
    vocal, requests = open_vocal(tmp_path / "take.wav"), []
    for number, seed, bpm in ((1, 7, 120.0), (2, 7, 120.0), (4, 9, 90.0)):
        analysis = make_analysis(2.0, BeatGrid.regular(bpm, Meter(4, 4), 2.0), GIVEN)
        candidate = make_candidate(vocal, analysis, number)
        requests.append(
            ExportRequest(tmp_path / "session", vocal, analysis, candidate, seed, {"mel": f"{seed}"})
        )
        export_candidate(requests[-1])
    (tmp_path / "take.wav").unlink()
    return Old(tmp_path / "session", tmp_path / "Music", requests)


def opinions(project: Project) -> list[Opinion]:
    return [project.opinion(number) for number in project.numbers]


def test_every_candidate_comes_with_its_own_analysis_and_seed(old: Old) -> None:
    before = sorted(p.name for p in old.folder.rglob("*"))
    opened = old.migrated()
    project, folder = opened.document.project, opened.folder
    assert (opened.missing, opened.notices) == ((), ())
    assert project.numbers == (1, 2, 4)
    assert [record.origin.seed for record in project.candidates] == [7, 7, 9]
    assert project.title == "take"
    assert project.given == GIVEN
    assert project.vocal is not None
    vocal = open_ref(folder, project.vocal)
    np.testing.assert_allclose(vocal.audio.samples, old.requests[0].vocal.audio.samples, rtol=1e-4, atol=1e-6)
    for record, request in zip(project.candidates, old.requests, strict=True):
        assert record.origin.vocal_sha256 == project.vocal.sha256
        analysis = read_analysis(folder, record.origin.analysis)
        assert analysis is not None
        assert np.allclose(analysis.grid.times_s, request.analysis.grid.times_s, atol=1e-6)
        _, candidate = read_candidate(folder, record.folder)
        for stem, audio in request.candidate.stems.items():
            assert np.allclose(candidate.stems[stem].samples, audio.samples, rtol=1e-4, atol=1e-6)
    assert sorted(p.name for p in old.folder.rglob("*")) == before, "the old folder stays as it was"


def test_a_vocal_of_which_only_the_lowered_copy_is_left_is_heard_as_it_was(tmp_path: Path) -> None:
    write_wav(tmp_path / "take.wav", make_vocal(2.0).audio, encoding="FLOAT")
    vocal, analysis = open_vocal(tmp_path / "take.wav"), make_analysis(2.0)
    loud = make_candidate(vocal, analysis, level=0.5)
    assert export_candidate(ExportRequest(tmp_path / "out", vocal, analysis, loud, 7, {})).gain_db < 0
    (tmp_path / "take.wav").unlink()
    opened = open_project(migrate(tmp_path / "out", tmp_path / "Music").path, read_only=True)
    ref = opened.document.project.vocal
    assert ref is not None
    assert (opened.missing, ref.name) == ((), "take")
    again = open_ref(opened.folder, ref)
    np.testing.assert_allclose(again.audio.samples, vocal.audio.samples, rtol=1e-4, atol=1e-6)
    (record,) = opened.document.project.candidates
    assert record.origin.vocal_sha256 == ref.sha256


def test_the_models_of_every_candidate_are_its_own(old: Old) -> None:
    project = old.migrated().document.project
    assert [dict(record.origin.models) for record in project.candidates] == [
        {"mel": "7"}, {"mel": "7"}, {"mel": "9"},
    ]  # fmt: skip


def test_all_that_was_said_is_taken_over(old: Old) -> None:
    remarks = {"1": {"hidden": True, "note": "too busy ä"}, "2": {"hidden": False}, "4": {"stars": 5}}
    chords = ["Ebm", "Cb7", "N"]
    project = old.said({"picked": 4, "remarks": remarks, "blind": [4, 1], "chords": chords})
    assert project.picked == 4
    assert opinions(project) == [
        Opinion(hidden=True, note="too busy ä"), Opinion(hidden=False), Opinion(stars=5),
    ]  # fmt: skip
    assert project.blind == (4, 1, 2), "those that the order does not name come last"
    assert project.chords == Chord.parse_many("Ebm Cb7 N")


def test_nothing_is_said_of_candidates_that_there_are_not(old: Old) -> None:
    project = old.said(
        {"picked": 3, "remarks": {"2": {"favourite": True}, "3": {"stars": 2}}, "blind": [3, 2]}
    )
    assert project.picked is None
    assert project.opinions == {2: Opinion(favourite=True)}
    assert project.blind == (2, 1, 4)


@pytest.mark.parametrize(
    "content",
    [
        "{broken",
        "[" * 100_000,
        '{"picked": [], "remarks": {}}',
        '{"blind": 3, "chords": [[]]}',
        "[1]",
        {},
        {"picked": "x", "remarks": [1]},
        {"remarks": {"1": 7}, "chords": ["H7 nonsense"], "blind": None},
        {"picked": True, "chords": 7},
    ],
)
def test_a_damaged_note_is_an_empty_one(old: Old, content: object) -> None:
    project = old.said(content)
    assert opinions(project) == [NO_OPINION] * 3
    assert (project.picked, project.chords, project.blind) == (None, None, None)


def test_values_out_of_range_are_brought_back_into_it(old: Old) -> None:
    project = old.said({"remarks": {"1": {"stars": 99, "hidden": "no"}}})
    assert project.opinion(1) == Opinion(stars=5)


def test_a_damaged_candidate_is_left_out_by_name(old: Old) -> None:
    (old.folder / "candidate_02" / "manifest.json").write_text("{")
    made = migrate(old.folder, old.projects)
    (notice,) = made.notices
    assert notice.startswith("candidate_02 was left out: ")
    assert open_project(made.path, read_only=True).document.project.numbers == (1, 4)


def test_no_project_is_left_behind_of_damaged_candidates_alone(old: Old) -> None:
    for path in old.folder.glob("candidate_*/manifest.json"):
        path.write_text("{")
    with pytest.raises(StudioError, match="Cannot read the candidate"):
        migrate(old.folder, old.projects)
    assert not old.projects.exists() or not list(old.projects.iterdir())


def test_no_project_is_left_behind_when_it_is_cancelled_half_way(old: Old) -> None:
    cancel = CancelToken()

    def step(progress: Progress) -> None:
        if progress.stage == "Taking in candidate 4":
            assert list(old.projects.rglob("candidate.json")), "the first ones are there already"
            cancel.cancel()

    with pytest.raises(JobCancelled):
        migrate(old.folder, old.projects, on_step=step, cancel=cancel)
    assert list(old.projects.iterdir()) == []


def test_a_vocal_that_is_still_there_is_the_original(old: Old, tmp_path: Path) -> None:
    original = write_again(old, tmp_path)
    project = old.migrated().document.project
    assert project.vocal is not None
    assert (project.vocal.sha256, project.vocal.found_at) == (
        old.requests[0].vocal.sha256, str(original),
    )  # fmt: skip


def write_again(old: Old, tmp_path: Path) -> Path:
    """Puts the vocal back, with a report that leads to it."""
    path = tmp_path / "take.wav"
    write_wav(path, make_vocal(2.0).audio)
    assert open_vocal(path).sha256 == replace(old.requests[0]).vocal.sha256
    (old.folder / "report.json").write_text(json.dumps({"vocal": {"path": str(path)}}))
    return path
