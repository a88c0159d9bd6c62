"""The registry of commands: each says what it takes at once, loads nothing for it, and shares its words with others."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.cli import bench
from studio.cli.command import FAILED, OK, WRONG_USE
from studio.cli.main import COMMANDS, make_parser, run
from studio.core.errors import StudioError

NAMES = (
    "app", "generate", "vary", "regenerate", "breed", "taste", "pilot", "bench", "train", "import-fastsag", "inspect",
    "doctor", "export", "comp", "instrument",
)  # fmt: skip
HEAVY = (
    "torch",
    "PySide6",
    "scipy",
    "soundfile",
    "onnxruntime",
    "rich",
    "studio.training",
    "studio.services",
)


def no_window(path: Path | None, device: str) -> int:
    raise AssertionError("a window was opened")


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) == len(NAMES)
    assert run([name, "--help"], no_window) == OK
    assert f"studio {name}" in capsys.readouterr().out


def test_no_help_loads_what_is_heavy() -> None:
    code = (
        "import sys; from studio.cli.main import run\n"
        f"for name in {NAMES}: assert run([name, '--help'], None) == 0\n"
        f"print('HEAVY', [m for m in {HEAVY} if m in sys.modules])"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in listed.stdout


@pytest.mark.parametrize("words", [["generate", "v.wav", "--out", "d"], ["vary", "c"], ["regenerate", "c"]])
def test_what_makes_candidates_takes_the_same_words(words: list[str]) -> None:
    parse = make_parser().parse_args
    options = parse([*words, "--candidates", "8", "--seed", "5", "--bits", "float", "--device", "cpu"])
    assert (options.candidates, options.seed, options.bits, options.device) == (8, 5, "float", "cpu")
    for wrong in (["--candidates", "9"], ["--seed", "-1"], ["--bits", "8"]):
        assert run([*words, *wrong], no_window) == WRONG_USE


def test_without_a_command_the_window_opens() -> None:
    seen: list[tuple[Path | None, str]] = []

    def open_window(path: Path | None, device: str) -> int:
        seen.append((path, device))
        return 7

    assert run([], open_window) == 7
    assert seen == [(None, "auto")]


def test_a_file_or_folder_alone_is_opened_in_the_window(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[Path | None, str]] = []

    def open_window(path: Path | None, device: str) -> int:
        seen.append((path, device))
        return OK

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    (tmp_path / "take.wav").touch()
    for name in ("Song.backline", "vary"):
        (tmp_path / name).mkdir()
    assert run(["take.wav", "--device", "cpu"], open_window) == OK
    assert run(["--traceback", "Song.backline"], open_window) == OK
    assert seen == [(Path("take.wav"), "cpu"), (Path("Song.backline"), "auto")]
    capsys.readouterr()
    assert run(["vary"], no_window) == WRONG_USE, "a command goes before a folder of its name"
    assert capsys.readouterr().err.startswith("studio vary: the following arguments are required: ")


@pytest.mark.parametrize(
    ("word", "hint"), [("genrate", "'studio generate'"), ("tape.wav", "'studio app FILE' opens")]
)
def test_a_first_word_that_is_nothing_is_told_what_may_be_meant(
    word: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([word], no_window) == WRONG_USE
    said = capsys.readouterr().err
    assert f"'{word}' is no command, and no file or folder here" in said
    assert hint in said


def test_what_is_typed_is_told_by_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path | None, device: str) -> int:
        raise StudioError("No", todo="Say it", typed="(--so says it.)")

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert run(["app"], refuse) == FAILED
    assert capsys.readouterr().err == "studio: No. Say it. (--so says it.)\n"


def test_help_is_asked_for_by_its_name_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help"], no_window) == OK
    assert "usage: studio [-h]" in capsys.readouterr().out
    assert run(["help", "vary"], no_window) == OK
    assert "usage: studio vary" in capsys.readouterr().out


def test_a_first_word_says_what_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[str, list[str]]] = []

    def measuring(name: str) -> bench.Measure:
        def measure(
            options: argparse.Namespace, say: Callable[[str], None]
        ) -> tuple[list[str], dict[str, object]]:
            seen.append((name, options.words))
            return [f"{name} measured"], {"figure": 1}

        return measure

    monkeypatch.setattr(bench.bench_speed, "measure", measuring("speed"))
    monkeypatch.setitem(bench.BENCHES, "engines", (measuring("engines"), ""))  # type: ignore[arg-type]
    assert run(["bench", "engines", "mine.wav", "--json", str(tmp_path / "f.json")], no_window) == OK
    assert run(["bench", "other.wav"], no_window) == OK
    assert run(["bench"], no_window) == OK
    assert seen == [("engines", ["mine.wav"]), ("speed", ["other.wav"]), ("speed", [])]
    assert (tmp_path / "f.json").read_text() == '{\n  "figure": 1\n}\n'
    assert "engines measured\nspeed measured" in capsys.readouterr().out


def test_two_vocals_cannot_be_measured_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["bench", "a.wav", "b.wav"], ["bench", "engines", "a.wav", "b.wav"]):
        assert run(words, no_window) == FAILED
        assert "one vocal" in capsys.readouterr().err
