"""A song on the desk: its chords, and what an export writes of a candidate made from another vocal than today's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.audio.wav import write_wav
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.music import Meter
from studio.core.origin import Origin
from studio.core.project import Project
from studio.services.project.analyses import keep_analysis
from studio.services.project.candidates import write_candidate
from studio.services.project.document import Document, State
from studio.services.project.song import ExportJob, Song, export_request, ref_of
from studio.services.vocal import Vocal, open_vocal
from studio.storage.project_folder import ProjectFolder
from tests.services.band import make_analysis, make_candidate, make_vocal


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    folder = ProjectFolder(tmp_path / "song.backline")
    folder.make()
    return folder


def sung(path: Path, level: float) -> Vocal:
    write_wav(path, make_vocal(2.0, level=level).audio)
    return open_vocal(path)


def job(folder: ProjectFolder, vocal: Vocal, origin: Origin, *at_hand: Vocal) -> ExportJob:
    """A candidate of that origin, to be exported."""
    analysis = make_analysis(2.0)
    record, candidate = write_candidate(folder, make_candidate(vocal, analysis, 3), origin)
    return ExportJob(folder, record, candidate, "Lied", {v.sha256: v for v in at_hand}, Path("out"))


def test_an_export_has_the_vocal_analysis_seed_and_models_the_candidate_was_made_with(
    folder: ProjectFolder, tmp_path: Path
) -> None:
    first, today = sung(tmp_path / "one.wav", 0.3), sung(tmp_path / "two.wav", 0.2)
    grids = [BeatGrid.regular(bpm, Meter(4, 4), 2.0) for bpm in (120.0, 90.0)]
    for name, grid in zip(("then", "now"), grids, strict=True):
        keep_analysis(folder, name, make_analysis(2.0, grid))
    origin = Origin(first.sha256, "then", seed=2, models={"mel": "abc"})
    request = export_request(job(folder, first, origin, first, today))
    assert (request.vocal, request.analysis.grid) == (first, grids[0])
    assert (request.seed, dict(request.models), request.candidate.number) == (2, {"mel": "abc"}, 3)
    assert request.parent == Path("out")


def test_a_vocal_that_is_not_open_is_read_from_the_project(folder: ProjectFolder, tmp_path: Path) -> None:
    first, today = sung(tmp_path / "one.wav", 0.3), sung(tmp_path / "two.wav", 0.2)
    keep_analysis(folder, "then", make_analysis(2.0))
    exported = job(folder, first, Origin(first.sha256, "then"), today)
    with pytest.raises(StudioError, match="the vocal of candidate 3"):
        export_request(exported)
    folder.keep_audio(first.path, ref_of(first))
    vocal = export_request(exported).vocal
    assert (vocal.sha256, vocal.name) == (first.sha256, "Lied")


def test_an_analysis_that_is_gone_is_told(folder: ProjectFolder, tmp_path: Path) -> None:
    vocal = sung(tmp_path / "one.wav", 0.3)
    with pytest.raises(StudioError, match="what was heard for candidate 3"):
        export_request(job(folder, vocal, Origin(vocal.sha256, "then"), vocal))


def test_a_song_nobody_listened_to_has_no_chords_and_then_those_that_were_heard() -> None:
    vocal = make_vocal(8.0)
    song = Song(Document(State(Project(vocal=ref_of(vocal)))), None, vocal, vocal)
    assert song.bar_chords() == ()
    analysis = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0))
    assert replace(song, analysis=analysis).bar_chords() == analysis.chords
