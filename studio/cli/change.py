"""What `vary`, `regenerate`, `instrument` and `breed` share: candidates' folders in, new candidates beside them out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli.command import INTERRUPTED, OK, Context, count, ctrl_c_cancels
from studio.cli.describe import describe_candidate
from studio.cli.options import add_making, add_written
from studio.core.errors import JobCancelled

if TYPE_CHECKING:
    from studio.core.candidate import Candidate
    from studio.services.exporting.export import ExportedCandidate
    from studio.services.generating.change_folder import FolderBreed, FolderChange


def add_change(parser: argparse.ArgumentParser, *, draws: bool = True) -> None:
    """The candidate, how many new ones, and how they are written; only one where nothing is drawn."""
    parser.add_argument(
        "folder",
        type=Path,
        metavar="CANDIDATE",
        help="folder of a candidate, such as results/candidate_02",
    )
    if draws:
        add_making(parser, candidates=1)
    else:
        add_written(parser)


def change(options: argparse.Namespace, context: Context, request: FolderChange | FolderBreed) -> int:
    """Makes the new candidates and says where they are.

    Raises:
        StudioError: for a candidate that cannot be changed so.
    """
    from studio.cli.progress import TerminalProgress
    from studio.core.jobs import CancelToken
    from studio.services.generating.change_folder import FolderBreed, breed_in_folder, change_in_folder
    from studio.services.generating.engines import generation_service
    from studio.storage.paths import models_dir, user_data_dir

    service = context.service or generation_service("band", models_dir(), user_data_dir(), options.device)
    cancel = CancelToken()
    made: list[Path] = []
    with TerminalProgress(sys.stderr) as progress, ctrl_c_cancels(cancel):

        def on_exported(candidate: Candidate, exported: ExportedCandidate) -> None:
            made.append(exported.folder)
            progress.say(describe_candidate(candidate, exported))

        try:
            if isinstance(request, FolderBreed):
                breed_in_folder(
                    request, service, on_step=progress.on_step, cancel=cancel, on_exported=on_exported
                )
            else:
                change_in_folder(
                    request, service, on_step=progress.on_step, cancel=cancel, on_exported=on_exported
                )
        except JobCancelled:
            progress.say("studio: Stopped; candidates that were finished are whole.")
            return INTERRUPTED
    folder = options.folder.resolve()
    print(f"{count(made)} in {folder if isinstance(request, FolderBreed) else folder.parent}")
    return OK
