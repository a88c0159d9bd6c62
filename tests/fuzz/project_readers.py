# ruff: noqa: PT018
"""The readers of a project's files, and of the list of projects: one song with everything in it, one file of which is
damaged."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.fuzz.reader import Reader

if TYPE_CHECKING:
    from studio.core.project import Project
    from studio.services.project.opening import Opened

_FOLDER = "Lied.backline"


def project_readers() -> list[Reader]:
    """All of them."""
    return [
        _project("project.json", "project.json"),
        _project("project.json alone", "project.json", without="journal.jsonl"),
        _project("journal.jsonl", "journal.jsonl"),
        _project("journal.jsonl alone", "journal.jsonl", without="project.json"),
        _project("project that is worked on", "project.json", without="journal.jsonl", read_only=False, share=0.3),
        _project("journal that is worked on", "journal.jsonl", read_only=False, share=0.3),
        _project("ratings of a project", "ratings.db", read_only=False, share=0.3, never_raises=True),
        _whole_lines(),
        _lock(),
        _candidate(),
        _fit(),
        _analysis(),
        _recent(),
        _view(),
        _ratings(),
    ]  # fmt: skip


def make_project(folder: Path) -> Path:
    """A song with a take, a candidate, all that can be said of it, and something to undo and to redo."""
    from studio.audio.wav import write_wav
    from studio.core.commands import AddCandidate, Pick, SetNotes, SetOpinion
    from studio.core.opinion import Opinion
    from studio.core.origin import Origin
    from studio.core.project import Project
    from studio.services.measuring.fit_report import report_fit
    from studio.services.project.analyses import keep_analysis
    from studio.services.project.candidates import keep_fit, write_candidate
    from studio.services.project.document import Document, State
    from studio.services.project.opening import create_project
    from studio.services.project.song import ref_of
    from studio.services.vocal import open_vocal
    from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal
    from tests.services.project.commands import random_command

    path = folder / _FOLDER
    shutil.rmtree(path, ignore_errors=True)
    write_wav(folder / "take.wav", make_vocal(2.0, rate=8000).audio)
    vocal = open_vocal(folder / "take.wav")
    ref, analysis = ref_of(vocal), make_analysis(2.0)
    candidate = make_candidate(vocal, analysis)
    candidate = dataclasses.replace(candidate, recipe=make_recipe(candidate))
    state = State(Project(title="Lied", vocal=ref))
    store = create_project(folder, state, path=path)
    try:
        store.folder.keep_audio(vocal.path, ref)
        keep_analysis(store.folder, "heard", analysis)
        origin = Origin(vocal.sha256, "heard", seed=3, models={"mel": "ab"})
        record, made = write_candidate(store.folder, candidate, origin)
        keep_fit(store.folder, record.folder, report_fit(made, analysis))
        document = Document(state, store)
        document.do(AddCandidate(record))
        document.do(SetOpinion(1, Opinion(favourite=True, stars=3, note="gut “so”"), "Rate candidate 1"))
        document.do(Pick(1, "Pick candidate 1"))
        chance = random.Random(3)
        for _ in range(40):
            document.do(random_command(document.project, chance))
        for text in "ab":
            document.do(SetNotes(text))
        document.undo()
    finally:
        store.close()
    return path


def _project(
    name: str,
    file_name: str,
    *,
    without: str = "",
    read_only: bool = True,
    share: float = 1.0,
    never_raises: bool = False,
) -> Reader:
    """A project of which one file is damaged and perhaps another is gone. What opening writes is undone each time."""
    good: list[Path] = []

    def make(folder: Path) -> Path:
        path = make_project(folder)
        if without:
            (path / without).unlink()
        good[:] = [folder / "good"]
        shutil.rmtree(good[0], ignore_errors=True)
        if not read_only:
            shutil.copytree(path, good[0])
        return path / file_name

    def read(path: Path) -> object:
        try:
            return _opened(path.parent, read_only)
        finally:
            if not read_only:
                shutil.rmtree(path.parent)
                shutil.copytree(good[0], path.parent)

    return Reader(name, make, read, share, never_raises)


def _opened(path: Path, read_only: bool = True) -> Opened:
    """Opens a project and looks at all of it; one that is worked on is closed again and must open without a word."""
    from studio.services.project.opening import open_project
    from studio.services.project.store import ProjectStore
    from studio.storage.lock import NAME

    opened = open_project(path, read_only=read_only)
    try:
        _look_at(opened.document.project)
    finally:
        if isinstance(opened.document.keeper, ProjectStore):
            opened.document.keeper.close()
    if not read_only:
        assert not (path / NAME).exists()
        for name in ("", "project.json", "journal.jsonl"):  # either of the two is enough
            if name:
                (path / name).rename(path / "away")
            again = open_project(path, read_only=True)
            assert not again.notices, again.notices
            assert again.document.state == opened.document.state, f"without {name}"
            if name:
                (path / "away").rename(path / name)
    for notice in opened.notices:
        assert "\n" not in notice and len(notice) < 1200, notice
        notice.encode("utf-8")
    return opened


def _look_at(project: Project) -> None:
    """What is read must be of use: shown, and said again."""
    from studio.core.grid import BeatGrid
    from studio.core.music import Meter
    from studio.storage.codec import from_json, to_json

    grid = BeatGrid.regular(120.0, Meter(4, 4), 4.0)
    assert len(project.bar_chords(grid, ())) in (0, grid.bars)
    assert project.hidden({1}) <= set(project.numbers)
    assert from_json(type(project), to_json(project), "it") == project


def _whole_lines() -> Reader:
    """A journal whose checksums are right and whose entries are not, as a newer program or a fault could write it."""

    def make(folder: Path) -> Path:
        from studio.storage.journal import read_journal

        entries = read_journal(make_project(folder) / "journal.jsonl").entries
        path = folder / "entries.json"
        path.write_text(json.dumps({"entries": entries}))
        return path

    def read(path: Path) -> object:
        from studio.storage.journal import write_journal

        project = path.parent / _FOLDER
        (project / "project.json").unlink(missing_ok=True)
        try:
            entries: Any = json.loads(path.read_bytes())["entries"]
            write_journal(project / "journal.jsonl", [entry for entry in entries if isinstance(entry, dict)])
        except (ValueError, KeyError, TypeError, RecursionError):
            return None  # no program writes such a journal
        return _opened(project)

    return Reader("entries of a journal", make, read)


def _lock() -> Reader:
    def make(folder: Path) -> Path:
        from studio.storage import lock

        assert lock.acquire(folder) is None
        return folder / lock.NAME

    def read(path: Path) -> object:
        from studio.storage import lock

        holder = lock.acquire(path.parent)
        if holder is not None:
            str(holder).encode("utf-8")
        else:
            assert lock.acquire(path.parent) is not None, "it is held now"
            lock.release(path.parent)
        return holder

    return Reader("lock.json", make, read, share=0.5, never_raises=True)


def _candidate() -> Reader:
    def make(folder: Path) -> Path:
        return make_project(folder) / "candidates" / "01" / "candidate.json"

    def read(path: Path) -> object:
        from studio.services.project.candidates import read_candidate
        from studio.storage.project_folder import ProjectFolder

        record, candidate = read_candidate(ProjectFolder(path.parents[2]), "01")
        arrangement = candidate.arrangement
        str(arrangement.bar_chords()), str(arrangement.grid.tempo_bpm), str(record)
        for stem in candidate.stems:
            assert np.isfinite(candidate.stems[stem].samples).all()
        if candidate.recipe is not None:
            assert candidate.recipe.score.tokens.ndim == 2
        return candidate

    return Reader("candidate.json", make, read)


def _fit() -> Reader:
    def make(folder: Path) -> Path:
        return make_project(folder) / "candidates" / "01" / "fit.json"

    def read(path: Path) -> object:
        from studio.services.project.candidates import read_fit
        from studio.storage.project_folder import ProjectFolder

        fit = read_fit(ProjectFolder(path.parents[2]), "01")
        return fit and fit.problems

    return Reader("fit.json", make, read, share=0.5, never_raises=True)


def _analysis() -> Reader:
    def make(folder: Path) -> Path:
        from studio.core.analysis import PitchTrack, Reading, Syllable
        from studio.services.project.analyses import keep_analysis
        from studio.storage.project_folder import ProjectFolder
        from tests.services.band import make_analysis

        project = ProjectFolder(make_project(folder))
        plain, frames = make_analysis(2.0), np.linspace(0, 2, 20)
        track = PitchTrack(frames, *(frames.astype(np.float32) for _ in range(3)))
        analysis = dataclasses.replace(
            plain,
            pitch=track,
            syllables=(Syllable(0.5, 0.45, 0.9, 0.8, -21.5, 64.25, (0.1, 0.0, -0.2)),),
            alternatives=(Reading(plain.grid, plain.chords, 0.3),),
        )
        keep_analysis(project, "full", analysis)
        return project.analyses / "full.json"

    def read(path: Path) -> object:
        from studio.services.project.analyses import read_analysis
        from studio.storage.project_folder import ProjectFolder

        analysis = read_analysis(ProjectFolder(path.parents[1]), "full")
        assert analysis is not None
        assert np.isfinite(analysis.tempo_bpm) and analysis.tempo_bpm > 0
        pitch = analysis.pitch
        assert pitch.f0_hz.shape == pitch.times_s.shape == pitch.confidence.shape == pitch.loudness_db.shape
        assert pitch.times_s.ndim == 1
        for reading in analysis.alternatives:
            analysis.read_as(reading)
        return analysis.with_equal_readings(2)

    return Reader("analysis", make, read)


def _recent() -> Reader:
    def make(folder: Path) -> Path:
        from studio.storage.recent import RecentProject, RecentProjects

        recent = RecentProjects(folder / "recent.json")
        recent.add(RecentProject(str(folder), "Lied", "ab", "2026-01-01T00:00:00+00:00", 3))
        recent.add(RecentProject(str(folder / "gone"), "歌", "cd", imported_from=str(folder / "old")))
        return folder / "recent.json"

    def read(path: Path) -> object:
        from studio.storage.recent import RecentProject, RecentProjects

        recent = RecentProjects(path)
        found = recent.read()
        assert all(project.is_there in (True, False) for project in found)
        recent.of_vocal("ab"), recent.imported(path.parent / "old")
        recent.add(RecentProject("/new", "New"))
        assert recent.read()[0].title == "New" and len(recent.read()) >= len(found)
        return found

    return Reader("recent.json", make, read, share=0.5, never_raises=True)


def _view() -> Reader:
    def make(folder: Path) -> Path:
        from studio.core.screen import Verdict
        from studio.storage.view_state import NAME, ViewState, keep_view

        said = Verdict(best="a", stars={"b": 4}, heard_s={"a": 4.25, "b": 0.5}, plays={"a": 2}, took_s=9.0)
        keep_view(folder, ViewState(12.5, (3.0, 20.25), (0.0, 0.4), {7: said}))
        return folder / NAME

    def read(path: Path) -> object:
        from studio.storage.view_state import read_view

        return read_view(path.parent)

    return Reader("view.json", make, read, share=0.3, never_raises=True)


def _ratings() -> Reader:
    def make(folder: Path) -> Path:
        from studio.core.screen import Verdict
        from studio.storage.ratings import NAME, RatingsFile, Saying, Vote

        for path in folder.glob(f"{NAME}*"):
            path.unlink()
        ratings = RatingsFile(folder / NAME)
        ratings.write(
            Saying(n, "2026-01-01", n % 3, "opinion", True, 3, None, f"note {n}") for n in range(1, 30)
        )
        ratings.write_votes([Vote(7, "now", 1, Verdict("a", "b", stars={"a": 4}, heard_s={"a": 6.5}))])
        ratings.take_back(4)
        ratings.close()
        return folder / NAME

    def read(path: Path) -> object:
        from studio.storage.ratings import RatingsFile, Saying

        for beside in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        ratings = RatingsFile(path)
        with contextlib.closing(ratings):
            ratings.votes()
            for saying in ratings.read():
                assert isinstance(saying.entry, int) and isinstance(saying.at, str)
                assert isinstance(saying.note, str) and isinstance(saying.stars, int)
            ratings.write([Saying(99, "now", 1, "pick")])
            ratings.take_back(99)
        return ratings

    return Reader("ratings.db", make, read)
