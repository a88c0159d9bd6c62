"""What may be written on the command line: the types of options, and the options that several commands share.

A type is a function of the text for argparse; what it refuses, it says in the words of the command line.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from studio.core.errors import StudioError
from studio.core.instruments import choices

if TYPE_CHECKING:
    from studio.audio.wav import Encoding
    from studio.core.music import Chord, Key, Meter

T = TypeVar("T")
Number = TypeVar("Number", int, float)

ENCODINGS: dict[str, Encoding] = {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}


def add_making(parser: argparse.ArgumentParser, *, candidates: int) -> None:
    """--candidates, --seed, --bits and --device, of all commands that make candidates of their own."""
    parser.add_argument(
        "--candidates",
        type=number(int, 1, 8),
        default=candidates,
        metavar="N",
        help=f"1 to 8 (default {candidates})",
    )
    parser.add_argument(
        "--seed",
        type=number(int, 0, 2**31 - 1),
        default=1,
        metavar="N",
        help="the same seed, the same music (default 1)",
    )
    add_written(parser)


def add_written(parser: argparse.ArgumentParser) -> None:
    """--bits and --device, of all commands that make candidates."""
    parser.add_argument("--bits", choices=tuple(ENCODINGS), default="24", help="sample format (default 24)")
    add_device(parser)


def add_device(parser: argparse.ArgumentParser) -> None:
    """--device, of all commands that compute."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute (default: CUDA if present)",
    )


def number(kind: type[Number], low: float, high: float) -> Callable[[str], Number]:
    """An argparse type: a number within bounds."""

    def parse(text: str) -> Number:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:.12g} to {high:.12g}")
        return value

    return parse


def _parsed_by(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except StudioError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def key(text: str) -> Key:
    from studio.core.music import Key

    return _parsed_by(Key.parse, text)


def meter(text: str) -> Meter:
    from studio.core.music import Meter

    return _parsed_by(Meter.parse, text)


def tuning(text: str) -> float:
    """An argparse type: cents above A = 440 Hz."""
    if text.strip() in ("440", "A440", "a440"):
        return 0.0
    return number(float, -100, 100)(text)


def folder(text: str) -> Path:
    """An argparse type: a folder by name; an empty name, as of a variable that is not set, means no folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("no name of a folder; the current one is '.'")
    return Path(text)


def chords(text: str) -> tuple[tuple[Chord, ...], tuple[Chord, ...]]:
    """An argparse type: chords from the first full bar on, and those of the pickup, which come first in brackets."""
    from studio.core.music import Chord

    line = re.fullmatch(r"\s*(?:\(([^()]*)\))?([^()]*)", text)
    if line is None:
        raise argparse.ArgumentTypeError(
            "brackets are for the bars of a pickup, once and before all others: '(G) C F'"
        )
    pickup, chords = (_parsed_by(Chord.parse_many, part or "") for part in line.groups())
    if not chords:
        raise argparse.ArgumentTypeError("no chords in it; give one a bar, such as 'Am F C G'")
    return chords, pickup


def energy(text: str) -> tuple[str, ...]:
    from studio.core.controls import ENERGIES

    levels = tuple(text.lower().split())
    wrong = [level for level in levels if level not in ENERGIES]
    if wrong or not levels:
        raise argparse.ArgumentTypeError(f"{text!r} is not one or more of {', '.join(ENERGIES)}")
    return levels


def instrument(stem: str) -> Callable[[str], str]:
    """An argparse type: an instrument of a stem, or none."""

    def parse(text: str) -> str:
        names = [entry.name for entry in choices(stem)]
        if text.lower() not in names:
            raise argparse.ArgumentTypeError(
                f"the {stem} stem has no {text!r}; choose from {', '.join(names)}"
            )
        return text.lower()

    return parse


def bars(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if last < first:
        raise argparse.ArgumentTypeError(f"{text!r} is no range of bars; write 5-8, or 5 for one bar")
    return first, last


def style(text: str) -> str:
    from studio.core.score import STYLES

    if text.lower() not in STYLES:
        raise argparse.ArgumentTypeError(f"there is no style {text!r}; choose from {', '.join(STYLES)}")
    return text.lower()
