"""`studio inspect`: what is known of a sound file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.cli.command import FAILED, OK, Commands, Context


def add_parser(commands: Commands) -> None:
    """Files, and how to say it."""
    parser = commands.add_parser(
        "inspect",
        help="say what is known of a sound file: whether it was made here, and with which request",
        description="Says of each file whether Backline made it, whether it is still what was exported, and which "
        "request it came from. A file without a mark is compared with what this computer exported.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="WAV, AIFF, FLAC, MP3 or OGG")
    parser.add_argument("--json", action="store_true", help="as JSON, one object a file")
    parser.set_defaults(execute=run)


def run(options: argparse.Namespace, context: Context) -> int:
    """Looks, and tells."""
    from studio.core.errors import StudioError
    from studio.services.provenance.inspecting import inspect_file
    from studio.services.provenance.telling import as_json, facts, headline
    from studio.storage.atomic import json_text
    from studio.storage.paths import user_data_dir

    code = OK
    for path in options.files:
        try:
            finding = inspect_file(path, user_data_dir())
        except StudioError as error:  # one of many is no reason to be silent about the others
            print(f"studio: {error}", file=sys.stderr)
            code = FAILED
            continue
        if options.json:
            print(json_text(as_json(finding)), end="")
            continue
        print(f"{path.name}: {headline(finding)}")
        for name, value in facts(finding):
            print(f"  {name + ':':13} {value}")
    return code
