"""`studio generate --ticket FILE`: the candidate that an exported file belongs to, made again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.cli.command import INTERRUPTED, OK, Context, ctrl_c_cancels
from studio.cli.options import ENCODINGS
from studio.core.errors import JobCancelled


def generate_again(options: argparse.Namespace, context: Context) -> int:
    """Finds ticket and vocal, plays, exports.

    Raises:
        StudioError: no ticket, no vocal, or another one.
    """
    from studio.cli.progress import TerminalProgress
    from studio.core.jobs import CancelToken
    from studio.core.pipeline import Run
    from studio.services.exporting.output_folder import check_writable
    from studio.services.generating.again import beside, find_vocal, play_again, restored, ticket_in
    from studio.services.generating.engines import generation_service
    from studio.storage.paths import models_dir, user_data_dir
    from studio.storage.recent import RecentProjects

    service = context.service or generation_service("band", models_dir(), user_data_dir(), options.device)
    check_writable(options.out)
    ticket = ticket_in(options.ticket, user_data_dir())
    vocal: Path | None = options.vocal
    if vocal is None:
        vocal = find_vocal(
            ticket, RecentProjects(user_data_dir() / "recent.json").read(), beside(options.ticket)
        )
    found = restored(ticket, vocal)
    cancel = CancelToken()
    with TerminalProgress(sys.stderr) as progress, ctrl_c_cancels(cancel):

        def on_models(names: list[str]) -> None:
            if names:
                progress.say(
                    f"Not made with the models of today ({', '.join(names)}): it may sound otherwise."
                )

        if not ticket.is_exact and ticket.written is not None:
            progress.say(
                "A part or a stem of it was made anew beside what was there: that may sound otherwise."
            )
        try:
            made = play_again(
                found,
                service,
                Run(cancel, progress.on_step),
                options.out,
                ENCODINGS[options.bits],
                on_models,
            )
        except (JobCancelled, KeyboardInterrupt):
            progress.say("studio: Stopped; nothing was written.")
            return INTERRUPTED
    print(f"Candidate {ticket.number} of {ticket.vocal_name} again: {made.folder}")
    return OK
