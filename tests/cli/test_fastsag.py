"""FastSAG from the command line: import, a real file in, a folder with one band stem out, and back again."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from studio.cli.command import OK
from studio.cli.main import run
from studio.core.engines import ENGINES
from studio.core.errors import StudioError
from studio.ml.fastsag import FastSAG
from studio.ml.fastsag.checkpoint import save_checkpoint
from studio.services.generating.device import check_device
from studio.services.project.results import open_results
from studio.storage import paths
from tests.analysis.singer import melody, sing
from tests.ml.fastsag.conftest import TINY


def _no_window(*_: object) -> int:
    raise AssertionError("no window was asked for")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "user_data_dir", lambda: tmp_path / "data")
    (tmp_path / "data").mkdir()
    return tmp_path


def test_imported_generated_reopened(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    save_checkpoint(FastSAG(TINY), home / "mine.safetensors", {"steps": 0})
    sung = sing(melody()[:4], sample_rate=44_100)
    soundfile.write(home / "vocal.wav", sung.samples.T, sung.sample_rate)
    generate = ["generate", str(home / "vocal.wav"), "--out", str(home / "out"), "--candidates", "1",
                "--engine", "fastsag"]  # fmt: skip

    assert run(["import-fastsag", str(home / "mine.safetensors")], _no_window) == 1  # nobody to ask
    assert "--accept-licence" in capsys.readouterr().err
    assert run(["import-fastsag", str(home / "mine.safetensors"), "--accept-licence"], _no_window) == 0
    said = capsys.readouterr().out
    assert "CC BY-NC 4.0" in said
    assert "untrained" in said

    assert run([*generate, "--style", "pop"], _no_window) == 1
    assert "style" in capsys.readouterr().err
    assert run(generate, _no_window) == 0
    assert "noise, for its weights are untrained" in capsys.readouterr().err
    folder = home / "out" / "candidate_01"
    files = {p.name for p in folder.iterdir()}
    assert files == {
        "vocal.wav",
        "band.wav",
        "mix.wav",
        "arrangement.mid",
        "manifest.json",
        "session.dawproject",
        "session.rpp",
    }
    infos = [soundfile.info(folder / name) for name in ("vocal.wav", "band.wav", "mix.wav")]
    assert {(i.frames, i.samplerate) for i in infos} == {(sung.frames, 44_100)}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert "CC BY-NC" in manifest["licence"]
    assert manifest["settings"]["weights"] == "untrained"
    report = json.loads((home / "out" / "report.json").read_text())
    assert report["status"] == "done"

    (candidate,) = open_results(home / "out").candidates
    assert list(candidate.stems) == ["band"]
    written, _ = soundfile.read(folder / "band.wav", always_2d=True, dtype="float32")
    gain = np.float32(10 ** (-manifest["common_gain_db"] / 20))
    np.testing.assert_allclose(candidate.stems["band"].samples.T, written * gain, atol=1e-6)


def test_what_cannot_run_is_refused_before_anything_is_read(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("open_vocal", "analyse_vocal"):
        monkeypatch.setattr(
            f"studio.services.generating.generation_folder.{name}", lambda *_, **__: pytest.fail("read")
        )
    monkeypatch.setattr("studio.services.listening.guides.read_guide", lambda *_, **__: pytest.fail("read"))
    monkeypatch.setattr("studio.services.generating.device._DRIVERS", {})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (home / "results").write_bytes(b"a file")
    generate = ["generate", str(home / "vocal.wav"), "--guide", str(home / "click.wav"), "--out"]
    fastsag = [*generate, str(home / "out"), "--engine", "fastsag"]
    for words, said in (
        (fastsag, "studio import-fastsag"),
        ([*fastsag, "--weights", str(home / "mine.safetensors")], "no file"),
        ([*generate, str(home / "out"), "--vocoder", str(home / "big.pt")], "no such file"),
        ([*generate, str(home / "out"), "--device", "cuda"], "no usable NVIDIA GPU"),
        ([*generate, str(home / "results")], "is a file"),
        (["generate", "--ticket", str(home / "mix.wav"), "--out", str(home / "results")], "is a file"),
        (["vary", str(home / "candidate_01"), "--device", "cuda"], "no usable NVIDIA GPU"),
        (["taste", "train", "--device", "cuda"], "no usable NVIDIA GPU"),
        (["bench", "--device", "cuda"], "no usable NVIDIA GPU"),
        (["bench", "--json", str(home / "results" / "a.json")], "is a file"),
        (["pilot", "export", "song", "--make", "2", "--out", str(home / "results")], "is a file"),
        (["pilot", "collect", "kit", "--out", str(home / "results")], "is a file"),
        (["train", "all", "--run", str(home / "results" / "one")], "is a file"),
        (["train", "export", "--run", str(home / "run"), "--models", str(home / "results")], "is a file"),
        (["train", "all", "--run", str(home / "run"), "--device", "cuda"], "no usable NVIDIA GPU"),
        (["train", "mel", "--run", str(home / "run"), "--start", str(home / "gone")], "no such file"),
    ):
        assert run(words, _no_window) == 1, words
        assert said in capsys.readouterr().err
    assert sorted(path.name for path in home.iterdir()) == ["data", "results"]


def test_a_gpu_is_refused_early_only_where_there_can_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.services.generating.device._DRIVERS", {})
    for device in ("auto", "cpu"):
        check_device(device)
    with pytest.raises(StudioError, match="NVIDIA"):
        check_device("cuda")
    monkeypatch.setattr("importlib.metadata.version", lambda _: "2.9.0+rocm6.4")
    check_device("cuda")
    monkeypatch.setattr("importlib.metadata.version", lambda _: "2.9.0")
    monkeypatch.setattr("ctypes.CDLL", lambda _: None)
    monkeypatch.setattr("studio.services.generating.device._DRIVERS", {sys.platform: "driver"})
    check_device("cuda")


def test_the_command_line_offers_the_engines_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["generate", "--help"], _no_window) == OK
    offered = re.search(r"--engine \{([^}]*)\}", capsys.readouterr().out)
    assert offered is not None
    assert set(offered[1].split(",")) == set(ENGINES)
