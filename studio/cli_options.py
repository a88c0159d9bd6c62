"""The words of the command line: what may be written, what it is turned into, and what is said when it is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from studio import __version__
from studio.core.errors import StudioError

if TYPE_CHECKING:
    from studio.core.music import Chord, Key, Meter

T = TypeVar("T")
Number = TypeVar("Number", int, float)


def make_parser() -> argparse.ArgumentParser:
    """The commands app, generate and doctor; no command is app."""
    parser = argparse.ArgumentParser(
        prog="studio", description="Backline: accompaniments for a vocal, made on this machine."
    )
    parser.add_argument("--version", action="version", version=f"Backline {__version__}")
    parser.add_argument("--traceback", action="store_true", help="say where an unexpected failure happened")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    parser.set_defaults(command="app", path=None, device="auto")

    app = commands.add_parser("app", help="open the window (the default)")
    app.add_argument("path", nargs="?", type=Path, help="a vocal, or a folder of candidates, to open at once")
    _add_device(app)

    generate = commands.add_parser(
        "generate",
        help="make accompaniments for a vocal",
        description="Makes accompaniments for a vocal. Each candidate gets a folder with its stems, the band, the "
        "mix and the arrangement as MIDI. What is not given is estimated from the singing.",
        epilog="Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped with Ctrl+C (finished candidates are whole).",
    )
    generate.add_argument("vocal", type=Path, help="WAV, AIFF, FLAC, MP3 or OGG, 2 seconds to 10 minutes")
    generate.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    generate.add_argument(
        "--candidates", type=_number(int, 1, 8), default=4, metavar="N", help="1 to 8 (default 4)"
    )
    generate.add_argument(
        "--seed",
        type=_number(int, 0, 2**31 - 1),
        default=1,
        metavar="N",
        help="the same seed, the same music (default 1)",
    )
    generate.add_argument(
        "--tempo", type=_number(float, 30, 300), metavar="BPM", help="quarters a minute, 30 to 300"
    )
    generate.add_argument("--key", type=_key, metavar="KEY", help="such as 'A minor' or Bb")
    generate.add_argument("--meter", type=_meter, metavar="N/N", help="4/4, 3/4, 6/8 or 2/4")
    generate.add_argument(
        "--downbeat", type=_number(float, 0, 600), metavar="SECONDS", help="a moment where a bar begins"
    )
    generate.add_argument(
        "--style", type=_style, metavar="STYLE", help="such as 'pop ballad' (a wrong name lists all)"
    )
    generate.add_argument("--density", choices=("sparse", "medium", "busy"), help="how much is played")
    generate.add_argument(
        "--chords",
        type=_chords,
        metavar="CHORDS",
        help="one a bar from the first bar on, repeated, such as 'Am F C G'",
    )
    generate.add_argument(
        "--bits", choices=("16", "24", "float"), default="24", help="sample format (default 24)"
    )
    generate.add_argument(
        "--overwrite",
        action="store_true",
        help="remove earlier candidates in DIR instead of moving them to DIR/earlier",
    )
    _add_device(generate)

    commands.add_parser("doctor", help="say what works on this machine")
    return parser


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute (default: CUDA if present)",
    )


def _number(kind: type[Number], low: float, high: float) -> Callable[[str], Number]:
    """An argparse type: a number within bounds."""

    def parse(text: str) -> Number:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return parse


def _parsed_by(parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except StudioError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _key(text: str) -> Key:
    from studio.core.music import Key

    return _parsed_by(Key.parse, text)


def _meter(text: str) -> Meter:
    from studio.core.music import Meter

    return _parsed_by(Meter.parse, text)


def _chords(text: str) -> tuple[Chord, ...]:
    from studio.core.music import Chord

    chords = _parsed_by(Chord.parse_many, text)
    if not chords:
        raise argparse.ArgumentTypeError("no chords in it; give one a bar, such as 'Am F C G'")
    return chords


def _style(text: str) -> str:
    from studio.core.score import STYLES

    if text.lower() not in STYLES:
        raise argparse.ArgumentTypeError(f"there is no style {text!r}; choose from {', '.join(STYLES)}")
    return text.lower()
