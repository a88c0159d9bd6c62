"""`studio vary` and `studio regenerate`: an exported candidate in, new candidates beside it out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studio.core.arrangement import STEMS
from studio.core.jobs import CancelToken

if TYPE_CHECKING:
    from studio.audio.wav import Encoding
    from studio.core.candidate import Candidate
    from studio.services.exporting.export import ExportedCandidate
    from studio.services.generating.service import GenerationService


def change(
    options: argparse.Namespace,
    encoding: Encoding,
    service: GenerationService,
    cancel: CancelToken,
    describe: Callable[[Candidate, ExportedCandidate], str],
) -> list[Path]:
    """Runs one of the two commands and returns the folders it made.

    Args:
        options: of cli_options.
        describe: the line to say of a new candidate.

    Raises:
        StudioError: for a candidate that cannot be changed so. JobCancelled: when stopped.
    """
    from studio.cli.progress import TerminalProgress
    from studio.services.generating.change_folder import FolderChange, change_in_folder

    regenerate = options.command == "regenerate"
    request = FolderChange(
        folder=options.folder,
        distance=None if regenerate else options.distance,
        bars=options.bars if regenerate else None,
        stems=tuple(stem for stem in STEMS if stem in (options.stems or STEMS)) if regenerate else STEMS,
        new_chords=regenerate and options.new_chords,
        candidates=options.candidates,
        seed=options.seed,
        encoding=encoding,
    )
    made: list[Path] = []
    with TerminalProgress(sys.stderr) as progress:

        def on_exported(candidate: Candidate, exported: ExportedCandidate) -> None:
            made.append(exported.folder)
            progress.say(describe(candidate, exported))

        change_in_folder(request, service, on_step=progress.on_step, cancel=cancel, on_exported=on_exported)
    return made
