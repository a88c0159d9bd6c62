"""What export wrote, opened again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.audio.wav import write_wav
from studio.core.analysis import Given, Syllable
from studio.core.controls import NETWORK, RECORDED, Controls
from studio.core.errors import StudioError
from studio.core.music import Chord, Key
from studio.services.exporting.export import ExportRequest, export_candidate
from studio.services.exporting.recipe_file import read_recipe
from studio.services.project.results import open_results
from studio.services.vocal import open_vocal
from studio.storage.atomic import write_json
from studio.storage.json_file import BadFile
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal


@pytest.fixture(params=[0.1, 0.5], ids=["untouched", "lowered"])
def exported(tmp_path: Path, request: pytest.FixtureRequest) -> ExportRequest:
    """Two candidates of a vocal on disk, in the second case so loud that the export lowers them."""
    write_wav(tmp_path / "take.wav", make_vocal().audio)
    vocal = open_vocal(tmp_path / "take.wav")
    analysis = make_analysis(3.0, given=Given(tempo_bpm=120.0, key=Key.parse("A minor")))
    candidate = make_candidate(vocal, analysis, level=request.param)
    first = ExportRequest(tmp_path / "out", vocal, analysis, candidate, 7, {"mel": "ab"})
    assert (export_candidate(first).gain_db < 0) == (request.param == 0.5)
    export_candidate(replace(first, candidate=make_candidate(vocal, analysis, 2)))
    return first


def test_candidates_come_back_as_they_were_made(exported: ExportRequest) -> None:
    results = open_results(exported.parent)
    assert [c.number for c in results.candidates] == [1, 2]
    assert results.given == exported.analysis.given
    assert (results.seed, results.models) == (7, {"mel": "ab"})
    candidate, wanted = results.candidates[0], exported.candidate
    for stem, audio in wanted.stems.items():
        assert np.allclose(candidate.stems[stem].samples, audio.samples, rtol=1e-4, atol=1e-6)
    assert candidate.arrangement.chords == wanted.arrangement.chords
    assert candidate.arrangement.key == wanted.arrangement.key
    assert np.allclose(candidate.arrangement.grid.times_s, wanted.arrangement.grid.times_s, atol=1e-6)
    assert candidate.arrangement.parts["bass"].instrument == "pick bass"
    (note,) = candidate.arrangement.parts["bass"].notes
    assert note.start_s == pytest.approx(0.5, abs=0.001)


def test_the_original_vocal_is_used_while_it_is_there_unchanged(exported: ExportRequest) -> None:
    original = exported.vocal.path
    write_json(exported.parent / "report.json", {"vocal": {"path": str(original)}})
    results = open_results(exported.parent)
    assert results.vocal.path == original
    assert results.vocal.sha256 == exported.vocal.sha256

    write_wav(original, make_vocal(level=0.2).audio)  # another take under the same name
    results = open_results(exported.parent / "candidate_02")
    assert [c.number for c in results.candidates] == [2]
    assert results.vocal.path == exported.parent / "candidate_02" / "vocal.wav"
    assert (results.vocal.name, results.vocal.sha256) == ("take", exported.vocal.sha256)
    assert np.allclose(results.vocal.audio.samples, exported.vocal.audio.samples, rtol=1e-4, atol=1e-6)


def test_recipe_and_analysis_come_back(exported: ExportRequest) -> None:
    assert open_results(exported.parent).candidates[0].recipe is None
    controls = Controls(
        "pop",
        "busy",
        Chord.parse_many("Am F#dim"),
        ("low", "high"),
        {"lead": "none"},
        follow="close",
        sound=RECORDED,
    )
    renderers = {"drums": RECORDED, "bass": NETWORK}
    recipe = replace(make_recipe(exported.candidate, controls), renderers=renderers)
    export_candidate(replace(exported, candidate=replace(exported.candidate, number=3, recipe=recipe)))
    results = open_results(exported.parent)
    again = results.candidates[2].recipe
    assert again is not None
    np.testing.assert_array_equal(again.score.tokens, recipe.score.tokens)
    np.testing.assert_array_equal(again.score.globals, recipe.score.globals)
    assert (again.noise, again.sound_seed) == (recipe.noise, recipe.sound_seed)
    assert (again.gains, again.controls, again.renderers) == (recipe.gains, controls, renderers)
    analysis, wanted = results.analyses[3], exported.analysis
    assert (analysis.notes, analysis.key, analysis.chords) == (wanted.notes, wanted.key, wanted.chords)
    assert np.allclose(analysis.grid.times_s, wanted.grid.times_s, atol=1e-6)
    assert (analysis.given, analysis.confidence) == (wanted.given, wanted.confidence)


INPUTS = Path(__file__).parents[2] / "inputs"


def damage_it(folder: Path, damage: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    if damage == "text":
        path.write_text("{")
    elif damage == "deep":
        path.write_text("[" * 100_000)
    elif damage == "field":
        del manifest["beats_s"]
        path.write_text(json.dumps(manifest))
    elif damage == "beats":
        path.write_text(json.dumps({**manifest, "beats_s": manifest["beats_s"][::-1]}))
    elif damage == "instrument":
        path.write_text(json.dumps({**manifest, "instruments": {"bass": "kazoo"}}))
    elif damage == "key signature":
        shutil.copy(INPUTS / "arrangement_keysig_mode_byte_2.mid", folder / "arrangement.mid")
    else:
        (folder / "arrangement.mid").write_bytes(b"MThd")


DAMAGES = ["text", "deep", "field", "beats", "instrument", "key signature", "midi"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_candidate_is_a_clear_error(exported: ExportRequest, damage: str) -> None:
    damage_it(exported.parent / "candidate_01", damage)
    with pytest.raises(StudioError, match="Cannot read the candidate") as caught:
        open_results(exported.parent / "candidate_01")
    assert "\n" not in str(caught.value)
    assert caught.value.seen


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_whole_ones_beside_it_are_opened_and_it_is_named(exported: ExportRequest, damage: str) -> None:
    damage_it(exported.parent / "candidate_01", damage)
    results = open_results(exported.parent)
    assert [c.number for c in results.candidates] == [2]
    assert len(results.warnings) == 1
    assert results.warnings[0].startswith("candidate_01 was left out: ")


@pytest.mark.parametrize("content", ['{"tokens": [[1, 2]]}', "[" * 100_000, None])
def test_a_damaged_recipe_costs_the_recipe_only(exported: ExportRequest, content: str | None) -> None:
    path = exported.parent / "candidate_01" / "recipe.json"
    if content is None:
        shutil.copy(INPUTS / "recipe_token_1e30.json", path)
    else:
        path.write_text(content)
    with pytest.raises(BadFile):
        read_recipe(path.parent)
    results = open_results(exported.parent)
    assert [c.number for c in results.candidates] == [1, 2]
    assert results.candidates[0].recipe is None
    assert "can be heard but not varied" in results.warnings[0]


def test_what_only_informs_may_be_missing(exported: ExportRequest) -> None:
    path = exported.parent / "candidate_01" / "manifest.json"
    manifest = json.loads(path.read_text())
    for name in ("seed", "models", "settings", "vocal", "generator", "licence", "files", "style", "encoding"):
        del manifest[name]
    path.write_text(json.dumps(manifest))
    results = open_results(exported.parent)
    assert [c.number for c in results.candidates] == [1, 2]
    assert results.warnings == ()


def test_a_newer_schema_is_refused_politely(exported: ExportRequest) -> None:
    path = exported.parent / "candidate_01" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 99}))
    with pytest.raises(StudioError, match="newer Backline"):
        open_results(path.parent)


@pytest.mark.parametrize(
    "report", ['{"vocal": {"path": 3}}', "[" * 100_000, "[]", '{"vocal": {"path": "/dev/stdin"}}']
)
def test_a_damaged_report_refuses_nothing(exported: ExportRequest, report: str) -> None:
    (exported.parent / "report.json").write_text(report)
    assert len(open_results(exported.parent).candidates) == 2


def test_syllables_tuning_and_what_was_heard_come_back(exported: ExportRequest) -> None:
    analysis = replace(
        exported.analysis,
        syllables=(Syllable(0.5, 0.45, 0.9, 0.8, -21.5, 64.25, (0.1, 0.0, -0.2)), Syllable(1.0, 0.95, 1.2)),
        tuning_cents=-12.5,
        heard="instrument",
        given=replace(exported.analysis.given, drift=False, tuning=-12.5),
    )
    candidate = replace(exported.candidate, number=4)
    export_candidate(replace(exported, analysis=analysis, candidate=candidate))
    again = open_results(exported.parent).analyses[4]
    assert (again.syllables, again.tuning_cents, again.heard) == (analysis.syllables, -12.5, "instrument")
    assert again.given == analysis.given


def test_a_folder_without_candidates_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="no candidates in it"):
        open_results(tmp_path)
    with pytest.raises(StudioError, match="no such folder"):
        open_results(tmp_path / "nowhere")
