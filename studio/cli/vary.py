"""`studio vary`: relatives of an exported candidate."""

from __future__ import annotations

import argparse

from studio.cli.change import add_change, change
from studio.cli.command import Commands, Context
from studio.cli.options import ENCODINGS


def add_parser(commands: Commands) -> None:
    """A candidate, and how far from it."""
    parser = commands.add_parser(
        "vary",
        help="make relatives of a candidate",
        description="Makes new candidates that resemble one, beside its folder. Nothing there is changed.",
    )
    parser.add_argument(
        "--distance",
        choices=("near", "far"),
        default="near",
        help="near keeps style, instruments and most notes (the default); far keeps less",
    )
    add_change(parser)
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Makes the relatives. Raises StudioError for a candidate that cannot be changed so."""
    from studio.services.generating.change_folder import FolderChange

    request = FolderChange(
        options.folder,
        distance=options.distance,
        candidates=options.candidates,
        seed=options.seed,
        encoding=ENCODINGS[options.bits],
    )
    return change(options, context, request)
