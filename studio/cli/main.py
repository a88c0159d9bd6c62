"""The command line: the window's headless twin on the same services.

Exit codes: 0 done, 1 failed with one clear line, 2 wrong use, 130 stopped with Ctrl+C.
Everything heavy is imported when its command runs, so that --help answers at once.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio import __version__
from studio.cli import (
    app,
    bench,
    breed,
    comp,
    doctor,
    export,
    generate,
    import_fastsag,
    inspect,
    instrument,
    pilot,
    regenerate,
    taste,
    train,
    vary,
)
from studio.cli.command import FAILED, INTERRUPTED, Command, Context, OpenWindow
from studio.core.errors import StudioError
from studio.storage.log import LOG

if TYPE_CHECKING:
    from studio.services.generating.service import GenerationService

#: In the order of the help.
COMMANDS: tuple[Command, ...] = (
    app, generate, vary, regenerate, instrument, breed, comp, export, taste, pilot, bench, train, import_fastsag,
    inspect, doctor,
)  # fmt: skip


def make_parser() -> argparse.ArgumentParser:
    """All commands; no command is app."""
    parser = argparse.ArgumentParser(
        prog="studio", description="Backline: accompaniments for a vocal, made on this machine."
    )
    parser.add_argument("--version", action="version", version=f"Backline {__version__}")
    parser.add_argument("--traceback", action="store_true", help="say where an unexpected failure happened")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    parser.set_defaults(execute=app.run, path=None, device="auto")
    for command in COMMANDS:
        command.add_parser(commands)
    return parser


def run(words: Sequence[str], open_window: OpenWindow, service: GenerationService | None = None) -> int:
    """Runs one command.

    Args:
        words: the command line without the program's name.
        open_window: see command.OpenWindow.
        service: the generator; by default the bundled models on the device asked for.

    Returns:
        The exit code.
    """
    try:
        options = make_parser().parse_args(words)
    except SystemExit as exit_request:  # argparse has printed the help, or what was wrong
        return int(exit_request.code or 0)
    try:
        return int(options.execute(options, Context(open_window, service)))
    except StudioError as error:
        LOG.error("%s", error)
        print(f"studio: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("studio: stopped.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        LOG.exception("%s failed", options.command or "app")
        if options.traceback:
            traceback.print_exc()
        hint = "" if options.traceback else " (studio --traceback ... says where)"
        print(f"studio: Unexpected failure{hint}: {type(error).__name__}: {error}", file=sys.stderr)
        return FAILED
