"""`studio app`, and `studio` alone: the window."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from studio.cli.command import Commands, Context
from studio.cli.options import add_device
from studio.core.errors import StudioError


def add_parser(commands: Commands) -> None:
    """A path, and where to compute."""
    parser = commands.add_parser("app", help="open the window (the default)")
    parser.add_argument(
        "path", nargs="?", type=Path, help="a vocal, a project or a folder of candidates to open at once"
    )
    add_device(parser)
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Opens the window. Raises StudioError where there is no screen, no such GPU, or nothing at the path."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in screens):
        raise StudioError(
            "Cannot open the window",
            seen="no display (DISPLAY and WAYLAND_DISPLAY are empty)",
            expected="a graphical session",
            todo="Use 'studio generate' here, or start it from a desktop",
        )
    if options.path is not None and not options.path.exists():
        raise StudioError(f"Cannot open {options.path}", seen="no such file or folder", todo="Check the path")
    from studio.services.generating.device import check_device

    check_device(options.device)
    return context.open_window(options.path, options.device)
