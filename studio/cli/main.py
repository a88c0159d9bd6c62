"""The command line: the window's headless twin on the same services.

Exit codes: 0 done, 1 failed with one clear line, 2 wrong use, 130 stopped with Ctrl+C.
Everything heavy is imported when its command runs, so that --help answers at once.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
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
from studio.cli.command import FAILED, INTERRUPTED, WRONG_USE, Command, Context, OpenWindow
from studio.cli.parser import Parser
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
    return _parser_and_commands()[0]


def _parser_and_commands() -> tuple[argparse.ArgumentParser, tuple[str, ...]]:
    """The parser, and the names of its commands."""
    parser: argparse.ArgumentParser = Parser(
        prog="studio", description="Backline: accompaniments for a vocal, made on this machine."
    )
    parser.add_argument("--version", action="version", version=f"Backline {__version__}")
    parser.add_argument("--traceback", action="store_true", help="say where an unexpected failure happened")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    parser.set_defaults(execute=app.run, path=None, device="auto")
    for command in COMMANDS:
        command.add_parser(commands)
    return parser, tuple(commands.choices)


def _with_command(words: Sequence[str], commands: Sequence[str]) -> list[str]:
    """The words, with the command that is meant where the first is none: a file or folder is opened in the window, and
    help is asked for by its name.

    Raises:
        ValueError: where the first is neither; it says what may be meant.
    """
    at = next((i for i, word in enumerate(words) if word != "--traceback"), len(words))
    before, (first, *rest) = list(words[:at]), words[at:] or [""]
    if not first or first.startswith("-") or first in commands:
        return list(words)
    if Path(first).exists():
        return [*before, "app", first, *rest]
    if first == "help":
        return [*before, *rest[:1], "--help"]
    near = difflib.get_close_matches(first, [*commands, "help"], 1)
    hint = f"Is 'studio {near[0]}' meant?" if near else "'studio app FILE' opens a vocal or a project."
    raise ValueError(
        f"{first!r} is no command, and no file or folder here. {hint} 'studio --help' lists the commands."
    )


def run(words: Sequence[str], open_window: OpenWindow, service: GenerationService | None = None) -> int:
    """Runs one command.

    Args:
        words: the command line without the program's name.
        open_window: see command.OpenWindow.
        service: the generator; by default the bundled models on the device asked for.

    Returns:
        The exit code.
    """
    parser, commands = _parser_and_commands()
    try:
        options = parser.parse_args(_with_command(words, commands))
    except ValueError as error:
        print(f"studio: {error}", file=sys.stderr)
        return WRONG_USE
    except SystemExit as exit_request:  # argparse has printed the help, or what was wrong
        return int(exit_request.code or 0)
    try:
        return int(options.execute(options, Context(open_window, service)))
    except StudioError as error:
        LOG.error("%s", error)
        print(f"studio: {error}" + (f" {error.typed}" if error.typed else ""), file=sys.stderr)
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
