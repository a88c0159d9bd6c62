"""A change on the command line makes new folders beside the old, and asks the generator for what was said."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from studio.audio.wav import write_wav
from studio.core.candidate import Candidate
from studio.core.controls import Controls
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.jobs import CancelToken
from studio.core.music import Meter
from studio.core.request import Breed, GenerationRequest, Regenerate, Vary
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.generating.change_folder import (
    FolderBreed,
    FolderChange,
    breed_in_folder,
    change_in_folder,
)
from studio.services.generating.service import GenerationService
from studio.services.project.results import open_results
from studio.services.vocal import open_vocal
from tests.services.band import ToneEngine, make_analysis, make_candidate, make_recipe, make_vocal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """candidate_02 of a vocal of five bars; the ruler's bar 1 is the grid's second."""
    write_wav(tmp_path / "take.wav", make_vocal(8.0).audio)
    vocal = open_vocal(tmp_path / "take.wav")
    analysis = make_analysis(8.0, BeatGrid.regular(120.0, Meter(4, 4), 8.0, 1.0))
    candidate = make_candidate(vocal, analysis, 2)
    candidate = replace(candidate, recipe=make_recipe(candidate, Controls(density="busy")))
    return export_candidate(ExportRequest(tmp_path / "out", vocal, analysis, candidate, 7, {})).folder


def _change(request: FolderChange) -> tuple[GenerationRequest, list[str]]:
    engine, made = ToneEngine(), []

    def on_exported(_: Candidate, exported: ExportedCandidate) -> None:
        made.append(exported.folder.name)

    change_in_folder(
        request,
        GenerationService(Path("weights"), "cpu", lambda *_: engine),
        on_step=lambda _: None,
        cancel=CancelToken(),
        on_exported=on_exported,
    )
    return engine.asked, made


def test_new_candidates_stand_beside_the_old_which_stays(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    asked, made = _change(FolderChange(folder, distance="near", candidates=2, seed=5))
    assert made == ["candidate_03", "candidate_04"]
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert [c.number for c in open_results(folder.parent).candidates] == [2, 3, 4]
    assert isinstance(asked.change, Vary)
    assert (asked.change.distance, asked.seed, asked.controls.density) == ("near", 5, "busy")


def test_bars_are_counted_as_the_ruler_counts_them(folder: Path) -> None:
    asked, _ = _change(FolderChange(folder, bars=(1, 2), stems=("drums",)))
    assert isinstance(asked.change, Regenerate)
    assert asked.change.bars == (1, 2)
    assert asked.change.parent.arrangement.grid.times_s[asked.change.beats[0]] == pytest.approx(1.0)
    assert asked.change.stems == ("drums",)


def test_what_cannot_be_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"no such bars.*3 to 9.*bars from 0 to 4"):
        _change(FolderChange(folder, bars=(3, 9)))
    with pytest.raises(StudioError, match=r"no manifest\.json"):
        _change(FolderChange(folder.parent))
    (folder / "recipe.json").unlink()
    with pytest.raises(StudioError, match="Generate again"):
        _change(FolderChange(folder))


def _bred(folder: Path, **asked: object) -> tuple[GenerationRequest, list[str]]:
    engine, made = ToneEngine(), []

    def on_exported(_: Candidate, exported: ExportedCandidate) -> None:
        made.append(exported.folder.name)

    breed_in_folder(
        FolderBreed(folder, (2, 3), **asked),  # type: ignore[arg-type]
        GenerationService(Path("weights"), "cpu", lambda *_: engine),
        on_step=lambda _: None,
        cancel=CancelToken(),
        on_exported=on_exported,
    )
    return engine.asked, made


def test_children_stand_beside_their_parents_and_say_whose_they_are(folder: Path) -> None:
    with pytest.raises(StudioError, match="no candidate 3"):
        _bred(folder.parent)
    _change(FolderChange(folder, distance="far", seed=5))
    asked, made = _bred(
        folder.parent, genes={"drums": "3", "lead": "blend"}, mutation=0.25, candidates=2, seed=9
    )
    assert made == ["candidate_04", "candidate_05"]
    assert isinstance(asked.change, Breed)
    assert [parent.number for parent in asked.change.parents] == [2, 3]
    assert (asked.change.genes, asked.change.mutation) == ({"drums": "b", "lead": "blend"}, 0.25)
    assert (asked.candidates, asked.seed, asked.controls.density) == (2, 9, "busy")
    for genes, word in (({"bass": "7"}, "bass"), ({"sound": "blend"}, "sound")):
        with pytest.raises(StudioError, match=word):
            _bred(folder.parent, genes=genes)


def test_parents_of_other_vocals_or_beats_are_refused(folder: Path, tmp_path: Path) -> None:
    for seconds, shift, word in ((8.0, 1.2, "same beats"), (9.0, 1.0, "different vocals")):
        write_wav(tmp_path / "take.wav", make_vocal(seconds).audio)
        vocal = open_vocal(tmp_path / "take.wav")
        analysis = make_analysis(seconds, BeatGrid.regular(120.0, Meter(4, 4), seconds, shift))
        other = make_candidate(vocal, analysis, 3)
        other = replace(other, recipe=make_recipe(other))
        made = export_candidate(ExportRequest(folder.parent, vocal, analysis, other, 7, {})).folder
        with pytest.raises(StudioError, match=word) as refused:
            _bred(folder.parent)
        # Options are the command line's own: the window says the same refusal.
        assert "--" not in str(refused.value)
        assert ("--tempo" in refused.value.typed) == (word == "same beats")
        shutil.rmtree(made)
