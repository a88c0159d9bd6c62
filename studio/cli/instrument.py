"""`studio instrument`: one stem of an exported candidate on another instrument, with the same notes."""

from __future__ import annotations

import argparse

from studio.cli.change import add_change, change
from studio.cli.command import Commands, Context
from studio.cli.options import ENCODINGS
from studio.core.controls import RENDERERS
from studio.core.instruments import INSTRUMENTS, choices


def add_parser(commands: Commands) -> None:
    """A candidate, and which stem is to be played by what."""
    parser = commands.add_parser(
        "instrument",
        help="play a stem of a candidate on another instrument",
        description="Plays the notes of one stem of a candidate on another instrument, or by the other sound, in a "
        "new folder beside it. All samples of the other stems stay as they are; where files are lowered to "
        "fit below the ceiling, all by one gain.",
        epilog="Instruments: "
        + "; ".join(f"{stem}: {', '.join(e.name for e in choices(stem)[1:])}" for stem in INSTRUMENTS)
        + ".",
    )
    parser.add_argument("--stem", required=True, choices=tuple(INSTRUMENTS), help="the stem to play anew")
    parser.add_argument(
        "--with",
        required=True,
        type=str.lower,
        metavar="NAME",
        dest="instrument",
        help="the instrument, by its name below; the one it has, for another sound",
    )
    parser.add_argument(
        "--sound",
        choices=RENDERERS,
        help="recorded instruments or the network (default: as it is, or the network where nothing was recorded)",
    )
    add_change(parser, draws=False)
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Plays the stem. Raises StudioError for a candidate or an instrument with which that cannot be."""
    from studio.services.generating.change_folder import FolderChange

    request = FolderChange(
        options.folder,
        stems=(options.stem,),
        instrument=options.instrument,
        sound=options.sound,
        encoding=ENCODINGS[options.bits],
    )
    return change(options, context, request)
