"""What is wrong on the command line is said in one line, with what would be right."""

from __future__ import annotations

import argparse

import pytest

from studio.cli.command import WRONG_USE
from studio.cli.main import COMMANDS, make_parser, run
from studio.cli.options import number, quarters, tuning


def _refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(words, lambda *_: pytest.fail("no window is wanted")) == WRONG_USE
    printed = capsys.readouterr()
    assert not printed.out
    assert printed.err.count("\n") == 1
    return printed.err


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Every command, those of the first level with what they are divided into."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found |= {command.prog: command} | _commands(command)
    return found


def test_every_command_says_what_is_wrong_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    commands = _commands(make_parser())
    assert len(commands) >= len(COMMANDS)
    for prog, command in commands.items():
        with pytest.raises(SystemExit) as ended:
            command.parse_args(["--nothing-like-this"])
        assert ended.value.code == WRONG_USE
        said = capsys.readouterr().err
        assert said.startswith(f"{prog}: ")
        assert said.endswith(f"'{prog} --help' says what can be written.\n")
        assert said.count("\n") == 1


def test_an_option_that_there_is_not_is_told_by_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    said = _refused(["generate", "song.wav", "--out", "x", "--tunning", "442"], capsys)
    assert said == (
        "studio generate: unrecognized arguments: --tunning 442 (is --tuning meant?). "
        "'studio generate --help' says what can be written.\n"
    )
    assert "argument --density: invalid choice: 'loud'" in _refused(
        ["generate", "song.wav", "--out", "x", "--density", "loud"], capsys
    )


@pytest.mark.parametrize(
    ("text", "cents"),
    [("440", 0.0), ("A440", 0.0), ("442", 7.85), ("442 Hz", 7.85), ("415", -101.27), ("466", 99.39), ("443.5", 13.72),
     ("-32", -32.0), ("0", 0.0), ("100", 100.0), ("-100", -100.0)],
)  # fmt: skip
def test_a_tuning_is_hertz_or_cents(text: str, cents: float) -> None:
    assert tuning(text) == pytest.approx(cents, abs=0.01)


@pytest.mark.parametrize("text", ["414", "467", "101", "-101", "220", "loud", "nan", "inf", "442,5", "4_42"])
def test_another_tuning_is_refused_with_both(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = _refused(["generate", "song.wav", "--out", "x", f"--tuning={text}"], capsys)
    assert f"argument --tuning: '{text}' is neither" in said
    assert "from 415 to 466" in said
    assert "from -100 to 100" in said


def test_bar_lines_are_moved_by_halves(capsys: pytest.CaptureFixture[str]) -> None:
    assert [quarters(text) for text in ("0.5", "-1", "8", "-2.5")] == [0.5, -1.0, 8.0, -2.5]
    for text in ("0.3", "-0.25", "1.4999"):
        said = _refused(["generate", "song.wav", "--out", "x", f"--shift-beats={text}"], capsys)
        assert f"'{text}' is no number of halves: bar lines move by 0.5, 1, 1.5 ..., -8 to 8" in said
    assert "'9' is not a number from -8 to 8" in _refused(
        ["generate", "song.wav", "--out", "x", "--shift-beats", "9"], capsys
    )


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [(int, "1.5", "a whole number from 0 to 300"), (int, "1_0", "a whole number"), (float, "1_0", "a number"),
     (float, "93,4", "a number from 0 to 300; decimals begin with a point"), (int, "301", "a whole number")],
)  # fmt: skip
def test_a_number_is_what_it_looks_like(kind: type[int] | type[float], text: str, said: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"'{text}' is not {said}"):
        number(kind, 0, 300)(text)
