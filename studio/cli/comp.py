"""`studio comp`: some bars of one candidate, some of another."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from studio.cli.command import INTERRUPTED, OK, Commands, Context, ctrl_c_cancels
from studio.cli.options import ENCODINGS, number
from studio.core.errors import JobCancelled


def add_parser(commands: Commands) -> None:
    """A folder, the candidate that plays, and where others do."""
    parser = commands.add_parser(
        "comp",
        help="put a candidate together from bars of several",
        description="Makes a new candidate of bars of several: one plays everywhere but in the bars of others. It is "
        "cross-faded just before the bar lines; everywhere else each sample is the candidate's own.",
        epilog="Example: studio comp results 2 5-8=3 13-16=1",
    )
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="a project, or a folder with candidate_01 and so on"
    )
    parser.add_argument(
        "base", type=number(int, 1, 100_000), metavar="NUMBER", help="who plays everywhere else"
    )
    parser.add_argument(
        "ranges",
        type=_range,
        nargs="+",
        metavar="A-B=NUMBER",
        help="bars as the window counts them, 0 the pickup, and who plays",
    )
    parser.add_argument(
        "--bits", choices=tuple(ENCODINGS), default="24", help="sample format of a folder's (default 24)"
    )
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Makes the comp. Raises StudioError for candidates that do not go together."""
    from studio.cli.progress import TerminalProgress
    from studio.core.jobs import CancelToken
    from studio.services.project.comping import comp_in_folder, comp_in_project
    from studio.storage.project_folder import is_project

    if is_project(options.path):
        made, text, told = comp_in_project(options.path, options.base, options.ranges)
        print(
            "\n".join([f"Candidate {made} in {options.path.name}, {text}", *(f"  {line}" for line in told)])
        )
        return OK
    cancel = CancelToken()
    with TerminalProgress(sys.stderr) as progress, ctrl_c_cancels(cancel):
        try:
            candidate, exported = comp_in_folder(
                options.path, options.base, options.ranges, ENCODINGS[options.bits],
                on_step=progress.on_step, cancel=cancel,
            )  # fmt: skip
        except JobCancelled:
            progress.say("studio: Stopped; nothing was written.")
            return INTERRUPTED
    print(f"{exported.folder.name} in {options.path.resolve()}, {candidate.settings['change']}")
    return OK


def _range(text: str) -> tuple[int, int, int]:
    """An argparse type: '5-8=3', '5=3'."""
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?=(\d{1,6})", text)
    if found is None or int(found[2] or found[1]) < int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no range such as 5-8=3")
    return int(found[1]), int(found[2] or found[1]), int(found[3])
