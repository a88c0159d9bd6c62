"""Every writer on a disk that fails at every moment: what stood there stands there still, or the new stands whole."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.audio.files import read_audio
from studio.audio.wav import write_wav
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.ml.weights import load_weights, save_weights
from studio.services.exporting.export import ExportedCandidate, ExportRequest, export_candidate
from studio.services.exporting.export_midi import read_notes, write_midi
from studio.services.exporting.recipe_file import read_recipe, write_recipe
from studio.services.generating import generation_folder
from studio.services.generating.generation_folder import FolderRequest, generate_to_folder
from studio.services.generating.service import GenerationService
from studio.services.project.results import open_results
from studio.services.provenance.marking import SIGNED
from studio.storage.atomic import sweep_parts, write_bytes, write_json, write_text
from studio.storage.audio_settings import AudioSettings, read_audio_settings, write_audio_settings
from studio.storage.recordings import RecordingNote, read_note, write_note
from tests.faults import KINDS, count_steps, failing, killed_at
from tests.services.band import (
    ToneEngine,
    make_analysis,
    make_arrangement,
    make_candidate,
    make_recipe,
    make_vocal,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")

VOCAL = make_vocal(2.0, rate=8000)
ANALYSIS = make_analysis(2.0)
CANDIDATES = {n: make_candidate(VOCAL, ANALYSIS, n) for n in (1, 2)}
RECIPES = {n: make_recipe(CANDIDATES[n]) for n in (1, 2)}


@dataclass(frozen=True)
class Writer:
    """`write` puts version 1 or 2 into a folder, `read` says which of them is there whole, 0 for neither."""

    name: str
    write: Callable[[Path, int], object]
    read: Callable[[Path], int]


def _arrangement(folder: Path, version: int) -> None:
    arrangement = make_arrangement(ANALYSIS.grid)
    if version == 2:
        arrangement.parts["bass"] = replace(arrangement.parts["bass"], notes=())
    write_midi(folder / "a.mid", arrangement, 2.0)


def _weights(folder: Path, version: int) -> None:
    save_weights({"a": torch.full((100,), float(version))}, folder / "w.safetensors", {"v": version})


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, atol=1e-4))


def _wav_version(folder: Path) -> int:
    found = read_audio(folder / "a.wav").samples
    return next((n for n in (1, 2) if _equal(found, CANDIDATES[n].stems["bass"].samples)), 0)


WRITERS = [
    Writer("text", lambda f, v: write_text(f / "a", "x" * v), lambda f: len((f / "a").read_text())),
    Writer("bytes", lambda f, v: write_bytes(f / "a", b"x" * v), lambda f: len((f / "a").read_bytes())),
    Writer(
        "json",
        lambda f, v: write_json(f / "a.json", {"v": v}),
        lambda f: json.loads((f / "a.json").read_text())["v"],
    ),
    Writer(
        "settings",
        lambda f, v: write_audio_settings(f / "s.json", AudioSettings(input_count=v)),
        lambda f: read_audio_settings(f / "s.json").input_count,
    ),
    Writer(
        "note",
        lambda f, v: write_note(f / "take.wav", RecordingNote(48000, start=v)),
        lambda f: getattr(read_note(f / "take.wav"), "start", 0),
    ),
    Writer(
        "recipe",
        lambda f, v: write_recipe(f, replace(RECIPES[v], sound_seed=v)),
        lambda f: getattr(read_recipe(f), "sound_seed", 0),
    ),
    Writer("midi", _arrangement, lambda f: 2 - bool(read_notes(f / "a.mid")["bass"])),
    Writer("wav", lambda f, v: write_wav(f / "a.wav", CANDIDATES[v].stems["bass"]), _wav_version),
    Writer("weights", _weights, lambda f: load_weights(f / "w.safetensors").header["v"]),
]


def parts_in(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob(".*")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, writer: Writer, kind: str) -> None:
    writer.write(tmp_path, 1)
    steps = count_steps(tmp_path, lambda: writer.write(tmp_path, 2))
    assert steps >= 1
    assert writer.read(tmp_path) == 2
    for step in range(0, steps, 3):
        writer.write(tmp_path, 1)
        with pytest.raises((StudioError, OSError)) as caught, failing(tmp_path, step, kind):
            writer.write(tmp_path, 2)
        assert "rror: " not in str(caught.value)
        assert writer.read(tmp_path) == 1
        assert parts_in(tmp_path) == []


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_killed_writer_leaves_the_old_or_the_new(tmp_path: Path, writer: Writer) -> None:
    writer.write(tmp_path, 1)
    step = 0
    while killed_at(tmp_path, step, lambda: writer.write(tmp_path, 2)):
        assert writer.read(tmp_path) in (1, 2)
        sweep_parts(tmp_path)
        assert parts_in(tmp_path) == []
        writer.write(tmp_path, 1)
        step += 1
    assert step >= 1
    assert writer.read(tmp_path) == 2


def _export(parent: Path, version: int) -> ExportedCandidate:
    return export_candidate(
        ExportRequest(
            parent,
            VOCAL,
            ANALYSIS,
            replace(CANDIDATES[version], number=1, recipe=RECIPES[version]),
            version,
            {},
        )
    )


def _whole(parent: Path) -> list[int]:
    """The seeds of all candidates that open, in the order of their names."""
    folders = sorted(parent.glob("candidate_*"))
    return [open_results(folder).seed for folder in folders]


def test_an_export_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _export(out, 1)
    steps = count_steps(tmp_path, lambda: _export(out, 2))
    assert steps > 20
    shutil.rmtree(out / "candidate_01_v02")
    said: list[str] = []
    for step in range(0, steps, 3):
        try:
            with failing(tmp_path, step, KINDS[step % 3]):
                made = _export(out, 2)
        except StudioError as error:
            said.append(str(error))
        else:  # files that could not be marked are files all the same, and it is told
            assert set(made.marks.states.values()) != {SIGNED}, step
            shutil.rmtree(made.folder)
        assert [path.name for path in out.iterdir()] == ["candidate_01"], step
    assert len(said) > 10
    assert not any("System error" in text or "0 MB" in text.replace(".0 MB", "") for text in said)
    assert _whole(out) == [1]


def test_a_killed_export_leaves_nothing_half_done(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _export(out, 1)
    step = 0
    while killed_at(tmp_path, step, lambda: _export(out, 2)):
        sweep_parts(out)
        names = sorted(path.name for path in out.iterdir())
        assert names in (["candidate_01"], ["candidate_01", "candidate_01_v02"]), step
        shutil.rmtree(out / "candidate_01_v02", ignore_errors=True)
        step += 7
    assert step > 28
    assert _whole(out) == [1, 2]


def test_the_next_export_sweeps_what_a_killed_one_left(tmp_path: Path) -> None:
    _export(tmp_path, 1)
    assert killed_at(tmp_path, 12, lambda: _export(tmp_path, 2))
    assert parts_in(tmp_path)
    _export(tmp_path, 2)
    assert parts_in(tmp_path) == []


def _generate(vocal: Path, out: Path, seed: int, overwrite: bool) -> object:
    request = FolderRequest(vocal, out, candidates=2, seed=seed, overwrite=overwrite)
    service = GenerationService(Path("weights"), "cpu", lambda *_: ToneEngine())
    return generate_to_folder(request, service, on_step=lambda _: None, cancel=CancelToken())


@pytest.fixture
def quick_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation_folder, "analyse_vocal", lambda *_, **__: ANALYSIS)


@pytest.fixture
def take(tmp_path: Path, quick_analysis: None) -> Path:
    write_wav(tmp_path / "take.wav", VOCAL.audio)
    return tmp_path / "take.wav"


def _seeds(out: Path) -> set[int]:
    """Of every candidate in the folder and beside it in `earlier`; each must open."""
    return {open_results(path.parent).seed for path in out.rglob("candidate_*/manifest.json")}


def _numbers(out: Path, seed: int) -> list[int]:
    found = [open_results(path.parent) for path in out.rglob("candidate_*/manifest.json")]
    return sorted(results.candidates[0].number for results in found if results.seed == seed)


@pytest.mark.parametrize("overwrite", [True, False])
def test_old_results_go_only_when_new_ones_stand(take: Path, overwrite: bool) -> None:
    out = take.parent / "out"
    _generate(take, out, 1, overwrite)
    old = {path.name: path.read_bytes() for path in out.rglob("*.wav")}
    root = out / "candidate_01"
    steps = count_steps(out, lambda: _generate(take, out, 2, overwrite))
    assert (out / "earlier").exists() != overwrite
    assert _numbers(out, 2) == [1, 2]
    assert _numbers(out, 1) == ([] if overwrite else [1, 2])
    first = None
    # The beginning, where the first candidate is written and takes the place of the old ones, and the end.
    for step in [*range(0, steps, 61), *range(steps - 4, steps)]:
        shutil.rmtree(out)
        _generate(take, out, 1, overwrite)
        try:
            with failing(out, step, KINDS[step % 3]):
                _generate(take, out, 2, overwrite)
        except (StudioError, OSError):
            whole = [1, 2]
        else:  # only a mark could not be written
            assert _numbers(out, 2) == [1, 2], step
            whole = [] if overwrite else [1, 2]
        assert _numbers(out, 1) == whole, step
        assert parts_in(out) == []
        new = _numbers(out, 2)
        if not new:  # nothing new came: nothing moved
            assert root.exists()
            assert not (out / "earlier").exists()
            assert (out / "report.json").exists()
        else:
            first = first or step
    assert first is not None
    assert old


def test_a_killed_generation_loses_nothing(take: Path) -> None:
    out = take.parent / "out"
    _generate(take, out, 1, True)
    step = 0
    while killed_at(out, step, lambda: _generate(take, out, 2, True)):
        sweep_parts(out)
        assert _numbers(out, 1) == [1, 2], step
        assert parts_in(out) == []
        shutil.rmtree(out)
        _generate(take, out, 1, True)
        step += 53
    assert step > 106


def test_a_generation_that_makes_nothing_moves_nothing(take: Path) -> None:
    out = take.parent / "out"
    _generate(take, out, 1, False)

    class Broken(ToneEngine):
        def generate(self, *_: object) -> dict[str, float]:  # type: ignore[override]
            raise StudioError("The engine is broken")

    service = GenerationService(Path("weights"), "cpu", lambda *_: Broken())
    for overwrite in (True, False):
        with pytest.raises(StudioError, match="broken"):
            generate_to_folder(
                FolderRequest(take, out, overwrite=overwrite),
                service,
                on_step=lambda _: None,
                cancel=CancelToken(),
            )
        assert sorted(path.name for path in out.iterdir()) == ["candidate_01", "candidate_02", "report.json"]
