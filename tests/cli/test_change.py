"""`generate` with every wish, then `vary`, `regenerate` and `instrument` on what it made, with an engine of tones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile as sf

from studio.cli.command import FAILED, OK, WRONG_USE
from studio.cli.main import run
from studio.core.controls import Controls
from studio.core.request import Breed, Regenerate, Reinstrument, Vary
from studio.services.generating.service import GenerationService
from studio.storage.paths import resources_dir
from tests.services.band import ToneEngine


@pytest.fixture(scope="module")
def engine() -> ToneEngine:
    return ToneEngine()


def _studio(engine: ToneEngine, *words: str) -> int:
    def no_window(path: Path | None, device: str) -> int:
        raise AssertionError("no window was asked for")

    return run(words, no_window, GenerationService(Path("weights"), "cpu", lambda *_: engine))


@pytest.fixture(scope="module")
def out(engine: ToneEngine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """candidate_01 of six seconds of the demo vocal, made with a wish of each kind."""
    folder = tmp_path_factory.mktemp("vocal")
    samples, rate = sf.read(resources_dir() / "demo_vocal.flac")
    sf.write(folder / "verse.wav", samples[2 * rate : 8 * rate], rate, subtype="PCM_16")
    words = ["--tempo", "120", "--downbeat", "0", "--meter", "4/4", "--candidates", "1", "--style", "folk"]
    words += ["--energy", "low High", "--follow", "close", "--lead", "None", "--bass", "upright bass"]
    assert _studio(engine, "generate", str(folder / "verse.wav"), "--out", str(folder / "out"), *words) == OK
    return folder / "out"


def test_every_wish_reaches_the_generator_and_the_report(engine: ToneEngine, out: Path) -> None:
    report = json.loads((out / "report.json").read_text())["settings"]
    assert (report["energy"], report["follow"]) == (["low", "high"], "close")
    assert report["instruments"] == {"bass": "upright bass", "lead": "none"}


def test_variations_and_new_parts_stand_beside_the_candidate(
    engine: ToneEngine, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parent = str(out / "candidate_01")
    assert _studio(engine, "vary", parent, "--distance", "far", "--candidates", "2", "--seed", "4") == OK
    assert "far variation of 1" in capsys.readouterr().err
    change = engine.asked.change
    assert isinstance(change, Vary)
    assert (change.distance, engine.asked.seed) == ("far", 4)
    wishes = Controls("folk", None, None, ("low", "high"), {"bass": "upright bass", "lead": "none"}, "close")
    assert engine.asked.controls == wishes
    assert _studio(engine, "regenerate", parent, "--bars", "2-3", "--stem", "lead", "--stem", "drums") == OK
    change = engine.asked.change
    assert isinstance(change, Regenerate)
    assert (change.bars, change.stems, change.new_chords) == ((1, 2), ("drums", "lead"), False)
    names = sorted(p.name for p in out.glob("candidate_*"))
    assert names == ["candidate_01", "candidate_02", "candidate_03", "candidate_04"]
    settings = json.loads((out / "candidate_04" / "manifest.json").read_text())["settings"]
    assert settings == {"parent": 1, "change": "new drums, lead in bars 2 to 3"}
    capsys.readouterr()
    words = ["1", "3", "--drums", "3", "--lead", "new", "--mutation", "20", "--seed", "4"]
    assert _studio(engine, "breed", str(out), *words) == OK
    told = capsys.readouterr()
    assert "candidate_05: child of 1 and 3: drums of 3, lead new; " in told.err
    assert f"1 candidate in {out}" in told.out
    change = engine.asked.change
    assert isinstance(change, Breed)
    assert (change.genes, change.mutation) == ({"drums": "b", "lead": "new"}, 0.2)
    assert _studio(engine, "breed", str(out), "1", "9") == FAILED
    assert "no candidate 9" in capsys.readouterr().err
    assert _studio(engine, "breed", str(out), "1", "1") == FAILED
    refused = capsys.readouterr().err
    assert "Cannot breed candidate 1 with itself" in refused
    assert refused.count("\n") == 1


def test_a_stem_on_another_instrument_stands_beside_the_candidate(
    engine: ToneEngine, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(*words: str) -> int:
        return _studio(engine, "instrument", str(out / "candidate_01"), *words)

    assert play("--stem", "bass", "--with", "Finger Bass", "--sound", "recorded") == OK
    assert "from 1: bass on finger bass, recorded; " in capsys.readouterr().err
    change = engine.asked.change
    assert isinstance(change, Reinstrument)
    assert (change.stem, change.instrument, change.sound) == ("bass", "finger bass", "recorded")
    assert engine.asked.controls.instruments == {"bass": "finger bass", "lead": "none"}
    asked = engine.asked
    for words, said in (
        (("--stem", "lead", "--with", "flute"), "lead of candidate 1 is silent"),
        (("--stem", "harmony", "--with", "kazoo"), "no such instrument for harmony"),
        (("--stem", "harmony", "--with", "piano"), "played already"),
    ):
        assert play(*words) == FAILED
        assert said in capsys.readouterr().err
    assert engine.asked is asked  # nothing was begun


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["instrument", "x", "--stem", "bass"], "required: --with"),
        (["instrument", "x", "--stem", "bass", "--with", "y", "--sound", "loud"], "invalid choice"),
        (["regenerate", "x", "--bars", "8-5"], "no range of bars; write 5-8"),
        (["regenerate", "x", "--stem", "vocals"], "invalid choice"),
        (["vary", "x", "--distance", "wide"], "invalid choice"),
        (["generate", "x", "--out", "y", "--energy", "loud"], "not one or more of hush, low, medium, high"),
        (
            ["generate", "x", "--out", "y", "--bass", "kazoo"],
            "the bass stem has no 'kazoo'; choose from none, finger",
        ),
    ],
)
def test_wrong_use_says_what_is_possible(
    engine: ToneEngine, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert _studio(engine, *words) == WRONG_USE
    assert message in capsys.readouterr().err


def test_a_folder_that_is_no_candidate_and_bars_that_are_not_there(
    engine: ToneEngine, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _studio(engine, "vary", str(out)) == FAILED
    assert "the folder of one candidate" in capsys.readouterr().err
    assert _studio(engine, "regenerate", str(out / "candidate_01"), "--bars", "90") == FAILED
    assert "no such bars" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["vary"], ["regenerate"], ["instrument", "--stem", "bass", "--with", "pick bass"], ["breed", "1", "2"]],
)
def test_a_project_is_to_be_exported_first(
    engine: ToneEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    project = tmp_path / "Song.backline"
    project.mkdir()
    (project / "journal.jsonl").touch()
    name, *more = words
    assert _studio(engine, name, str(project), *more) == FAILED
    said = capsys.readouterr().err
    assert "Found: a project." in said
    assert f"Export it first: studio export {project} --out FOLDER, or Ctrl+E" in said
