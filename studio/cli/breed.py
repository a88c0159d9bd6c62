"""`studio breed`: children of two exported candidates."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli.change import change
from studio.cli.command import Commands, Context
from studio.cli.options import ENCODINGS, add_making, number

#: Genes, and what each is, for the help.
_GENES = {
    "style": "style, density and swing",
    "chords": "chords and energy",
    "drums": "drums",
    "bass": "bass",
    "harmony": "harmony",
    "lead": "lead",
    "sound": "hands and noise in the sound",
}


def add_parser(commands: Commands) -> None:
    """A folder, two candidates in it, and what comes from whom."""
    parser = commands.add_parser(
        "breed",
        help="make children of two candidates",
        description="Makes new candidates that have something of two others: the drums of one, the chords of the "
        "other. Both must be of one vocal, and made for the same beats and key. What is not said is drawn for each "
        "child.",
        epilog="Example: studio breed results 2 3 --drums 2 --chords 3",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with candidate_02 and so on in it")
    parser.add_argument("parents", type=number(int, 1, 100_000), nargs=2, metavar="NUMBER")
    for gene, what in _GENES.items():
        blend = "" if gene == "sound" else "'blend' for something between both, "
        parser.add_argument(
            f"--{gene}",
            metavar="NUMBER",
            help=f"whose {what}: the number of a parent, {blend}or 'new'",
        )
    parser.add_argument(
        "--mutation",
        type=number(int, 0, 100),
        default=0,
        metavar="PERCENT",
        help="share of the phrases that is made anew (default 0)",
    )
    add_making(parser, candidates=1)
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Makes the children. Raises StudioError for parents that cannot have any."""
    from studio.services.generating.change_folder import FolderBreed

    genes = {gene: source for gene in _GENES if (source := getattr(options, gene)) is not None}
    first, second = options.parents
    request = FolderBreed(
        options.folder,
        (first, second),
        genes,
        options.mutation / 100,
        options.candidates,
        options.seed,
        ENCODINGS[options.bits],
    )
    return change(options, context, request)
