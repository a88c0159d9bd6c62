"""What may be written on the command line: the types of options, and the options that several commands share.

A type is a function of the text for argparse; what it refuses, it says in the words of the command line.
"""

from __future__ import annotations

import argparse
import math
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

#: What an A is tuned to where music is played together, from the baroque pitch up, and how far it may be off in cents.
TUNING_HZ = (415.0, 466.0)
TUNING_CENTS = (-100.0, 100.0)
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
    """An argparse type: a number within bounds, a whole one of `kind` int."""

    def parse(text: str) -> Number:
        value = _read(kind, text)
        if value is None or not low <= value <= high:
            wanted = "a number" if kind is float else "a whole number"
            point = "; decimals begin with a point" if wanted == "a number" and "," in text else ""
            raise argparse.ArgumentTypeError(
                f"{text!r} is not {wanted} from {low:.12g} to {high:.12g}{point}"
            )
        return value

    return parse


def _read(kind: type[Number], text: str) -> Number | None:
    try:
        return None if "_" in text else kind(text)  # Python itself takes 1_000
    except ValueError:
        return None


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
    """An argparse type: cents above A = 440 Hz, typed as such, or as the hertz of A."""
    value = _read(float, text.strip().lower().removeprefix("a").removesuffix("hz"))
    (flat, sharp), (low, high) = TUNING_HZ, TUNING_CENTS
    if value is not None and flat <= value <= sharp:
        return 1200.0 * math.log2(value / 440.0)
    if value is None or not low <= value <= high:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither the hertz of A, from {flat:g} to {sharp:g}, nor cents above 440 Hz, from {low:g} to "
            f"{high:g}"
        )
    return value


def quarters(text: str) -> float:
    """An argparse type: how far bar lines are moved, in halves of a quarter."""
    value = number(float, -8, 8)(text)
    if value * 2 % 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of halves: bar lines move by 0.5, 1, 1.5 ..., -8 to 8"
        )
    return value


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
