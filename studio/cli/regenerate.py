"""`studio regenerate`: some bars, some stems, or both of an exported candidate anew."""

from __future__ import annotations

import argparse

from studio.cli.change import add_change, change
from studio.cli.command import Commands, Context
from studio.cli.options import ENCODINGS, bars
from studio.core.instruments import INSTRUMENTS


def add_parser(commands: Commands) -> None:
    """A candidate, and what of it."""
    parser = commands.add_parser(
        "regenerate",
        help="make bars or stems of a candidate anew",
        description="Makes some bars, some stems, or both of a candidate anew, in new folders beside it. All samples "
        "and notes outside stay as they are; where files are lowered to fit below the ceiling, all by one gain.",
    )
    parser.add_argument(
        "--bars",
        type=bars,
        metavar="A-B",
        help="such as 5-8, or 5, as the window counts them: 0 is the pickup (default: all)",
    )
    parser.add_argument(
        "--stem",
        action="append",
        choices=tuple(INSTRUMENTS),
        dest="stems",
        help="the stem to make anew, once for each (default: all)",
    )
    parser.add_argument("--new-chords", action="store_true", help="let the chords of the bars change too")
    add_change(parser)
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Makes the part anew. Raises StudioError for a candidate that cannot be changed so."""
    from studio.services.generating.change_folder import FolderChange

    request = FolderChange(
        options.folder,
        bars=options.bars,
        stems=tuple(stem for stem in INSTRUMENTS if stem in (options.stems or INSTRUMENTS)),
        new_chords=options.new_chords,
        candidates=options.candidates,
        seed=options.seed,
        encoding=ENCODINGS[options.bits],
    )
    return change(options, context, request)
